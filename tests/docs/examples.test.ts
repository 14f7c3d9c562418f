/** What makes a folder of examples/ a project that people copy; tests/engine/examples.test.ts runs them all. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "yaml";
import { otherLanguages } from "../../scripts/docs/markdown";
import { root } from "../../scripts/root";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly main?: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

// The parser of ranges that Pulumi has.
const { satisfies } = createRequire(require.resolve("@pulumi/pulumi"))("semver") as {
  satisfies: (version: string, range: string) => boolean;
};

const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const packageOf = (...path: string[]) => JSON.parse(read(...path, "package.json")) as Package;
const examples = readdirSync(join(root, "examples"));
const [first = ""] = examples;

test.each(examples)(
  "examples/%s has all files of a project, and its package.json names the program",
  (name) => {
    const files = ["Pulumi.yaml", "package.json", "tsconfig.json", "index.ts"];
    expect(files.filter((file) => !existsSync(join(root, "examples", name, file)))).toEqual([]);
    const project = parse(read("examples", name, "Pulumi.yaml")) as Record<string, unknown>;
    expect(project).toEqual({ name: expect.any(String), runtime: "nodejs", description: expect.any(String) });
    expect(packageOf("examples", name)).toMatchObject({ name: project.name, main: "index.ts" });
    expect(read("examples", name, "tsconfig.json")).toBe(read("examples", first, "tsconfig.json"));
  },
);

test.each(examples)(
  "examples/%s depends on what it imports, in ranges that take what it is tested with",
  (name) => {
    const { dependencies, devDependencies } = packageOf("examples", name);
    const all = { ...dependencies, ...devDependencies };
    const imported = [
      ...read("examples", name, "index.ts").matchAll(/^import .* from "(?!node:)([^"]+)"/gm),
    ].map(([, module = ""]) => module);
    expect(imported.filter((module) => !(module in dependencies))).toEqual([]);
    // The runner compiles with them.
    expect(Object.keys(devDependencies)).toEqual(["@types/node", "typescript"]);
    expect(
      Object.entries(all).filter(
        ([module, range]) => !satisfies(packageOf("node_modules", module).version, range),
      ),
    ).toEqual([]);
    expect(dependencies["@pulumi/pulumi"]).toBe(packageOf().peerDependencies["@pulumi/pulumi"]);
  },
);

test.each(examples.filter((name) => existsSync(join(root, "examples", name, "yaml"))))(
  "examples/%s is in each language, with one name of the project",
  (name) => {
    // Functions are called alike in all of them; how YAML calls one is its own.
    const languages = otherLanguages.filter((one) => name !== "functions" || one.name === "YAML");
    const files = languages.map(({ program }) => join(root, "examples", name, program));
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    const { name: project } = parse(read("examples", name, "Pulumi.yaml")) as { name: string };
    expect(parse(read("examples", name, "yaml", "Pulumi.yaml"))).toMatchObject({
      name: project,
      runtime: "yaml",
    });
  },
);

test.each(examples)("examples/%s needs no file outside its folder", (name) => {
  expect(read("examples", name, "index.ts")).not.toMatch(/\.\.\/|\bdist\b/);
});

test("the worker of both examples with a greeting is the same", () => {
  const worker = (name: string) =>
    readdirSync(join(root, "examples", name, "worker")).map((file) => [
      file,
      read("examples", name, "worker", file),
    ]);
  expect(worker("full-site")).toEqual(worker("geo-greeting"));
});

test("the project at the root names the file of its program, which is a project of its own", () => {
  const { main } = parse(read("Pulumi.yaml")) as { main: string };
  expect(main).toBe("examples/full-site/index.ts");
});
