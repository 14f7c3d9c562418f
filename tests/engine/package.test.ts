import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, startEmulator } from "../../emulator";
import { pulumiEnvironment } from "../../scripts/engine";
import { root } from "../../scripts/root";

/** A user's program, and the Automation API in place of `pulumi up`, in plain JavaScript in a project of its own. */
const main = `
const { LocalWorkspace, PulumiCommand } = require("@pulumi/pulumi/automation");
const program = async () => {
  const { edgekv } = require("pulumi-akamai-edge");
  const catalog = new edgekv.Namespace("catalog", { network: "staging", groupId: 0, retentionInSeconds: 86400 });
  const reader = new edgekv.AccessToken("reader", { allowOnStaging: true, namespacePermissions: catalog.name.apply((name) => ({ [name]: ["r"] })) });
  const { accountStatus } = await edgekv.getDatabase();
  return { token: reader.name, accountStatus };
};
(async () => {
  const stack = await LocalWorkspace.createOrSelectStack(
    { projectName: "installed", stackName: "test", program },
    { workDir: __dirname, pulumiCommand: await PulumiCommand.get({ root: process.argv[2] }) },
  );
  const { summary, outputs } = await stack[process.argv[3]]();
  console.log(JSON.stringify({ changes: summary.resourceChanges, accountStatus: outputs?.accountStatus?.value }));
})().catch((error) => { console.error(error); process.exit(1); });
`;

let folder: string;
let emulator: Emulator;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-package-"));
  emulator = await startEmulator({ dir: join(folder, "emulator"), lag: "none", settings: { initialized: true } });
});
afterAll(async () => {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the package works from npm pack in an empty project, and a rebuilt one changes nothing", async () => {
  const project = join(folder, "project");
  mkdirSync(project);
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/@pulumi/pulumi/package.json"), "utf8")) as { version: string };
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "installed", private: true, dependencies: { "@pulumi/pulumi": version } }),
  );
  writeFileSync(join(project, "main.cjs"), main);
  const npm = (...args: string[]) => execFileSync("npm", args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  // dist/ was built before the tests; building it again while others run from it would pull it away under them.
  const pack = () => {
    const [packed] = JSON.parse(npm("pack", root, "--json", "--ignore-scripts")) as { filename: string; files: { path: string }[] }[];
    if (packed === undefined) throw new Error("npm pack said nothing");
    return packed;
  };
  const run = async (act: string) => {
    const child = spawn(process.execPath, ["main.cjs", String(process.env.AKAMAI_EDGE_TEST_CLI), act], {
      cwd: project,
      env: {
        ...process.env,
        ...pulumiEnvironment(folder),
        AKAMAI_EDGERC: emulator.edgerc,
        AKAMAI_EDGERC_SECTION: emulator.section,
        AKAMAI_CA_FILE: emulator.caFile,
      },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(err || out);
    return JSON.parse(out) as { changes: Record<string, number>; accountStatus?: string };
  };

  const first = pack();
  const paths = first.files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "dist/sdk/index.js",
      "dist/sdk/index.d.ts",
      "dist/provider/dynamic.js",
      "dist/emulator/cli/main.js",
      "LICENSE",
      "README.md",
    ]),
  );
  expect(paths.filter((path) => /^(tests|scripts|examples|provider|sdk|emulator|dist\/(scripts|examples|tests))\//.test(path))).toEqual([]);

  npm("install", "--no-audit", "--no-fund", "--prefer-offline", first.filename);
  expect(await run("up")).toEqual({ changes: { create: 3 }, accountStatus: "INITIALIZED" });

  npm("install", "--no-audit", "--no-fund", "--prefer-offline", "--force", pack().filename);
  expect(await run("up")).toMatchObject({ changes: { same: 3 } });
  expect(await run("destroy")).toMatchObject({ changes: { delete: 3 } });
}, 180_000);
