/** What an editor shows of the package, by the TypeScript language service on the declarations that are packed. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { z } from "zod";
import { registry } from "../../provider/registry";
import { root } from "../../scripts/root";

const file = join(root, "examples", "editor.ts");
const program = `
import { edgekv, edgeworkers, property } from "pulumi-akamai-edge";
new edgekv.Database("without arguments");
const made = new edgekv.Namespace("made", { network: "staging", groupId: 0, retentionInSeconds: 0 });
const read: edgekv.Namespace = edgekv.Namespace.get("read", "production/legacy");
const known: unknown = read;
if (edgekv.Namespace.isInstance(known)) known.namespaceStatus;
new edgekv.Item("in it", { namespace: made, group: "g", key: "k", json: { a: [1, made.name] } });
const worker = new edgeworkers.EdgeWorker("w", { groupId: 1, resourceTierId: 100 });
const code = new edgeworkers.Version("v", { edgeWorkerId: worker, bundle: "./worker" });
new edgeworkers.Activation("a", { edgeWorkerId: worker, network: "staging", version: code });
new property.EdgeWorkerRules("r", {
  propertyName: "p",
  rules: [
    { name: "typed", edgeWorker: { edgeWorkerId: worker } },
    { name: "pasted", papi: { uuid: "x", children: [{ name: "below", locked: true }] } },
  ],
});
new edgekv.Namespace("bad", { network: "stagin", groupId: 0, retentionInSeconds: 0 });
new edgekv.Namespace("bad", { network: "staging", groupId: 0 });
new edgekv.Namespace("bad", { network: "staging", groupId: 0, retentionInSecond: 0 });
new edgekv.Namespace("bad", { network: "staging", groupId: 0, retentionInSeconds: 0, deletion: { mode: "now" } });
`;

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.Node20,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  target: ts.ScriptTarget.ES2023,
  strict: true,
  skipLibCheck: true,
  types: [],
};
const service = ts.createLanguageService({
  getScriptFileNames: () => [file],
  getScriptVersion: () => "1",
  getScriptSnapshot: (path) => {
    const text = path === file ? program : ts.sys.readFile(path);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => join(root, "examples"),
  getCompilationSettings: () => options,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (path) => path === file || ts.sys.fileExists(path),
  readFile: ts.sys.readFile,
  directoryExists: ts.sys.directoryExists,
});

const compiled = service.getProgram();
const checker = compiled?.getTypeChecker();
const source = compiled?.getSourceFile(file);
if (checker === undefined || source === undefined) throw new Error("the program does not compile");

function moduleOf(product: string): ts.Symbol {
  const node = source?.statements.find(ts.isImportDeclaration)?.importClause?.namedBindings;
  const specifier = (node as ts.NamedImports).elements.find(({ name }) => name.text === product);
  const symbol = specifier && checker?.getSymbolAtLocation(specifier.name);
  if (symbol === undefined || checker === undefined) throw new Error(`the package has no ${product}`);
  return checker.getAliasedSymbol(symbol);
}
function exported(product: string, name: string): ts.Type {
  const found = checker?.getExportsOfModule(moduleOf(product)).find((one) => one.getName() === name);
  if (checker === undefined || found === undefined) throw new Error(`there is no ${product}.${name}`);
  const symbol = found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
  return checker.getDeclaredTypeOfSymbol(symbol);
}

/** Members of a type and of the objects in it, by path, each with what a hover shows below its type. */
function hovers(type: ts.Type, path: string, depth = 0): [path: string, shown: string][] {
  if (checker === undefined || depth > 3) return [];
  return type.getProperties().flatMap((member): [string, string][] => {
    const here = `${path}.${member.getName()}`;
    const shown = ts.displayPartsToString(member.getDocumentationComment(checker));
    return [
      [here, shown],
      ...objectsIn(checker.getTypeOfSymbol(member)).flatMap((one) => hovers(one, here, depth + 1)),
    ];
  });
}

/** The plain objects of a value: `Input<…>` and lists are looked through, classes are not. */
function objectsIn(type: ts.Type, depth = 0): ts.Type[] {
  // A JSON value contains itself.
  if (depth > 4) return [];
  if (type.isUnion()) return type.types.flatMap((one) => objectsIn(one, depth + 1));
  const element = checker?.isArrayType(type)
    ? checker.getTypeArguments(type as ts.TypeReference)[0]
    : undefined;
  if (element !== undefined) return objectsIn(element, depth + 1);
  const isOwn = type
    .getProperties()
    .every((member) =>
      (member.declarations ?? []).every((one) =>
        /\/dist\/(sdk|provider)\//.test(one.getSourceFile().fileName),
      ),
    );
  const isObject = (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0 && !type.isClass();
  return isObject && isOwn && type.getProperties().length > 0 ? [type] : [];
}

const classes = [...registry].map(([token, resource]) => {
  const [product = "", title = ""] = token.split(":");
  return { token, product, title, resource };
});

test.each(classes)(
  "a hover over each argument of $token shows its description",
  ({ product, title, resource }) => {
    const type = exported(product, `${title}Args`);
    // A rule of `papi` contains itself.
    const shown = hovers(type, title).filter(([path]) => !path.includes(".papi.children."));
    expect(
      type
        .getProperties()
        .map((member) => member.getName())
        .sort(),
    ).toEqual(Object.keys(resource.args.shape).sort());
    expect(shown.filter(([, text]) => text === "").map(([path]) => path)).toEqual([]);
  },
);

test.each(classes)(
  "a hover over each output of $token shows its description",
  ({ product, title, resource }) => {
    const type = exported(product, title);
    const fields = Object.keys({
      ...resource.args.shape,
      ...resource.computed.shape,
      ...resource.outputs.shape,
    });
    const descriptions = fields
      .filter((field) => field !== "owner")
      .map((field) => {
        const member = type.getProperty(field);
        return [field, member && ts.displayPartsToString(member.getDocumentationComment(checker))];
      });
    expect(descriptions.filter(([, text]) => text === undefined || text === "")).toEqual([]);
  },
);

test.each(classes)(
  "the description of each argument of $token has its default",
  ({ product, title, resource }) => {
    const shown = new Map(hovers(exported(product, `${title}Args`), title));
    const without = Object.entries(resource.args.shape).filter(([field, schema]) => {
      const given = (schema as { safeParse(value: unknown): { success: boolean; data?: unknown } }).safeParse(
        undefined,
      );
      return (
        given.success && given.data !== undefined && !/default/i.test(shown.get(`${title}.${field}`) ?? "")
      );
    });
    expect(without.map(([field]) => field)).toEqual([]);
  },
);

/** The bounds of numbers, texts and lists at any depth, but for those that any number or text keeps. */
function limitsIn(schema: unknown): number[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value !== "number") return limitsIn(value);
    const isBound = /^(?:minimum|maximum|minLength|maxLength|minItems|maxItems)$/.test(name);
    // No property has 999,999,999 versions.
    return isBound && value > 1 && value < 999_999_999 ? [value] : [];
  });
}

test.each(classes)(
  "the description of each argument of $token has its limits",
  ({ product, title, resource }) => {
    const shown = hovers(exported(product, `${title}Args`), title);
    const missing = Object.entries(resource.args.shape).flatMap(([field, schema]) => {
      const text = shown
        .filter(([path]) => path === `${title}.${field}` || path.startsWith(`${title}.${field}.`))
        .map(([, description]) => description)
        .join(" ");
      return limitsIn(z.toJSONSchema(schema as z.ZodType, { io: "input", unrepresentable: "any" }))
        .filter(
          (limit) => ![String(limit), limit.toLocaleString("en-US")].some((form) => text.includes(form)),
        )
        .map((limit) => `${field}: ${limit}`);
    });
    expect(missing).toEqual([]);
  },
);

test("correct programs compile, and the errors of the others name the type, and the members of a choice", () => {
  const errors = service
    .getSemanticDiagnostics(file)
    .map(({ messageText, relatedInformation = [] }) =>
      [messageText, ...relatedInformation.map((one) => one.messageText)]
        .map((text) => ts.flattenDiagnosticMessageText(text, "\n"))
        .join("\n"),
    );
  expect(errors).toEqual([
    `Type '"stagin"' is not assignable to type 'Input<"staging" | "production">'. Did you mean '"staging"'?
The expected type comes from property 'network' which is declared here on type 'NamespaceArgs'`,
    `Argument of type '{ network: "staging"; groupId: number; }' is not assignable to parameter of type 'NamespaceArgs'.
  Property 'retentionInSeconds' is missing in type '{ network: "staging"; groupId: number; }' but required in type 'NamespaceArgs'.
'retentionInSeconds' is declared here.`,
    "Object literal may only specify known properties, but 'retentionInSecond' does not exist in type 'NamespaceArgs'. Did you mean to write 'retentionInSeconds'?",
    `Type '"now"' is not assignable to type 'Input<"retain" | "scheduled" | "immediate" | undefined>'.`,
  ]);
});

test("what the editor reads of this project is in the packed package", () => {
  const args = ["pack", root, "--dry-run", "--json", "--ignore-scripts"];
  const printed = execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [{ files = [] } = {}] = JSON.parse(printed) as { files?: { path: string }[] }[];
  const packed = new Set(files.map(({ path }) => path));
  const read = (compiled?.getSourceFiles() ?? [])
    .map(({ fileName }) => relative(root, fileName).replaceAll("\\", "/"))
    .filter((path) => path.startsWith("dist/"));
  expect(read).toContain("dist/sdk/edgekv/namespace.d.ts");
  expect(read.filter((path) => !packed.has(path))).toEqual([]);
}, 120_000);

test("the package carries its reference pages", () => {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  expect(files).toEqual(expect.arrayContaining(["docs/resources", "docs/functions", "docs/guides"]));
});
