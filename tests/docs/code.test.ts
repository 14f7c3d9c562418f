/** The programs on the pages are real ones: the compiler accepts them, and the paths of the architecture exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../../scripts/root";

const read = (path: string) => readFileSync(join(root, path), "utf8");

const texts = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !/^(resources|functions)\b/.test(file))
    .map((file) => join("docs", file)),
];

/** The whole programs of the pages: those that import this package, and nothing of a project that is not there. */
const programs = texts.flatMap((file) =>
  [...read(file).matchAll(/^```ts\n([\s\S]*?)^```/gm)]
    .map(([, code = ""], index) => ({ file: `${file.replace(/\W/g, "_")}_${index}.ts`, code }))
    .filter(({ code }) => /from "pulumi-akamai-edge/.test(code) && !/from "\.\.?\//.test(code)),
);

test("every whole program on a page has the types of the package", () => {
  expect(programs.length).toBeGreaterThanOrEqual(4);
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config as object;
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const virtual = new Map(
    programs.map(({ file, code }) => [join(root, "examples", file), `${code}\nexport {};\n`]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => virtual.has(path) || fileExists(path);
  host.readFile = (path) => virtual.get(path) ?? readFile(path);
  const program = ts.createProgram(
    [...virtual.keys()],
    { ...options, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    host,
  );
  const problems = [...virtual.keys()]
    .flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map(({ file, start = 0, messageText }) => {
      const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
      return `${file?.fileName.slice(root.length + 1)}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  expect(problems).toEqual([]);
}, 60_000);

describe("docs/development/architecture.md", () => {
  const architecture = read("docs/development/architecture.md");

  test("every walk ends at a file or a folder", () => {
    const rows = [...architecture.matchAll(/^\| … .+\| `([^`]+)`/gm)].map(([, path = ""]) => path);
    expect(rows.length).toBeGreaterThan(10);
    const paths = rows.map((path) => path.replace("<product>/<noun>", "edgekv/accessToken"));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("the tree names every folder of provider/, and nothing that is not there", () => {
    const tree = /^provider\/\n([\s\S]*?)^sdk\//m.exec(architecture)?.[1] ?? "";
    const named = [...tree.matchAll(/^ {2}([\w.]+\/?) /gm)].map(([, name = ""]) => name);
    const entries = readdirSync(join(root, "provider"), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}/`);
    expect(named.filter((name) => name.endsWith("/")).sort()).toEqual(folders.sort());
    expect(named.filter((name) => !existsSync(join(root, "provider", name)))).toEqual([]);
  });
});
