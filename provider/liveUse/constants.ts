/** Values that code has before it runs: literals, constants, and what is put together from them. */
import { isChange, rootOf } from "./changes";
import type { Modules } from "./modules";
import { asNode, type Binding, childrenOf, type Node, nameOf, type Script } from "./syntax";

/** Something that code names. It may have one of several values. */
export type Values = ReadonlySet<string>;

const maxValues = 16;
const maxDepth = 30;
/** Characters of a text that is put together. */
const maxLength = 100_000;
/** Expressions that are read of a bundle: each may be made of another one, many times. After that, nothing can be determined. */
const maxReads = 200_000;

export interface At {
  readonly script: Script;
  readonly node: Node;
}

export class Constants {
  #left = maxReads;
  readonly #changes = new Map<Binding, boolean>();

  constructor(private readonly modules: Modules) {}

  /** All texts that an expression can stand for; undefined when that can't be determined. */
  texts({ script, node }: At, depth = 0): Values | undefined {
    if (this.#isTooMuch(depth)) return undefined;
    const of = (value: unknown): Values | undefined => {
      const inner = asNode(value);
      return inner === undefined ? undefined : this.texts({ script, node: inner }, depth + 1);
    };
    switch (node.type) {
      case "Literal":
        return typeof node.value === "string" || typeof node.value === "number"
          ? new Set([String(node.value)])
          : undefined;
      case "TemplateLiteral": {
        const parts = (node.quasis as Node[]).map((quasi) => new Set([cookedOf(quasi)]));
        const values = (node.expressions as Node[]).map(of);
        return joined(
          parts.flatMap((part, index) => (index < values.length ? [part, values[index]] : [part])),
        );
      }
      case "BinaryExpression":
        return node.operator === "+" ? joined([of(node.left), of(node.right)]) : undefined;
      case "ConditionalExpression":
        return united([of(node.consequent), of(node.alternate)]);
      case "LogicalExpression":
        return united([of(node.left), of(node.right)]);
      case "ParenthesizedExpression":
      case "ChainExpression":
        return of(node.expression);
      case "SequenceExpression":
        return of((node.expressions as Node[]).at(-1));
      case "Identifier":
      case "MemberExpression": {
        const found = this.values({ script, node }, depth + 1);
        return found && united(found.map((one) => this.texts(one, depth + 1)));
      }
      case "CallExpression": {
        const frozen = frozenObject(node);
        return frozen === undefined ? undefined : of(frozen);
      }
      default:
        return undefined;
    }
  }

  /** The object literal that an expression stands for; undefined when that can't be determined. */
  object({ script, node }: At, depth = 0): At | undefined {
    if (this.#isTooMuch(depth)) return undefined;
    if (node.type === "ObjectExpression") return { script, node };
    if (this.#mayChange({ script, node })) return undefined;
    const frozen = frozenObject(node);
    if (frozen !== undefined) return this.object({ script, node: frozen }, depth + 1);
    const found = this.values({ script, node }, depth + 1);
    const [only] = found ?? [];
    return found?.length === 1 && only !== undefined ? this.object(only, depth + 1) : undefined;
  }

  /** What a member of an object literal is set to; `absent` when it has none; undefined when that can't be determined. */
  member({ script, node }: At, name: string, depth = 0): At | "absent" | undefined {
    if (this.#isTooMuch(depth)) return undefined;
    let found: At | "absent" = "absent";
    for (const property of node.properties as Node[]) {
      if (property.type === "SpreadElement") {
        const inner = this.object({ script, node: property.argument as Node }, depth + 1);
        const member = inner && this.member(inner, name, depth + 1);
        if (member === undefined) return undefined;
        if (member !== "absent") found = member;
        continue;
      }
      const key =
        property.computed === true
          ? this.#only({ script, node: property.key as Node })
          : nameOf(property.key);
      if (key === undefined) return undefined;
      if (key !== name) continue;
      // What a getter returns is not read.
      if (property.kind !== "init") return undefined;
      found = { script, node: property.value as Node };
    }
    return found;
  }

  /** What a name or a member was set to, in whatever script. */
  values({ script, node }: At, depth = 0): At[] | undefined {
    if (this.#isTooMuch(depth)) return undefined;
    if (node.type === "Identifier") {
      const binding = script.bindings.get(node);
      return binding && this.#valuesOf(script, binding);
    }
    if (node.type !== "MemberExpression") return undefined;
    const name = this.memberName({ script, node });
    if (name === undefined) return undefined;
    const object = { script, node: node.object as Node };
    const all = this.namespace(object);
    if (all !== undefined) {
      const exported = this.modules.exported(all, name);
      if (exported === undefined || "namespace" in exported) return undefined;
      if ("value" in exported) return [{ script: exported.script, node: exported.value }];
      return this.#valuesOf(exported.script, exported.binding);
    }
    const literal = this.object(object, depth + 1);
    if (literal === undefined) return undefined;
    const member = this.member(literal, name, depth + 1);
    return member === undefined || member === "absent" ? undefined : [member];
  }

  /** The name of the member that an expression takes. */
  memberName({ script, node }: At): string | undefined {
    return node.computed === true
      ? this.#only({ script, node: node.property as Node })
      : nameOf(node.property);
  }

  /** The script whose exports an expression has as one object. */
  namespace({ script, node }: At): Script | undefined {
    if (node.type === "MemberExpression") {
      const name = this.memberName({ script, node });
      const outer = this.namespace({ script, node: node.object as Node });
      const exported = outer && name !== undefined ? this.modules.exported(outer, name) : undefined;
      return exported !== undefined && "namespace" in exported ? exported.script : undefined;
    }
    const binding = node.type === "Identifier" ? script.bindings.get(node) : undefined;
    if (binding?.kind !== "import" || binding.declaration === undefined) return undefined;
    const imported = this.modules.imported(script, binding.declaration);
    return imported !== undefined && "namespace" in imported ? imported.script : undefined;
  }

  #valuesOf(script: Script, binding: Binding): At[] | undefined {
    const found = this.modules.through(script, binding);
    if (found === undefined || "namespace" in found) return undefined;
    if ("value" in found) return [{ script: found.script, node: found.value }];
    const { values, isOpen, kind } = found.binding;
    return kind === "variable" && !isOpen && values.length > 0
      ? values.map((node) => ({ script: found.script, node }))
      : undefined;
  }

  #isTooMuch(depth: number): boolean {
    this.#left -= 1;
    return this.#left < 0 || depth > maxDepth;
  }

  /** Whether code may change the members of an object after it was made, in whatever script. */
  #mayChange({ script, node }: At): boolean {
    const root = rootOf(node);
    const binding = root && script.bindings.get(root);
    if (binding === undefined) return false;
    const made = this.modules.through(script, binding);
    const origin = made !== undefined && "binding" in made ? made.binding : binding;
    const known = this.#changes.get(origin);
    if (known !== undefined) return known;
    const changes = this.modules.referencesTo(origin).some((one) => isChange(one.script, one.node, origin));
    this.#changes.set(origin, changes);
    return changes;
  }

  #only(at: At): string | undefined {
    const found = this.texts(at);
    return found?.size === 1 ? [...found][0] : undefined;
  }
}

/** What `Object.freeze` and `Object.seal` get. */
function frozenObject(node: Node): Node | undefined {
  if (node.type !== "CallExpression") return undefined;
  const callee = asNode(node.callee);
  const isFreeze =
    callee?.type === "MemberExpression" &&
    nameOf(callee.object) === "Object" &&
    /^(?:freeze|seal)$/.test(nameOf(callee.property) ?? "");
  return isFreeze ? (node.arguments as Node[])[0] : undefined;
}

function cookedOf(quasi: Node): string {
  return String((quasi.value as { readonly cooked?: unknown }).cooked ?? "");
}

function united(sets: readonly (Values | undefined)[]): Values | undefined {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const one of set) all.add(one);
  }
  return all.size > maxValues ? undefined : all;
}

function joined(sets: readonly (Values | undefined)[]): Values | undefined {
  let all: Values = new Set([""]);
  for (const set of sets) {
    if (set === undefined) return undefined;
    all = new Set([...all].flatMap((begin) => [...set].map((end) => begin + end)));
    if (all.size > maxValues || [...all].some(({ length }) => length > maxLength)) return undefined;
  }
  return all;
}

/** All nodes below one, itself first. */
export function allIn(node: Node): Node[] {
  const found: Node[] = [node];
  for (const one of found) found.push(...childrenOf(one));
  return found;
}
