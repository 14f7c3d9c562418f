/** What a module exports, as far as it shows without running it: authors, formatters and bundlers write the same object in many forms. */
import type { Expression, Program, SpreadElement } from "acorn";
import { parseTables, table } from "../../json";

/** The expressions that a module's variables are set to, by their names. */
type Scope = ReadonlyMap<string, Expression>;

/** The value that a module exports under a name; undefined when it exports none, or one that has to be computed. */
export function exportedValue(program: Program, name: string): unknown {
  const local = localName(program, name);
  return local === undefined ? undefined : variable(local, scopeOf(program));
}

/** The name inside of the module of what it exports. */
function localName({ body }: Program, name: string): string | undefined {
  for (const node of body) {
    if (node.type !== "ExportNamedDeclaration" || node.source) continue;
    for (const { local, exported } of node.specifiers) if (textOf(exported) === name) return textOf(local);
    const declared = node.declaration?.type === "VariableDeclaration" ? node.declaration.declarations : [];
    if (declared.some(({ id }) => textOf(id) === name)) return name;
  }
  return undefined;
}

/** As a module has them at its end: the last value counts. */
function scopeOf({ body }: Program): Scope {
  const scope = new Map<string, Expression>();
  for (const node of body) {
    const inner = node.type === "ExportNamedDeclaration" ? node.declaration : node;
    if (inner?.type === "VariableDeclaration")
      for (const { id, init } of inner.declarations) if (init) scope.set(textOf(id) ?? "", init);
    if (inner?.type !== "ExpressionStatement" || inner.expression.type !== "AssignmentExpression") continue;
    const { left, right, operator } = inner.expression;
    if (left.type === "Identifier" && operator === "=") scope.set(left.name, right);
  }
  return scope;
}

/** A variable that needs itself has no value. */
function variable(name: string, scope: Scope): unknown {
  const init = scope.get(name);
  return init && evaluate(init, new Map([...scope].filter(([other]) => other !== name)));
}

/** The value of an expression; undefined in place of what would have to be run. */
function evaluate(node: Expression, scope: Scope): unknown {
  switch (node.type) {
    case "Literal":
      return node.value;
    case "TemplateLiteral":
      return node.expressions.length === 0 ? node.quasis[0]?.value.cooked : undefined;
    case "Identifier":
      return variable(node.name, scope);
    case "BinaryExpression": {
      if (node.left.type === "PrivateIdentifier" || node.operator !== "+") return undefined;
      const parts = [evaluate(node.left, scope), evaluate(node.right, scope)];
      return parts.every((part) => typeof part === "string") ? parts.join("") : undefined;
    }
    case "ArrayExpression":
      return node.elements.map((one) =>
        one && one.type !== "SpreadElement" ? evaluate(one, scope) : undefined,
      );
    case "ObjectExpression":
      return table(
        node.properties.flatMap((property) => {
          if (property.type === "SpreadElement") return membersOf(property.argument, scope);
          if (property.kind !== "init") return [];
          const key = property.computed ? evaluate(property.key as Expression, scope) : textOf(property.key);
          return [[String(key), evaluate(property.value, scope)] as const];
        }),
      );
    case "CallExpression":
      return resultOf(textOf(node.callee), node.arguments, scope);
    default:
      return undefined;
  }
}

/** Of the functions that leave an object as it is, or make one of text. */
function resultOf(
  callee: string | undefined,
  args: readonly (Expression | SpreadElement)[],
  scope: Scope,
): unknown {
  const [first] = args;
  if (first === undefined || first.type === "SpreadElement") return undefined;
  switch (callee) {
    case "Object.freeze":
    case "Object.seal":
      return evaluate(first, scope);
    case "Object.assign":
      return table(args.flatMap((one) => (one.type === "SpreadElement" ? [] : membersOf(one, scope))));
    case "JSON.parse":
      return fromJson(evaluate(first, scope));
    default:
      return undefined;
  }
}

function fromJson(text: unknown): unknown {
  try {
    return parseTables(String(text));
  } catch {
    return undefined;
  }
}

function membersOf(node: Expression, scope: Scope): (readonly [string, unknown])[] {
  const value = evaluate(node, scope);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** What stands in the text: a name, a key, or two names with a dot between them. */
function textOf(node: {
  readonly type: string;
  readonly name?: unknown;
  readonly value?: unknown;
  readonly object?: unknown;
  readonly property?: unknown;
  readonly computed?: unknown;
}): string | undefined {
  if (node.type === "Identifier") return String(node.name);
  if (node.type === "Literal") return String(node.value);
  if (node.type !== "MemberExpression" || node.computed === true) return undefined;
  type Named = Parameters<typeof textOf>[0];
  return `${textOf(node.object as Named)}.${textOf(node.property as Named)}`;
}
