/** The scripts of a bundle that `main.js` reaches, and which variable of which script an import stands for. */
import { posix } from "node:path";
import { parse } from "acorn";
import type { BundleFiles } from "../bundle/files";
import { findMeant, resolveImport } from "../bundle/imports";
import { isTokensFile } from "../bundle/tokensFileName";
import { utf8Text } from "../runtime/encoding";
import { asNode, type Binding, childrenOf, type Node, nameOf, nodeOf, type Script, scriptOf } from "./syntax";

const entry = "main.js";
/** Imports that go through each other in a circle end here. */
const maxDepth = 20;

/** Something in the code that can't be understood: what it uses can't be determined. */
export interface Unclear {
  readonly file: string;
  readonly line?: number | undefined;
  readonly reason: string;
}

/** What an imported name stands for. */
export type Imported =
  | { readonly script: Script; readonly binding: Binding }
  | { readonly script: Script; readonly value: Node }
  /** All that a script exports, as one object. */
  | { readonly script: Script; readonly namespace: true };

/** Akamai's library, whatever folder it is in. */
export function isHelperFile(path: string): boolean {
  return /^edgekv\.m?js$/i.test(posix.basename(path));
}

export class Modules {
  readonly scripts = new Map<string, Script>();
  readonly unclear: Unclear[] = [];

  constructor(private readonly files: BundleFiles) {
    if (files.has(entry)) this.#reach(entry);
    else this.unclear.push({ file: entry, reason: "is not in the bundle" });
  }

  /** The path of the file that a specifier stands for. */
  pathOf(importer: string, specifier: unknown): string | undefined {
    if (typeof specifier !== "string") return undefined;
    const path = resolveImport(this.files, importer, specifier);
    return path === undefined || this.files.has(path) ? path : (findMeant(this.files, path) ?? path);
  }

  /** What an import of a script stands for; undefined when no script of the bundle has it. */
  imported(script: Script, specifier: Node): Imported | undefined {
    const declaration = script.parents.get(specifier);
    const target = this.#target(script, declaration);
    if (target === undefined) return undefined;
    if (specifier.type === "ImportNamespaceSpecifier") return { script: target, namespace: true };
    const name = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
    return name === undefined ? undefined : this.exported(target, name);
  }

  /** Where the name of a variable stands, in all scripts that import it as well. */
  referencesTo(binding: Binding): readonly { readonly script: Script; readonly node: Node }[] {
    return [...this.scripts.values()].flatMap((script) => {
      const same = [...script.topLevel.values()].filter((one) => this.#isImportOf(script, one, binding));
      return [binding, ...same]
        .flatMap(({ references }) => references)
        .filter((node) => script.parents.has(node))
        .map((node) => ({ script, node }));
    });
  }

  /** Whether a script, or one that it imports, is such a file. */
  reaches(script: Script, isIt: (path: string) => boolean, seen = new Set<string>()): boolean {
    if (seen.has(script.path)) return false;
    seen.add(script.path);
    if (isIt(script.path)) return true;
    return importsIn(script.program).some(({ specifier }) => {
      const path = this.pathOf(script.path, specifier);
      const target = path === undefined ? undefined : this.scripts.get(path);
      return target !== undefined && this.reaches(target, isIt, seen);
    });
  }

  #isImportOf(script: Script, { kind, declaration }: Binding, binding: Binding): boolean {
    if (kind !== "import" || declaration === undefined) return false;
    const imported = this.imported(script, declaration);
    return imported !== undefined && "binding" in imported && imported.binding === binding;
  }

  /** What a script exports under a name, through all that it exports again. */
  exported(script: Script, name: string, depth = 0): Imported | undefined {
    if (depth > maxDepth) return undefined;
    for (const node of childrenOf(script.program)) {
      if (node.type === "ExportDefaultDeclaration" && name === "default") return defaultOf(script, node);
      if (node.type === "ExportNamedDeclaration") {
        const found = this.#named(script, node, name, depth);
        if (found !== undefined) return found;
      }
      if (node.type !== "ExportAllDeclaration") continue;
      const target = this.#target(script, node);
      if (target === undefined) continue;
      if (node.exported) {
        if (nameOf(node.exported) === name) return { script: target, namespace: true };
      } else if (name !== "default") {
        const found = this.exported(target, name, depth + 1);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #named(script: Script, node: Node, name: string, depth: number): Imported | undefined {
    const declaration = asNode(node.declaration);
    if (declaration !== undefined) {
      const binding = script.topLevel.get(name);
      return binding !== undefined && isDeclaredIn(declaration, binding, script)
        ? { script, binding }
        : undefined;
    }
    const specifier = (node.specifiers as Node[]).find(({ exported }) => nameOf(exported) === name);
    if (specifier === undefined) return undefined;
    const local = nameOf(specifier.local) ?? "";
    if (node.source) {
      const target = this.#target(script, node);
      return target && this.exported(target, local, depth + 1);
    }
    const binding = script.topLevel.get(local);
    return binding && this.through(script, binding, depth + 1);
  }

  /** The variable itself, or what it imports from another script. */
  through(script: Script, binding: Binding, depth = 0): Imported | undefined {
    if (binding.kind !== "import" || binding.declaration === undefined || depth > maxDepth)
      return { script, binding };
    return this.imported(script, binding.declaration) ?? { script, binding };
  }

  #target(script: Script, declaration: Node | undefined): Script | undefined {
    const path = this.pathOf(script.path, asNode(declaration?.source)?.value);
    return path === undefined ? undefined : this.scripts.get(path);
  }

  #reach(path: string): void {
    const content = this.files.get(path);
    if (content === undefined || this.scripts.has(path)) return;
    const text = utf8Text(content);
    let program: Node;
    try {
      if (text === undefined) throw new Error("no text");
      // What a file of JSON holds is what it exports.
      const source = path.endsWith(".json") ? `export default ${text}` : text;
      program = nodeOf(parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true }));
      this.scripts.set(path, scriptOf(path, program));
    } catch {
      this.unclear.push({ file: path, reason: "is not a script that can be read" });
      return;
    }
    for (const { node, specifier } of importsIn(program)) {
      if (typeof specifier !== "string") {
        this.unclear.push({
          file: path,
          line: node.loc?.start.line,
          reason: "imports by a name that is computed",
        });
        continue;
      }
      const target = this.pathOf(path, specifier);
      const isWhileItRuns = node.type === "ImportExpression" || node.type === "CallExpression";
      if (isWhileItRuns && target !== undefined && this.files.has(target))
        this.unclear.push({
          file: path,
          line: node.loc?.start.line,
          reason: `imports ${target} while it runs`,
        });
      // The tokens are read by themselves.
      if (target !== undefined && !isTokensFile(target)) this.#reach(target);
    }
  }
}

function importsIn(node: Node): { readonly node: Node; readonly specifier: unknown }[] {
  const own =
    /^(?:Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$/.test(node.type) && node.source
      ? [{ node, specifier: asNode(node.source)?.value }]
      : requiredIn(node);
  return [...own, ...childrenOf(node).flatMap(importsIn)];
}

/** `require("./file.js")`: bundlers have a function of that name, which takes names of files. */
function requiredIn(node: Node): { readonly node: Node; readonly specifier: unknown }[] {
  if (node.type !== "CallExpression" || nameOf(node.callee) !== "require") return [];
  const specifier = asNode((node.arguments as Node[])[0])?.value;
  return typeof specifier === "string" ? [{ node, specifier }] : [];
}

function defaultOf(script: Script, node: Node): Imported | undefined {
  const declaration = asNode(node.declaration);
  if (declaration === undefined) return undefined;
  const id = declaration.type === "Identifier" ? declaration : asNode(declaration.id);
  const binding = id === undefined ? undefined : script.bindings.get(id);
  return binding === undefined ? { script, value: declaration } : { script, binding };
}

function isDeclaredIn(declaration: Node, binding: Binding, script: Script): boolean {
  if (binding.declaration === declaration) return true;
  const ids = (node: Node): Node[] => [node, ...childrenOf(node).flatMap(ids)];
  return (
    declaration.type === "VariableDeclaration" &&
    (declaration.declarations as Node[]).some(({ id }) =>
      ids(id as Node).some((one) => script.bindings.get(one) === binding),
    )
  );
}
