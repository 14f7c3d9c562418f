/** A component package that has the package for itself: the error names what to add, before anything is asked of the account. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pulumiEnvironment } from "../../scripts/engine";
import { root } from "../../scripts/root";
import { testCli } from "../support/engine";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-nested-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = `
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { make } from "@acme/comp";
const name = "nested";
const stack = await LocalWorkspace.createOrSelectStack(
  { projectName: name, stackName: "dev", program: async () => make() },
  { workDir: process.cwd(), projectSettings: { name, runtime: "nodejs" } },
);
await stack.preview().then(() => console.log("ok"), (error) => console.log(error.message));
`;

test("is an error at the first resource, with the line for package.json", async () => {
  const component = join(folder, "node_modules", "@acme", "comp");
  mkdirSync(join(component, "node_modules"), { recursive: true });
  symlinkSync(join(root, "node_modules", "@pulumi"), join(folder, "node_modules", "@pulumi"));
  symlinkSync(root, join(component, "node_modules", "pulumi-akamai-edge"));
  writeFileSync(join(component, "package.json"), '{"name":"@acme/comp","main":"index.js"}');
  writeFileSync(
    join(component, "index.js"),
    'const { edgekv } = require("pulumi-akamai-edge"); exports.make = () => { new edgekv.Database("db"); };',
  );
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "run.mjs"), program);
  const bin = join(testCli(), "bin");
  const env = { ...process.env, ...pulumiEnvironment(folder), PATH: `${bin}:${process.env.PATH}` };
  const printed = await new Promise<string>((resolve) =>
    execFile(process.execPath, ["run.mjs"], { cwd: folder, env }, (error, out, errors) =>
      resolve(`${out}${errors}${error ?? ""}`),
    ),
  );
  expect(printed).toContain(`error: pulumi-akamai-edge can't be loaded from ${folder}: `);
  expect(printed).toMatch(
    /Add "pulumi-akamai-edge": "\^\d+\.\d+\.\d+" to the dependencies in \S+package\.json, and/,
  );
  expect(printed).not.toContain("Cannot find module");
});
