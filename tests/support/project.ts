import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../emulator";
import { pulumiEnvironment, type Run, watch } from "../../scripts/engine";
import { descendants, kill } from "../../scripts/processes";
import { type Adapter, adapterOfRun } from "./adapters";
import { changesIn, pluginFolder, resourcesIn, type StateResource, testCli } from "./engine";
import { LanguageHost } from "./languageHost";

const stackName = "demo";
const nativeProgram = join(__dirname, "nativeProgram.cjs");

/** The parts of a preview as JSON that tests read. */
export interface PreviewDigest {
  readonly steps: readonly { readonly op: string; readonly urn: string }[];
}

export interface RunOptions {
  /**
   * Runs the program without checking its types, which takes seconds; Pulumi checks them by default. One run of a test that checks
   * is enough.
   */
  readonly transpileOnly?: boolean;
}

/**
 * A Pulumi project in its own folder, run as its user does: the CLI runs there, and a language host starts the program as Pulumi's own
 * host does. State, stack config and account are in a folder elsewhere, so that the project's folder stays as it is.
 */
export class ProjectTest {
  private child: ChildProcess | undefined;
  private runs = 0;

  private constructor(
    readonly emulator: Emulator,
    private readonly project: string,
    private readonly name: string,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly adapter: Adapter,
  ) {}

  static async start(
    project: string,
    options: EmulatorOptions = {},
    adapter: Adapter = adapterOfRun,
  ): Promise<ProjectTest> {
    const folder = mkdtempSync(join(tmpdir(), "akamai-edge-project-"));
    const emulator = await startEmulator({ dir: join(folder, "emulator"), lag: "none", ...options });
    const env = {
      ...process.env,
      ...pulumiEnvironment(folder),
      PATH: [
        join(testCli(), "bin"),
        ...(adapter === "native" ? [pluginFolder(folder)] : []),
        process.env.PATH,
      ].join(delimiter),
      // Without it the CLI knows no --client and no --event-log.
      PULUMI_DEBUG_COMMANDS: "true",
      AKAMAI_EDGERC: emulator.edgerc,
      AKAMAI_EDGERC_SECTION: emulator.section,
      AKAMAI_CA_FILE: emulator.caFile,
    };
    const { name } = parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")) as { name: string };
    const test = new ProjectTest(emulator, project, name, folder, env, adapter);
    // `stack init` writes the stack's config beside Pulumi.yaml: here, not into the project's folder.
    writeFileSync(join(folder, "Pulumi.yaml"), stringify({ name, runtime: "nodejs" }));
    await test.cli(["stack", "init", stackName, "--cwd", folder]);
    return test;
  }

  preview(options: RunOptions = {}): Promise<Run> {
    return this.run(["preview"], options);
  }

  /** What `pulumi preview --json` prints. */
  async previewJson(): Promise<PreviewDigest> {
    const host = await LanguageHost.start(this.programEnv({ transpileOnly: true }));
    try {
      const client = `--client=127.0.0.1:${host.port}`;
      const printed = await this.cli(["preview", "--json", ...this.place(), client], () => host.output);
      return JSON.parse(printed.slice(printed.indexOf("{"), printed.lastIndexOf("}") + 1)) as PreviewDigest;
    } finally {
      host.close();
    }
  }

  up(options: RunOptions = {}): Promise<Run> {
    return this.run(["up", "--yes", "--skip-preview"], options);
  }

  destroy(): Promise<Run> {
    return this.run(["destroy", "--yes", "--skip-preview"], {});
  }

  async setConfig(key: string, value: string): Promise<void> {
    await this.cli(["config", "set", key, value, ...this.place()]);
  }

  /** The package's resources in the state. */
  resources(): StateResource[] {
    const file = join(this.folder, ".pulumi", "stacks", this.name, `${stackName}.json`);
    return resourcesIn(readFileSync(file, "utf8"));
  }

  changes(): string[] {
    return changesIn(this.emulator);
  }

  /** Ends what still runs too: a test that was given up must not slow down the next one. */
  async close(): Promise<void> {
    const pid = this.child?.pid;
    if (pid !== undefined) for (const one of [...descendants(pid), pid]) kill(one);
    await this.emulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Where the CLI finds the project, and the stack of this test. */
  private place(): string[] {
    return [
      "--cwd",
      this.project,
      "--stack",
      stackName,
      "--config-file",
      join(this.folder, `Pulumi.${stackName}.yaml`),
    ];
  }

  private programEnv({ transpileOnly = false }: RunOptions): NodeJS.ProcessEnv {
    return {
      ...this.env,
      ...(this.adapter === "native" ? { NODE_OPTIONS: `--require ${nativeProgram}` } : {}),
      ...(transpileOnly ? { PULUMI_NODEJS_TRANSPILE_ONLY: "true" } : {}),
    };
  }

  private run(command: readonly string[], options: RunOptions): Promise<Run> {
    this.runs += 1;
    const log = join(this.folder, `events-${this.runs}.jsonl`);
    return watch(async (onEvent) => {
      const host = await LanguageHost.start(this.programEnv(options));
      try {
        const client = `--client=127.0.0.1:${host.port}`;
        return {
          stdout: await this.cli(
            [...command, ...this.place(), client, "--event-log", log],
            () => host.output,
          ),
        };
      } finally {
        host.close();
        for (const event of eventsIn(log)) onEvent(event);
      }
    });
  }

  /** Runs the CLI; `more` is what else to show when it fails. */
  private cli(args: readonly string[], more: () => string = () => ""): Promise<string> {
    const child = spawn("pulumi", [...args, "--non-interactive"], {
      cwd: this.folder,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
    return new Promise((resolve, reject) => {
      child.once("error", reject).once("close", (code) => {
        this.child = undefined;
        if (code === 0) resolve(text);
        else reject(new Error(`pulumi ${args[0]} ended with ${code}:\n${text}${more()}`));
      });
    });
  }
}

function eventsIn(log: string): EngineEvent[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as EngineEvent);
}
