/** The plugin as a user of another language gets it: a tarball that the engine fetches, on a machine without Node.js. In the full form only. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { type Emulator, startEmulator } from "../../emulator";
import { launcher, pluginFolder } from "../../scripts/bundle";
import { pulumiEnvironment } from "../../scripts/engine";
import { ensureGoTool, hasGo, pulumiYaml } from "../../scripts/goTools";
import { hostPlatform } from "../../scripts/release/node";
import { pluginTarball, tarballName } from "../../scripts/release/pluginTarball";
import { root } from "../../scripts/root";
import { changesIn, resourcesIn, testCli } from "../support/engine";
import { isFull } from "../support/extent";

const platform = hostPlatform();
const canRun = isFull && hasGo() && platform !== undefined;
if (isFull && !canRun) process.stderr.write("The tarball is not tested: it needs Go, and Linux or macOS.\n");
const tarballTest = canRun ? test : test.skip;

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const print = (line: string) => process.stderr.write(`${line}\n`);

let folder: string;
let server: Server | undefined;
let emulator: Emulator | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-tarball-"));
});
afterEach(async () => {
  server?.close();
  await emulator?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A program in YAML that asks for the plugin at an address. */
function program(pluginDownloadURL: string): string {
  const properties = { network: "staging", groupId: 0, retentionInSeconds: 0 };
  return stringify({
    name: "shop",
    runtime: "yaml",
    resources: {
      catalog: {
        type: "akamai-edge:edgekv:Namespace",
        properties,
        options: { version, pluginDownloadURL },
      },
    },
  });
}

tarballTest(
  "the engine fetches it by pluginDownloadURL, and it runs without Node.js; the same sources give the same bytes",
  async () => {
    if (platform === undefined) throw new Error("there is no plugin for this machine");
    const bundle = readFileSync(join(pluginFolder, launcher), "utf8");
    const tarball = await pluginTarball(platform, { bundle, version, print });
    expect((await pluginTarball(platform, { bundle, version, print })).equals(tarball)).toBe(true);

    const asked: (string | undefined)[] = [];
    const running = createServer(({ url }, response) => {
      asked.push(url);
      if (url === `/${tarballName(version, platform)}`) response.end(tarball);
      else response.writeHead(404).end();
    });
    server = running;
    await new Promise<void>((resolve) => running.listen(0, "127.0.0.1", resolve));
    const { port } = running.address() as AddressInfo;

    emulator = await startEmulator({
      dir: join(folder, "emulator"),
      lag: "none",
      settings: { initialized: true },
    });
    const project = join(folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "Pulumi.yaml"), program(`http://127.0.0.1:${port}`));
    const yaml = await ensureGoTool(pulumiYaml, { print });
    const env = {
      ...pulumiEnvironment(folder),
      // The CLI and the language plugin: no Node.js, and nothing of this checkout.
      PATH: [join(testCli(), "bin"), dirname(yaml)].join(delimiter),
      HOME: folder,
      AKAMAI_EDGERC: emulator.edgerc,
      AKAMAI_EDGERC_SECTION: emulator.section,
      AKAMAI_CA_FILE: emulator.caFile,
      // It is for the Node.js of a program: the plugin's own must not take it.
      NODE_OPTIONS: "--require /nowhere.js",
    };
    await expect(promisify(execFile)("node", ["--version"], { env })).rejects.toThrow("ENOENT");
    const pulumi = (...args: string[]) =>
      promisify(execFile)("pulumi", [...args, "--non-interactive"], { cwd: project, env }).catch(
        ({ stdout, stderr }) => {
          throw new Error(`pulumi ${args.join(" ")} failed, after ${asked.join(", ")}:\n${stdout}${stderr}`);
        },
      );
    await pulumi("stack", "init", "demo");
    await pulumi("up", "--yes", "--skip-preview");
    expect(asked).toContain(`/${tarballName(version, platform)}`);
    expect(changesIn(emulator)).toEqual(["POST /edgekv/v1/networks/staging/namespaces"]);
    const kept = join(folder, ".pulumi-home", "plugins", `resource-akamai-edge-v${version}`);
    expect(readdirSync(kept).sort()).toEqual(["LICENSE-node", launcher]);

    // From a file, as on a machine that reaches no such server.
    const file = join(folder, tarballName(version, platform));
    writeFileSync(file, tarball);
    rmSync(kept, { recursive: true });
    running.close();
    await pulumi("plugin", "install", "resource", "akamai-edge", version, "--file", file);
    await pulumi("destroy", "--yes", "--skip-preview");
    expect(resourcesIn(readFileSync(join(folder, ".pulumi", "stacks", "shop", "demo.json"), "utf8"))).toEqual(
      [],
    );
  },
  900_000,
);
