/** What a module exports, as far as it shows without running it: authors, formatters and bundlers write the same object in many forms. */
import type { Expression, Program, SpreadElement } from "acorn";
import { parseTables, table } from "../../json";

/** What is known while expressions are read. */
interface Scope {
  /** The expressions that the module's variables are set to, by their names. */
  readonly variables: ReadonlyMap<string, Expression>;
  /** Variables that are being read: one that needs itself has no value. */
  readonly open: Set<string>;
  /** Expressions that are still read: each variable may be made of the one before, twice. */
  left: number;
}

const MOST_EXPRESSIONS = 20_000;
/** Characters of a text that is put together. */
const LONGEST_TEXT = 100_000;

/** The value that a module exports under a name; undefined when it exports none, or one that has to be computed. */
export function exportedValue(program: Program, name: string): unknown {
  const local = localName(program, name);
  if (local === undefined) return undefined;
  const scope: Scope = { variables: variablesOf(program), open: new Set(), left: MOST_EXPRESSIONS };
  const value = variable(local, scope);
  return scope.left < 0 ? undefined : value;
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
function variablesOf({ body }: Program): Scope["variables"] {
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

function variable(name: string, scope: Scope): unknown {
  const init = scope.variables.get(name);
  if (init === undefined || scope.open.has(name)) return undefined;
  scope.open.add(name);
  const value = evaluate(init, scope);
  scope.open.delete(name);
  return value;
}

/** The value of an expression; undefined in place of what would have to be run. */
function evaluate(node: Expression, scope: Scope): unknown {
  scope.left -= 1;
  if (scope.left < 0) return undefined;
  switch (node.type) {
    case "Literal":
      return node.value;
    case "TemplateLiteral":
      return textIn(
        node.quasis.flatMap(({ value }, at) => {
          const part = node.expressions[at];
          return [value.cooked ?? "", part === undefined ? "" : evaluate(part, scope)];
        }),
      );
    case "UnaryExpression":
      // As a minifier writes truth.
      return node.operator === "!" && node.argument.type === "Literal" ? !node.argument.value : undefined;
    case "Identifier":
      return variable(node.name, scope);
    case "BinaryExpression": {
      if (node.left.type === "PrivateIdentifier" || node.operator !== "+") return undefined;
      return textIn([evaluate(node.left, scope), evaluate(node.right, scope)]);
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
          const value = evaluate(property.value, scope);
          // Written like this, it sets the prototype.
          const isMember = key !== "__proto__" || property.computed || property.shorthand;
          return isMember ? [[String(key), value] as const] : [];
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

/** The text of parts that are texts. */
function textIn(parts: readonly unknown[]): string | undefined {
  const texts = parts.filter((part) => typeof part === "string");
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  return texts.length < parts.length || length > LONGEST_TEXT ? undefined : texts.join("");
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
