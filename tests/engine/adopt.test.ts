/** The program that `akamai-edge adopt` writes, after its import on the real engine. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { ModuleKind, transpileModule } from "typescript";
import { adopt } from "../../cli/adopt/adopt";
import { openContext } from "../../provider/openContext";
import { pulumiEnvironment } from "../../scripts/engine";
import { root } from "../../scripts/root";
import { changed, EngineTest, succeeded, testCli } from "../support/engine";
import { stateWithSite } from "../support/handMadeSite";

let engine: EngineTest;
afterEach(() => engine.close());

interface ImportFile {
  readonly resources: readonly { readonly id: string }[];
}

/** An import asks the host of the project's language who it is, and no more. */
const languageHost = `#!${process.execPath}
const { Server, ServerCredentials } = require("@grpc/grpc-js");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const { GetRequiredPackagesResponse, GetRequiredPluginsResponse } = require("@pulumi/pulumi/proto/language_pb");
const server = new Server();
server.addService(LanguageRuntimeService, {
  getPluginInfo: (_, reply) => reply(null, new PluginInfo()),
  getRequiredPlugins: (_, reply) => reply(null, new GetRequiredPluginsResponse()),
  getRequiredPackages: (_, reply) => reply(null, new GetRequiredPackagesResponse()),
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, port) => console.log(port));
`;

/** `pulumi import --file`, in the folder of the engine's stack. */
async function importInto({ folder, stack }: EngineTest, file: string): Promise<void> {
  const hosts = join(folder, "hosts");
  mkdirSync(hosts);
  writeFileSync(join(hosts, "pulumi-language-nodejs"), languageHost, { mode: 0o755 });
  await promisify(execFile)(
    join(testCli(), "bin", "pulumi"),
    [
      ...["import", "--file", file, "--generate-code=false", "--protect=false", "--yes", "--skip-preview"],
      ...["--stack", stack.name, "--non-interactive"],
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        ...pulumiEnvironment(folder),
        PATH: [hosts, process.env.PATH].join(delimiter),
        NODE_PATH: join(root, "node_modules"),
      },
    },
  );
}

test("imports by the default provider, then the program changes nothing", async () => {
  engine = await EngineTest.startNative();
  const { clients } = engine.emulator.state.get() as { clients: unknown };
  engine.emulator.state.put({ ...(await stateWithSite()), clients });
  const { edgerc, section, caFile } = engine.emulator;
  const settings: Record<string, string> = { edgerc: String(edgerc), section, caFile: String(caFile) };
  const out = join(engine.folder, "adopted");
  const quiet = { info: () => undefined, warn: () => undefined };
  const { changes } = await adopt(
    openContext((key) => settings[key], undefined, quiet),
    out,
    {
      networks: ["staging", "production"],
      properties: ["www.example.com"],
      items: true,
      language: "typescript",
      project: "shop",
    },
    () => undefined,
  );
  expect(changes.size).toBe(0);
  engine.emulator.clearJournal();
  engine.isNative = false;

  const { resources } = JSON.parse(readFileSync(join(out, "import.json"), "utf8")) as ImportFile;
  await importInto(engine, join(out, "import.json"));
  expect((await engine.resources()).map(({ id }) => id).sort()).toEqual(resources.map(({ id }) => id).sort());
  expect(engine.changes()).toEqual([]);

  symlinkSync(join(root, "node_modules"), join(out, "node_modules"));
  const { outputText } = transpileModule(readFileSync(join(out, "index.ts"), "utf8"), {
    compilerOptions: { module: ModuleKind.CommonJS },
  });
  // An inline program runs in the folder of the test. Its paths begin at the folder of the project.
  const code = outputText.replaceAll('"./', `"${out}/`);
  process.env.AKAMAI_EDGERC = String(edgerc);
  process.env.AKAMAI_EDGERC_SECTION = section;
  process.env.AKAMAI_CA_FILE = String(caFile);
  const program = async () => {
    const from = (name: string) => require(require.resolve(name, { paths: [out] }));
    new Function("require", "exports", code)(from, {});
  };
  const preview = await succeeded(engine.preview(program));
  expect(preview.steps.map(({ op }) => op)).toEqual(resources.map(() => "same"));
  expect(changed(await succeeded(engine.up(program)))).toEqual([]);
  expect(engine.changes()).toEqual([]);
}, 300_000);
