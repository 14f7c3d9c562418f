/** The programs on the pages are real ones: the compiler accepts them, and the paths of the architecture exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../../scripts/root";

const read = (path: string) => readFileSync(join(root, path), "utf8");

const texts = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !/^functions\b/.test(file))
    .map((file) => join("docs", file)),
];

/** The TypeScript of the pages, but for what stands in a project that is not there. */
const blocks = texts.flatMap((file) =>
  [...read(file).matchAll(/^```ts\n([\s\S]*?)^```/gm)]
    .map(([, code = ""], index) => ({ page: file, file: `${file.replace(/\W/g, "_")}_${index}.ts`, code }))
    .filter(({ code }) => !/from "\.\.?\//.test(code)),
);
const isWhole = ({ code }: { readonly code: string }) => /from "pulumi-akamai-edge/.test(code);
/** The whole programs: those that import this package. The examples on the resource pages are compiled where they are. */
const programs = blocks.filter((block) => isWhole(block) && !block.page.startsWith("docs/resources/"));
const pieces = blocks.filter((block) => !isWhole(block));

/** What the pieces refer to. */
const prelude = `
import * as pulumi from "@pulumi/pulumi";
import { edgekv, edgeworkers, property } from "pulumi-akamai-edge";
import { startEmulator } from "pulumi-akamai-edge/emulator";
declare const shop: edgekv.Namespace, greetings: edgekv.Namespace, items: edgekv.ItemGroup;
declare const reader: edgekv.AccessToken, permissions: ("r" | "w" | "d")[];
declare const greeter: edgeworkers.EdgeWorker, edgeWorkerId: number, code: edgeworkers.Version;
declare const onStaging: edgeworkers.Activation, greeterOnStaging: edgeworkers.Activation;
declare const rules: property.EdgeWorkerRules;
declare const config: pulumi.Config, worker: string, manifest: string;
`;

/** Whose arguments the members are that stand alone on a page. */
const argumentsOn: Readonly<Record<string, string>> = {
  "docs/guides/keep-data.md": "edgeworkers.VersionArgs",
  "docs/resources/edgekv/itemGroup.md": "edgekv.ItemGroupArgs",
  "docs/resources/edgeworkers/version.md": "edgeworkers.VersionArgs",
};

/** A piece as a program: statements in a function, or members as arguments, those below one comment together. */
function programOf({ page, code }: { readonly page: string; readonly code: string }): string {
  const imports = code.match(/^import .*\n/gm)?.join("") ?? "";
  const rest = code.replace(/^import .*\n/gm, "");
  if (!/^\s*(?:\/\/.*\n)*\w+: /.test(rest))
    return `${imports}${prelude}export async function piece() {\n${rest}}\n`;
  const groups = rest.split(/^\/\/.*\n/m).filter((group) => group.trim() !== "");
  const constants = groups.map(
    (group, index) => `export const piece${index}: Partial<${argumentsOn[page]}> = {\n${group}};\n`,
  );
  return `${imports}${prelude}${constants.join("")}`;
}

/** What the compiler finds, by file and line. */
function problemsIn(files: readonly { readonly file: string; readonly code: string }[]): string[] {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config as object;
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const virtual = new Map(
    files.map(({ file, code }) => [join(root, "examples", file), `${code}\nexport {};\n`]),
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
  return [...virtual.keys()]
    .flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map(({ file, start = 0, messageText }) => {
      const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
      return `${file?.fileName.slice(root.length + 1)}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
}

test("every whole program and every piece of one on a page has the types of the package", () => {
  expect(programs.length).toBeGreaterThanOrEqual(4);
  expect(pieces.length).toBeGreaterThanOrEqual(10);
  const wrapped = pieces.map((piece) => ({ file: piece.file, code: programOf(piece) }));
  expect(problemsIn([...programs, ...wrapped])).toEqual([]);
}, 120_000);

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
