/** Where a package manager puts the package decides whether Pulumi finds it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { version } from "../../provider/runtime/packageVersion";
import { installationProblem, isProjectFolder } from "../../sdk/installation";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "akamai-edge-installation-")));
  writeFileSync(join(folder, "package.json"), "{}");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (...parts: string[]) => join(folder, "node_modules", ...parts);
function put(...parts: string[]): void {
  const at = path(...parts, "pulumi-akamai-edge");
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "package.json"), '{"exports":{"./dynamic":"./dynamic.js"}}');
  writeFileSync(join(at, "dynamic.js"), "");
}
function link(target: string, ...parts: string[]): void {
  mkdirSync(dirname(path(...parts)), { recursive: true });
  symlinkSync(path(target), path(...parts));
}
const store = ".pnpm/pulumi-akamai-edge@0.1.0/node_modules";

const problem = (file: string) =>
  `pulumi-akamai-edge can't be loaded from ${folder}: Pulumi loads it from there, and finds no copy that only another package has. Add "pulumi-akamai-edge": "^${version}" to the dependencies in ${file}, and install again`;

test.each<[string, () => void, boolean]>([
  ["a dependency of the program, by npm", () => put(), true],
  ["below a component package, by npm", () => put("@acme/comp/node_modules"), false],
  [
    "a dependency of the program, by pnpm",
    () => {
      put(store);
      link(join(store, "pulumi-akamai-edge"), "pulumi-akamai-edge");
    },
    true,
  ],
  [
    "a dependency of a component package, by pnpm",
    () => {
      put(store);
      const comp = ".pnpm/@acme+comp@1.0.0/node_modules";
      link(join(store, "pulumi-akamai-edge"), comp, "pulumi-akamai-edge");
      // pnpm hoists into its own folder, which Node.js does not look into.
      link(join(store, "pulumi-akamai-edge"), ".pnpm/node_modules/pulumi-akamai-edge");
    },
    false,
  ],
  ["nowhere", () => undefined, false],
])("%s", (_where, install, isFound) => {
  install();
  expect(installationProblem(folder)).toBe(isFound ? undefined : problem(join(folder, "package.json")));
});

test("a program in a folder below its package.json", () => {
  const below = (name: string) => {
    const made = join(folder, "infrastructure", name);
    mkdirSync(made, { recursive: true });
    return made;
  };
  const file = join(folder, "package.json");
  expect(installationProblem(below("without"))).toContain(`the dependencies in ${file}, and`);
  expect(installationProblem("/nowhere/at/all")).toContain(join("/nowhere/at/all", "package.json"));
});

test("a program in a folder below its dependencies", () => {
  put();
  const below = join(folder, "infrastructure");
  mkdirSync(below);
  expect(installationProblem(below)).toBeUndefined();
});

test("where the folder is surely the one that Pulumi loads from", () => {
  const host = ["node", "/a/node_modules/@pulumi/pulumi/cmd/run/index.js"];
  expect(isProjectFolder(folder, host)).toBe(true);
  expect(isProjectFolder(folder, ["node", "/a/deploy.js"])).toBe(false);
  writeFileSync(join(folder, "Pulumi.yaml"), "");
  expect(isProjectFolder(folder, ["node", "/a/deploy.js"])).toBe(true);
});
