/** What the code of a bundle does with EdgeKV: which namespaces it reads, writes and deletes in, as far as that can be determined. */
import type { BundleFiles } from "../bundle/files";
import { type At, allIn, Constants, type Values } from "./constants";
import { Flow } from "./flow";
import { Helper } from "./helper";
import { isHelperFile, Modules, type Unclear } from "./modules";
import { asNode, lineOf, type Node, nameOf, type Script } from "./syntax";

/** A letter of an access token's permissions. */
export type Operation = "r" | "w" | "d";

/** A line of code that uses EdgeKV. */
export interface CodeUse {
  readonly file: string;
  readonly line: number;
  /** Undefined: that can't be determined. */
  readonly namespaces: readonly string[] | undefined;
  /** Undefined: that can't be determined. Empty: an object for the namespace is made, and nothing is done with it here. */
  readonly operations: readonly Operation[] | undefined;
  /** Whether it brings an access token along, in place of those of the tokens file. */
  readonly hasOwnToken?: true;
}

export interface CodeUses {
  readonly uses: readonly CodeUse[];
  /** What can't be understood. With one of these, the code may use more than `uses` has. */
  readonly unclear: readonly Unclear[];
  /** Akamai's library, where `main.js` reaches it. */
  readonly helper?: string | undefined;
}

/** The namespace of an instance that names none. */
const defaultNamespace = "default";

export function usesInCode(files: BundleFiles): CodeUses {
  const modules = new Modules(files);
  const constants = new Constants(modules);
  const helper = new Helper(modules, constants);
  const uses: CodeUse[] = [];
  for (const script of modules.scripts.values()) {
    if (isHelperFile(script.path)) continue;
    for (const node of allIn(script.program)) {
      const made = instanceOf(helper, script, node);
      if (made !== undefined) uses.push(...usesOf(modules, constants, helper, script, node, made));
    }
  }
  return {
    uses: unique(uses),
    unclear: [...modules.unclear, ...helper.unclear()],
    helper: [...modules.scripts.keys()].find(isHelperFile),
  };
}

/** An instance of the class, or undefined where a node makes none. */
function instanceOf(
  helper: Helper,
  script: Script,
  node: Node,
): { readonly args: readonly Node[]; readonly isFollowed: boolean } | undefined {
  if (isInHelper(helper, script, node)) return undefined;
  const callee = asNode(node.callee);
  if (node.type === "NewExpression" && callee !== undefined && helper.isClass({ script, node: callee }))
    return { args: node.arguments as Node[], isFollowed: !isSubclass(helper, script, callee) };
  if (node.type !== "CallExpression" || callee?.type !== "Super") return undefined;
  const around = enclosingClass(script, node);
  return around !== undefined && helper.extendsHelper(script, around)
    ? { args: node.arguments as Node[], isFollowed: false }
    : undefined;
}

/** A class that inherits from the helper's may do more than its base. */
function isSubclass(helper: Helper, script: Script, callee: Node): boolean {
  const binding = script.bindings.get(callee);
  const classes = [binding?.declaration, ...(binding?.values ?? [])].filter((one) => one?.superClass);
  return binding?.kind === "import"
    ? false
    : classes.some((one) => one !== undefined && helper.extendsHelper(script, one));
}

function usesOf(
  modules: Modules,
  constants: Constants,
  helper: Helper,
  script: Script,
  node: Node,
  { args, isFollowed }: { readonly args: readonly Node[]; readonly isFollowed: boolean },
): CodeUse[] {
  const { namespaces, hasOwnToken } = namespacesOf(constants, script, args[0]);
  const at = { file: script.path, line: lineOf(node) };
  if (!isFollowed || hasOwnToken) {
    const own = hasOwnToken ? ({ hasOwnToken } as const) : {};
    return [{ ...at, namespaces: listed(namespaces), operations: undefined, ...own }];
  }
  const { calls, escapes } = new Flow(modules, constants, helper).follow({ script, node });
  return [
    { ...at, namespaces: listed(namespaces), operations: escapes ? undefined : [] },
    ...calls.map((call) => {
      const inCall = namespacesOfCall(constants, call.at, namespaces);
      const [operations] = [operationOf(call.method)];
      return {
        file: call.at.script.path,
        line: lineOf(call.at.node),
        namespaces: listed(inCall),
        operations: operations === undefined ? undefined : [operations],
      };
    }),
  ];
}

function operationOf(method: string): Operation | undefined {
  const [, kind] = /^(get|put|delete)(?:Text|Json|Binary|Stream)?(?:NoWait)?$/.exec(method) ?? [];
  if (kind === undefined) return undefined;
  return kind === "get" ? "r" : kind === "put" ? "w" : "d";
}

/** What the constructor gets: `{ namespace, group }`, or the namespace alone. */
function namespacesOf(
  constants: Constants,
  script: Script,
  arg: Node | undefined,
): { readonly namespaces: Values | undefined; readonly hasOwnToken?: boolean } {
  if (arg === undefined || nameOf(arg) === "undefined") return { namespaces: new Set([defaultNamespace]) };
  const object = constants.object({ script, node: arg });
  if (object === undefined) return { namespaces: constants.texts({ script, node: arg }) };
  const token = constants.member(object, "token_override");
  return {
    namespaces: memberTexts(constants, object, new Set([defaultNamespace])),
    hasOwnToken: token !== "absent",
  };
}

/** A call can name a namespace of its own. */
function namespacesOfCall(
  constants: Constants,
  { script, node }: At,
  own: Values | undefined,
): Values | undefined {
  const [arg] = node.arguments as Node[];
  if (arg === undefined || constants.texts({ script, node: arg }) !== undefined) return own;
  const object = constants.object({ script, node: arg });
  return object && memberTexts(constants, object, own);
}

function memberTexts(constants: Constants, object: At, otherwise: Values | undefined): Values | undefined {
  const member = constants.member(object, "namespace");
  if (member === "absent") return otherwise;
  return member && constants.texts(member);
}

function enclosingClass(script: Script, node: Node): Node | undefined {
  const parent = script.parents.get(node);
  if (parent === undefined) return undefined;
  return /^Class(?:Declaration|Expression)$/.test(parent.type) ? parent : enclosingClass(script, parent);
}

/** Within the class itself, and not in one that inherits from it. */
function isInHelper(helper: Helper, script: Script, node: Node): boolean {
  const around = enclosingClass(script, node);
  if (around === undefined) return false;
  return (helper.isHelperClass(script, around) && !around.superClass) || isInHelper(helper, script, around);
}

function listed(values: Values | undefined): string[] | undefined {
  return values && [...values].sort();
}

function unique(uses: readonly CodeUse[]): CodeUse[] {
  return [...new Map(uses.map((use) => [JSON.stringify([use, use.operations === undefined]), use])).values()];
}
