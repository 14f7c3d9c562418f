import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root } from "../../scripts/root";
import { changed, succeeded } from "../support/engine";
import { isFull } from "../support/extent";
import { ProjectTest } from "../support/project";

interface Dependencies {
  readonly [name: string]: string;
}
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let project: ProjectTest | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-package-"));
});
afterAll(async () => {
  await project?.close();
  rmSync(folder, { recursive: true, force: true });
});

const packageOf = (path: string) =>
  JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as { version: string } & Record<
    string,
    Dependencies
  >;

/** The packages at the versions of this checkout: what a registry has today must not decide the test. */
function pinned(dependencies: Dependencies = {}): Dependencies {
  return Object.fromEntries(
    Object.keys(dependencies).map((name) => [name, packageOf(join(root, "node_modules", name)).version]),
  );
}

/** A program, and some of what it makes. The one of `npm test` is short: what is tested is the package. */
const [example, makes] = isFull
  ? (["geo-greeting", ["create edgekv", "create greeting-DE", "create geo-greeting"]] as const)
  : (["namespace", ["create edgekv", "create prices-staging"]] as const);

test("a copied example runs with the package from npm pack, and a rebuilt package changes nothing", async () => {
  const copy = join(folder, example);
  const source = join(root, "examples", example);
  cpSync(source, copy, { recursive: true, filter: (file) => basename(file) !== "node_modules" });
  const npm = (...args: string[]) =>
    execFileSync("npm", args, { cwd: copy, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  // dist/ was built before the tests; building it again while others run from it would pull it away under them.
  const pack = (): Packed => {
    const [packed] = JSON.parse(
      npm("pack", root, "--json", "--ignore-scripts", "--pack-destination", folder),
    ) as Packed[];
    if (packed === undefined) throw new Error("npm pack printed nothing");
    return { ...packed, filename: join(folder, packed.filename) };
  };
  const install = (packed: Packed, ...options: string[]) => {
    const { dependencies, devDependencies, ...rest } = packageOf(copy);
    const all = { ...pinned(dependencies), "pulumi-akamai-edge": `file:${packed.filename}` };
    writeFileSync(
      join(copy, "package.json"),
      JSON.stringify({ ...rest, dependencies: all, devDependencies: pinned(devDependencies) }),
    );
    npm("install", "--no-audit", "--no-fund", "--prefer-offline", ...options);
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
  expect(
    paths.filter((path) =>
      /^(tests|scripts|examples|provider|sdk|emulator|dist\/(scripts|examples|tests))\//.test(path),
    ),
  ).toEqual([]);

  install(first);
  project = await ProjectTest.start(copy, { settings: { initialized: false } });
  const made = changed(await succeeded(project.up()));
  expect(made).toEqual(expect.arrayContaining([...makes]));

  install(pack(), "--force");
  expect(changed(await succeeded(project.up({ transpileOnly: true })))).toEqual([]);
  if (!isFull) return;
  const destroyed = changed(await succeeded(project.destroy()));
  expect(destroyed.sort()).toEqual(made.map((step) => step.replace(/^create /, "delete ")).sort());
}, 180_000);
