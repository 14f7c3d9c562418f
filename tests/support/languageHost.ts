import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  type GetRequiredPluginsRequest,
  GetRequiredPluginsResponse,
  type RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { parse } from "yaml";
import { z } from "zod";

/** The exit code of Pulumi's runner for a failure that it has reported already. */
const reportedFailure = 32;

/** What the host understands of a Pulumi.yaml; a project that sets more needs a host that obeys it. */
const Project = z.object({
  runtime: z.union([
    z.literal("nodejs").transform(() => ({ typescript: true })),
    z
      .strictObject({
        name: z.literal("nodejs"),
        options: z.strictObject({ typescript: z.boolean().default(true) }),
      })
      .transform(({ options }) => options),
  ]),
});

/**
 * A language host for `pulumi … --client=127.0.0.1:PORT`. It starts a program as Pulumi's own host for Node does: `@pulumi/pulumi/cmd/run`, found from the
 * program's folder, in a process of its own. Which file runs, and whether it compiles, is decided there, as on a user's machine.
 */
export class LanguageHost {
  /** What the programs have printed. */
  output = "";
  private readonly programs = new Set<ChildProcess>();

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  /** `env` is the environment of the programs. */
  static async start(env: NodeJS.ProcessEnv): Promise<LanguageHost> {
    const server = new Server();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const host = new LanguageHost(port, server);
    server.addService(LanguageRuntimeService, {
      getRequiredPlugins: (
        _: ServerUnaryCall<GetRequiredPluginsRequest, unknown>,
        reply: sendUnaryData<GetRequiredPluginsResponse>,
      ) => reply(null, new GetRequiredPluginsResponse()),
      getPluginInfo: (_: ServerUnaryCall<unknown, PluginInfo>, reply: sendUnaryData<PluginInfo>) => {
        const info = new PluginInfo();
        info.setVersion("1.0.0");
        reply(null, info);
      },
      run: ({ request }: ServerUnaryCall<RunRequest, RunResponse>, reply: sendUnaryData<RunResponse>) => {
        host.run(request, env).then(
          (response) => reply(null, response),
          (error: unknown) => reply(error instanceof Error ? error : new Error(String(error))),
        );
      },
    });
    return host;
  }

  close(): void {
    for (const program of this.programs) program.kill("SIGKILL");
    this.server.forceShutdown();
  }

  private async run(request: RunRequest, env: NodeJS.ProcessEnv): Promise<RunResponse> {
    const info = request.getInfo();
    if (info === undefined) throw new Error("the engine did not say which program to run");
    const { typescript } = Project.parse(
      parse(readFileSync(join(info.getRootDirectory(), "Pulumi.yaml"), "utf8")),
    ).runtime;
    const [engine = ""] = request.getArgsList();
    const args = Object.entries({
      monitor: request.getMonitorAddress(),
      engine,
      organization: request.getOrganization(),
      project: request.getProject(),
      "root-directory": info.getRootDirectory(),
      stack: request.getStack(),
      pwd: request.getPwd(),
      parallel: String(request.getParallel()),
    }).flatMap(([name, value]) => [`--${name}`, value]);
    if (request.getDryrun()) args.push("--dry-run");
    const runner = createRequire(join(info.getProgramDirectory(), "index.js")).resolve(
      "@pulumi/pulumi/cmd/run",
    );
    const code = await this.spawn([runner, ...args, info.getEntryPoint()], request.getPwd(), {
      ...env,
      ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    });
    const response = new RunResponse();
    if (code === reportedFailure) response.setBail(true);
    else if (code !== 0) response.setError(`Program exited with non-zero exit code: ${code}`);
    return response;
  }

  private spawn(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number | null> {
    const program = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    this.programs.add(program);
    for (const stream of [program.stdout, program.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    return new Promise((resolve, reject) => {
      program.once("error", reject).once("close", (code) => {
        this.programs.delete(program);
        resolve(code);
      });
    });
  }
}
