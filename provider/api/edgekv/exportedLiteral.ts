/** The value of a literal that a module exports. The module is read, never run. */
import {
  type AnyNode,
  type Expression,
  type Identifier,
  type Literal,
  type ModuleDeclaration,
  type Program,
  type Property,
  parse,
  type SpreadElement,
  type Statement,
  type TemplateLiteral,
} from "acorn";
import { bounded, computed, LiteralError, lineOf } from "./literalError";

/** An object of a module: its members by name. */
export type LiteralObject = ReadonlyMap<string, Literally>;
export type Literally = string | number | boolean | null | undefined | readonly Literally[] | LiteralObject;

type Body = Statement | ModuleDeclaration;

/**
 * The value that a module exports under a name. Undefined when it exports no such name.
 * Understood are literals, constants that are literals, spreads of them, and `Object.freeze`, `Object.assign`
 * and `JSON.parse` of them.
 */
export function exportedLiteral(text: string, name: string): { readonly value: Literally } | undefined {
  const { body } = parseModule(text);
  const exported = exportedExpression(body, name);
  return exported === undefined ? undefined : { value: new Evaluation(constantsOf(body)).value(exported) };
}

function parseModule(text: string): Program {
  try {
    return parse(text, { ecmaVersion: "latest", sourceType: "module", locations: true });
  } catch (error) {
    // Also what is nested too deep for the parser.
    const { loc } = error as { readonly loc?: { readonly line: number; readonly column: number } };
    const where = loc === undefined ? "" : ` at line ${loc.line}, column ${loc.column + 1}`;
    throw new LiteralError(`is not a module that can be read${where}`);
  }
}

/** What stands behind an export: an expression, or the constant that it names. */
function exportedExpression(body: readonly Body[], name: string): Expression | undefined {
  for (const node of body) {
    if (node.type !== "ExportNamedDeclaration" || node.source) continue;
    const found = node.specifiers.find(({ exported }) => nameOf(exported) === name);
    if (found?.local.type === "Identifier") return found.local;
    if (node.declaration?.type !== "VariableDeclaration") continue;
    const declared = node.declaration.declarations.find(({ id }) => isNamed(id, name));
    if (declared?.id.type === "Identifier") return declared.id;
  }
  return undefined;
}

/** The values of the module's variables. Each is set once. */
function constantsOf(body: readonly Body[]): ReadonlyMap<string, Expression> {
  const constants = new Map<string, Expression>();
  const set = (name: string, value: Expression, node: AnyNode) => {
    if (constants.has(name)) throw new LiteralError(`sets ${name} twice${lineOf(node)}`);
    constants.set(name, value);
  };
  for (const node of body) {
    const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : node;
    if (declaration?.type === "VariableDeclaration") {
      for (const { id, init } of declaration.declarations)
        if (id.type === "Identifier" && init) set(id.name, init, id);
    }
    if (declaration?.type !== "ExpressionStatement" || declaration.directive) continue;
    const { expression } = declaration;
    if (isCommonJs(expression)) continue;
    // What is changed later would be missed.
    if (
      expression.type !== "AssignmentExpression" ||
      expression.operator !== "=" ||
      expression.left.type !== "Identifier"
    )
      throw computed(expression);
    set(expression.left.name, expression.right, expression.left);
  }
  return constants;
}

/** An assignment to `exports`, or a call with it: no EdgeWorker could import that. */
function isCommonJs(node: Expression): boolean {
  if (node.type === "CallExpression") return node.arguments.some((one) => isNamed(one, "exports"));
  if (node.type !== "AssignmentExpression" || node.left.type !== "MemberExpression") return false;
  const { object } = node.left;
  return isNamed(object, "exports") || isNamed(object, "module") || isCommonJsMember(object);
}

/** `module.exports`. */
function isCommonJsMember(node: { readonly type: string }): boolean {
  const { object } = node as { readonly object?: { readonly type: string } };
  return node.type === "MemberExpression" && object !== undefined && isNamed(object, "module");
}

class Evaluation {
  /** Constants whose values are being read: one that needs itself has none. */
  readonly #open = new Set<string>();
  /** Expressions that are still read: each constant may be made of the one before, twice. */
  #left = 100_000;

  constructor(private readonly constants: ReadonlyMap<string, Expression>) {}

  value(node: Expression): Literally {
    this.#left -= 1;
    if (this.#left < 0) throw new LiteralError(`has more to read than a literal${lineOf(node)}`);
    switch (node.type) {
      case "Literal":
        return this.#literal(node);
      case "TemplateLiteral":
        return this.#template(node);
      case "Identifier":
        return this.#constant(node);
      case "ParenthesizedExpression":
        return this.value(node.expression);
      case "ObjectExpression":
        return this.#object(node.properties);
      case "ArrayExpression":
        return node.elements.map((one) => {
          if (one === null || one.type === "SpreadElement") throw computed(one ?? node);
          return this.value(one);
        });
      case "UnaryExpression":
        // `!0`, `!1` and `void 0`, as a minifier writes them.
        if (node.argument.type !== "Literal" || !["!", "void"].includes(node.operator)) throw computed(node);
        return node.operator === "void" ? undefined : !node.argument.value;
      case "BinaryExpression":
        return this.#joined(node);
      case "CallExpression":
        return this.#call(node);
      default:
        throw computed(node);
    }
  }

  #template(node: TemplateLiteral): string {
    const { quasis, expressions } = node;
    const texts = expressions.map((one) => {
      const value = this.value(one);
      if (typeof value !== "string") throw computed(one);
      return value;
    });
    return bounded(quasis.map(({ value }, at) => (value.cooked ?? "") + (texts[at] ?? "")).join(""), node);
  }

  #literal(node: Literal): Literally {
    const { value } = node;
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value as Literally;
    throw computed(node);
  }

  #constant(node: Identifier): Literally {
    if (node.name === "undefined") return undefined;
    const init = this.constants.get(node.name);
    if (init === undefined || this.#open.has(node.name)) throw computed(node);
    this.#open.add(node.name);
    const value = this.value(init);
    this.#open.delete(node.name);
    return value;
  }

  #object(properties: readonly (Property | SpreadElement)[]): LiteralObject {
    const members = new Map<string, Literally>();
    const own = new Set<string>();
    for (const property of properties) {
      if (property.type === "SpreadElement") {
        for (const [name, member] of this.#members(property.argument)) members.set(name, member);
        continue;
      }
      if (property.kind !== "init" || property.method) throw computed(property);
      const name = this.#name(property);
      if (own.has(name)) throw new LiteralError(`has the name ${name} twice${lineOf(property)}`);
      own.add(name);
      const value = this.value(property.value);
      // Written like this, it sets the prototype, and is no member.
      if (name === "__proto__" && !property.computed && !property.shorthand) continue;
      members.set(name, value);
    }
    return members;
  }

  #name({ key, computed: isComputed }: Property): string {
    const name = isComputed ? this.value(key as Expression) : nameOf(key);
    if (typeof name !== "string" && typeof name !== "number") throw computed(key);
    return String(name);
  }

  #members(node: Expression): LiteralObject {
    const value = this.value(node);
    if (!(value instanceof Map)) throw computed(node);
    return value as LiteralObject;
  }

  /** Texts that a formatter cut in two. */
  #joined(node: Expression & { type: "BinaryExpression" }): string {
    const parts =
      node.left.type === "PrivateIdentifier" ? [] : [this.value(node.left), this.value(node.right)];
    if (node.operator !== "+" || parts.length === 0 || parts.some((part) => typeof part !== "string"))
      throw computed(node);
    return bounded(parts.join(""), node);
  }

  /** What bundlers and careful authors put around a literal. */
  #call(node: Expression & { type: "CallExpression" }): Literally {
    const { callee, arguments: args } = node;
    const name =
      callee.type === "MemberExpression" && callee.object.type === "Identifier" && !callee.computed
        ? `${callee.object.name}.${nameOf(callee.property)}`
        : "";
    const [first, ...others] = args;
    if (first === undefined || args.some(({ type }) => type === "SpreadElement")) throw computed(node);
    if (/^Object\.(?:freeze|seal)$/.test(name) && others.length === 0) return this.value(first as Expression);
    if (name === "Object.assign")
      return new Map(args.flatMap((one) => [...this.#members(one as Expression)]));
    const text = name === "JSON.parse" && others.length === 0 ? this.value(first as Expression) : undefined;
    if (typeof text !== "string") throw computed(node);
    // JSON is an expression of the language.
    return new Evaluation(new Map()).value(parseExpression(text, node));
  }
}

function parseExpression(text: string, node: AnyNode): Expression {
  const [statement] = parseModule(`(${text})`).body;
  if (statement?.type !== "ExpressionStatement") throw computed(node);
  return statement.expression;
}

function nameOf(node: { readonly type: string }): string | undefined {
  const { name, value } = node as { readonly name?: unknown; readonly value?: unknown };
  if (node.type === "Identifier") return String(name);
  return node.type === "Literal" ? String(value) : undefined;
}

function isNamed(node: { readonly type: string }, name: string): boolean {
  return node.type === "Identifier" && nameOf(node) === name;
}
