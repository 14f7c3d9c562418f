/** Code that reaches the database without Akamai's class: what it uses there can't be determined. */
import { isTokensFile } from "../bundle/tokensFileName";
import { allIn } from "./constants";
import { isHelperFile, type Modules, type Unclear } from "./modules";
import { isDeclared } from "./plainUse";
import { asNode, type Binding, type Node, nameOf, type Script } from "./syntax";

/** The address of the database and its headers: who sends requests to it has one of them. Code may put them together of parts. */
const ofDatabase = /akamai-edge-svcs|EdgeDB-Auth/i;

/** A text that belongs to a request to the database. */
export function isOfDatabase(node: Node): boolean {
  return ofDatabase.test(textOf(node));
}

/** @param isHelperClass whether a class of the script is the helper's */
export function ownUse(modules: Modules, script: Script, isHelperClass: (node: Node) => boolean): Unclear[] {
  if (isHelperFile(script.path)) return [];
  const all = allIn(script.program);
  const classes = new Set(
    all.filter((node) => /^Class(?:Declaration|Expression)$/.test(node.type) && isHelperClass(node)),
  );
  const isOfHelper = (node: Node): boolean => {
    const parent = script.parents.get(node);
    if (parent === undefined) return false;
    if (classes.has(parent)) return true;
    // Bundlers put the constants of a module beside its class.
    const isConstant =
      parent.type === "VariableDeclarator" &&
      script.parents.get(script.parents.get(parent) ?? parent)?.type === "Program";
    return (isConstant && classes.size > 0) || isOfHelper(parent);
  };
  const isHeld = holdsTokens(modules, script);
  const kinds: readonly [is: (node: Node) => boolean, reason: string][] = [
    [isOfDatabase, "sends requests to EdgeKV itself"],
    [isHeld, "takes access tokens out of their file itself"],
    [(node) => isEval(script, node), "runs code that is a text"],
  ];
  return kinds.flatMap(([is, reason]) => {
    const own = all.find((node) => is(node) && !isOfHelper(node));
    return own === undefined ? [] : [{ file: script.path, line: own.loc?.start.line, reason }];
  });
}

/** What is imported from a tokens file, and exported from there again. */
function holdsTokens(modules: Modules, script: Script): (node: Node) => boolean {
  const isOfTokens = (declaration: Node | undefined): boolean => {
    const path = modules.pathOf(script.path, asNode(declaration?.source)?.value);
    return path !== undefined && isTokensFile(path);
  };
  const imported = new Set<Binding | undefined>(
    [...script.topLevel.values()].filter(
      ({ kind, declaration }) =>
        kind === "import" && declaration !== undefined && isOfTokens(script.parents.get(declaration)),
    ),
  );
  return (node) => {
    if (/^Export(?:Named|All)Declaration$/.test(node.type)) return isOfTokens(node);
    return node.type === "Identifier" && imported.has(script.bindings.get(node)) && !isDeclared(script, node);
  };
}

function isEval(script: Script, { type, callee }: Node): boolean {
  const called = type === "CallExpression" ? asNode(callee) : undefined;
  return called?.type === "Identifier" && nameOf(called) === "eval" && !script.bindings.has(called);
}

function textOf(node: Node): string {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : "";
  return node.type === "TemplateElement" ? String((node.value as { cooked?: unknown }).cooked ?? "") : "";
}
