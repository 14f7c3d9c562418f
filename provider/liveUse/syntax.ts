/** Syntax trees of scripts: what stands around a node, and which variable a name stands for. */
import type { AnyNode } from "acorn";

/** A node with what acorn gives each of them. Members are read by name: code in a bundle may have any of them. */
export interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } } | null | undefined;
  readonly [member: string]: unknown;
}

export function asNode(value: unknown): Node | undefined {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string"
    ? (value as Node)
    : undefined;
}

export function nodeOf(node: AnyNode): Node {
  return node as unknown as Node;
}

/** The nodes right below, in the order of the text. */
export function childrenOf(node: Node): Node[] {
  return Object.entries(node).flatMap(([member, value]) => {
    if (member === "loc" || member === "type") return [];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => asNode(one) ?? []);
  });
}

export function lineOf(node: Node): number {
  return node.loc?.start.line ?? 1;
}

/** The name of a member, of a key, or of something imported; undefined when it has to be computed. */
export function nameOf(value: unknown): string | undefined {
  const node = asNode(value);
  if (node === undefined) return undefined;
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return String(node.name);
  if (node.type === "Literal") return String(node.value);
  return undefined;
}

/** A variable: what it was set to, and where its name stands. */
export interface Binding {
  readonly name: string;
  readonly kind: "variable" | "function" | "class" | "import" | "unknown";
  /** The function, the class or the specifier of the import. */
  readonly declaration: Node | undefined;
  /** What it is set to, wherever that is. */
  readonly values: Node[];
  /** Whether it may have other values than those. */
  isOpen: boolean;
  /** Where the name stands, declarations aside. */
  readonly references: Node[];
}

/** A script, read as a module. */
export interface Script {
  readonly path: string;
  readonly program: Node;
  readonly parents: ReadonlyMap<Node, Node>;
  /** The variable that a name stands for; undefined for what the platform has. */
  readonly bindings: ReadonlyMap<Node, Binding>;
  readonly topLevel: ReadonlyMap<string, Binding>;
}

type Scope = {
  readonly names: Map<string, Binding>;
  readonly outer: Scope | undefined;
  readonly isFunction: boolean;
};

const functions = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const blocks = new Set([
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "CatchClause",
  "SwitchStatement",
  "StaticBlock",
  "ClassExpression",
  "ClassDeclaration",
]);

export function isFunction(node: Node | undefined): boolean {
  return node !== undefined && functions.has(node.type);
}

/** Reads which name stands for which variable. */
export function scriptOf(path: string, program: Node): Script {
  const parents = new Map<Node, Node>();
  const scopes = new Map<Node, Scope>();
  const bindings = new Map<Node, Binding>();
  const top: Scope = { names: new Map(), outer: undefined, isFunction: true };

  const declare = (scope: Scope, id: Node, kind: Binding["kind"], declaration?: Node): Binding => {
    const name = String(id.name);
    const known = scope.names.get(name);
    const binding = known ?? {
      name,
      kind,
      declaration,
      values: [],
      isOpen: kind === "unknown",
      references: [],
    };
    scope.names.set(name, binding);
    bindings.set(id, binding);
    return binding;
  };
  /** Names in a pattern: what they get is known only when the pattern is a name. */
  const declarePattern = (scope: Scope, pattern: Node, value: Node | undefined, isOpen: boolean) => {
    if (pattern.type === "Identifier") {
      const binding = declare(scope, pattern, "variable");
      if (value !== undefined) binding.values.push(value);
      binding.isOpen ||= isOpen;
      return;
    }
    for (const inner of namesIn(pattern)) declare(scope, inner, "variable").isOpen = true;
  };
  const enclosing = (scope: Scope): Scope =>
    scope.isFunction || scope.outer === undefined ? scope : enclosing(scope.outer);

  const enter = (node: Node, outer: Scope): void => {
    let scope = outer;
    if (isFunction(node)) {
      if (node.type === "FunctionDeclaration") {
        const id = asNode(node.id);
        if (id !== undefined) declare(outer, id, "function", node);
      }
      scope = { names: new Map(), outer, isFunction: true };
      const own = node.type === "FunctionExpression" ? asNode(node.id) : undefined;
      if (own !== undefined) declare(scope, own, "function", node);
      for (const parameter of (node.params as Node[]) ?? [])
        for (const id of namesIn(parameter)) declare(scope, id, "unknown");
    } else if (blocks.has(node.type)) {
      const id = asNode(node.id);
      if (node.type === "ClassDeclaration" && id !== undefined) declare(outer, id, "class", node);
      scope = { names: new Map(), outer, isFunction: node.type === "StaticBlock" };
      if (node.type === "ClassExpression" && id !== undefined) declare(scope, id, "class", node);
      const caught = node.type === "CatchClause" ? asNode(node.param) : undefined;
      for (const one of caught === undefined ? [] : namesIn(caught)) declare(scope, one, "unknown");
    } else if (node.type === "VariableDeclaration") {
      const target = node.kind === "var" ? enclosing(outer) : outer;
      const loop = parents.get(node)?.type ?? "";
      const isLoop = loop === "ForInStatement" || loop === "ForOfStatement";
      for (const one of node.declarations as Node[])
        declarePattern(target, one.id as Node, asNode(one.init), isLoop);
    } else if (/^Import.*Specifier$/.test(node.type)) {
      declare(outer, node.local as Node, "import", node);
    }
    scopes.set(node, scope);
    for (const child of childrenOf(node)) {
      parents.set(child, node);
      enter(child, scope);
    }
  };
  enter(program, top);

  const resolve = (name: string, scope: Scope | undefined): Binding | undefined =>
    scope === undefined ? undefined : (scope.names.get(name) ?? resolve(name, scope.outer));
  const use = (node: Node): void => {
    if (node.type === "Identifier" && !bindings.has(node) && isReference(node, parents.get(node))) {
      const binding = resolve(String(node.name), scopes.get(node));
      if (binding !== undefined) {
        bindings.set(node, binding);
        assign(node, binding, parents);
      }
    }
    for (const child of childrenOf(node)) use(child);
  };
  use(program);
  return { path, program, parents, bindings, topLevel: top.names };
}

/** Whether an identifier stands for a variable. */
function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed === true;
  if (parent.type === "Property") return parent.value === node || parent.computed === true;
  if (parent.type === "PropertyDefinition" || parent.type === "MethodDefinition")
    return parent.value === node || parent.computed === true;
  if (parent.type === "ExportSpecifier") return parent.local === node;
  return !/^(?:Import|LabeledStatement|BreakStatement|ContinueStatement|MetaProperty|ExportAll)/.test(
    parent.type,
  );
}

/** An assignment gives the variable a value. Everything else is a reference. */
function assign(node: Node, binding: Binding, parents: ReadonlyMap<Node, Node>): void {
  const parent = parents.get(node);
  if (parent?.type === "AssignmentExpression" && parent.left === node) {
    if (parent.operator === "=" || parent.operator === "??=" || parent.operator === "||=")
      binding.values.push(parent.right as Node);
    else binding.isOpen = true;
  } else if (parent?.type === "UpdateExpression" || isTarget(node, parents)) binding.isOpen = true;
  else binding.references.push(node);
}

/** Whether a destructuring assignment or a loop sets it. */
function isTarget(node: Node, parents: ReadonlyMap<Node, Node>): boolean {
  const parent = parents.get(node);
  if (parent === undefined) return false;
  if (/^For(?:In|Of)Statement$/.test(parent.type)) return parent.left === node;
  const isPattern = /Pattern$|^RestElement$/.test(parent.type);
  const around = parents.get(parent);
  if (parent.type === "AssignmentPattern") return parent.left === node;
  return (
    isPattern || (parent.type === "Property" && around?.type === "ObjectPattern" && parent.value === node)
  );
}

/** The names that a pattern declares. */
function namesIn(pattern: Node): Node[] {
  if (pattern.type === "Identifier") return [pattern];
  if (pattern.type === "Property") return namesIn(pattern.value as Node);
  if (pattern.type === "AssignmentPattern") return namesIn(pattern.left as Node);
  return childrenOf(pattern).flatMap(namesIn);
}
