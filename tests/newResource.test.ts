/** What a resource needs beside its code. A resource that is new fails here, with a list of what is missing and where to put it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { registry } from "../provider/registry";
import { filesOf } from "../scripts/docs";
import { otherLanguages } from "../scripts/docs/markdown";
import { root } from "../scripts/root";
import * as sdk from "../sdk";
import { fuzzInputs } from "./resilience/fuzz/inputs";

const has = (path: string) => existsSync(join(root, path));
const contains = (path: string, text: string) =>
  has(path) && readFileSync(join(root, path), "utf8").includes(text);

const states = readdirSync(join(__dirname, "engine", "states"));

/** Each need, as a line of the list: whether it is met, and what to do when it is not. */
function lacking(token: string): string[] {
  const { product, title, noun, folder, page, prose } = filesOf(token);
  const example = [
    "index.ts",
    "Pulumi.yaml",
    "package.json",
    "tsconfig.json",
    ...otherLanguages.map(({ program }) => program),
  ].map((file) => `examples/${folder}/${file}`);
  const handlerTests = `tests/provider/resources/${product}/${noun}.test.ts`;
  const classes: Readonly<Record<string, object>> = { ...sdk };
  const needs: [isMet: boolean, what: string, where: string][] = [
    [
      Object.hasOwn(classes[product] ?? {}, title),
      "a class",
      `sdk/${product}/${noun}.ts, exported by sdk/${product}/index.ts`,
    ],
    [has(prose), "prose", `${prose}, with Import or Adopt, Lifecycle, Timeouts and Errors`],
    [has(page), "a docs page", `${page}, by npm run docs`],
    [
      contains("README.md", `| [\`${product}.${title}\`](${page})`),
      "a README row",
      `README.md, as | [\`${product}.${title}\`](${page}) | … |`,
    ],
    [
      contains("docs/_index.md", `](${page.replace(/^docs\//, "")})`),
      "a link in the overview",
      "docs/_index.md",
    ],
    ...example.map((file): [boolean, string, string] => [has(file), "an example", file]),
    [
      contains(handlerTests, `"${token}"`) || usesToken(handlerTests, token),
      "handler tests",
      `${handlerTests}, with the token in it`,
    ],
    [
      Object.hasOwn(fuzzInputs, token),
      "fuzz inputs",
      "fuzzInputs and makeAll in tests/resilience/fuzz/inputs.ts",
    ],
    [
      has(`tests/contract/${product}.test.ts`),
      "contract assertions",
      `tests/contract/${product}.test.ts: one for each of its routes`,
    ],
    [
      contains("tests/sdk/resource.test.ts", `"${token}" => "exports.handler`),
      "a snapshot of its frozen text",
      "tests/sdk/resource.test.ts",
    ],
    [
      states.some((version) =>
        contains(`tests/engine/states/${version}/closures.json`, JSON.stringify(token)),
      ),
      "kept state",
      "examples/full-site/index.ts uses it; then npm run keep-state -- --replace",
    ],
  ];
  return needs.flatMap(([isMet, what, where]) => (isMet ? [] : [`${what}: ${where}`]));
}

/** Rules of a property have their tests' sandbox in a file beside them, which names the token. */
function usesToken(tests: string, token: string): boolean {
  if (!has(tests)) return false;
  const beside = [...readFileSync(join(root, tests), "utf8").matchAll(/from "\.\/([\w./]+)"/g)].map(
    ([, name = ""]) => name,
  );
  return beside.some((name) => contains(join(tests, "..", `${name}.ts`), `"${token}"`));
}

test.each([...registry.keys()])("%s has all that a resource needs beside its code", (token) => {
  expect(lacking(token)).toEqual([]);
});

test("a resource that has nothing yet gets the whole list, each line with its place", () => {
  expect(lacking("edgekv:Sample")).toEqual([
    "a class: sdk/edgekv/sample.ts, exported by sdk/edgekv/index.ts",
    "prose: provider/resources/edgekv/sample/docs.md, with Import or Adopt, Lifecycle, Timeouts and Errors",
    "a docs page: docs/resources/edgekv/sample.md, by npm run docs",
    "a README row: README.md, as | [`edgekv.Sample`](docs/resources/edgekv/sample.md) | … |",
    "a link in the overview: docs/_index.md",
    "an example: examples/sample/index.ts",
    "an example: examples/sample/Pulumi.yaml",
    "an example: examples/sample/package.json",
    "an example: examples/sample/tsconfig.json",
    "an example: examples/sample/python/__main__.py",
    "an example: examples/sample/go/main.go",
    "an example: examples/sample/yaml/Pulumi.yaml",
    "handler tests: tests/provider/resources/edgekv/sample.test.ts, with the token in it",
    "fuzz inputs: fuzzInputs and makeAll in tests/resilience/fuzz/inputs.ts",
    "a snapshot of its frozen text: tests/sdk/resource.test.ts",
    "kept state: examples/full-site/index.ts uses it; then npm run keep-state -- --replace",
  ]);
  expect(lacking("dns:Zone")).toContain(
    "contract assertions: tests/contract/dns.test.ts: one for each of its routes",
  );
});
