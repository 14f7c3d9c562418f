/** Where an object goes in the code: which of its methods are called, and whether it goes where that can't be followed. */
import { type At, allIn, type Constants } from "./constants";
import type { Helper } from "./helper";
import type { Modules } from "./modules";
import { asNode, type Binding, isFunction, type Node, nameOf, type Script } from "./syntax";

export interface Call {
  readonly method: string;
  /** The call, with its arguments. */
  readonly at: At;
}

export class Flow {
  readonly #calls: Call[] = [];
  #escapes = false;
  readonly #seen = new Set<unknown>();

  constructor(
    private readonly modules: Modules,
    private readonly constants: Constants,
    private readonly helper: Helper,
  ) {}

  follow(made: At): { readonly calls: readonly Call[]; readonly escapes: boolean } {
    this.#expression(made.script, made.node);
    return { calls: this.#calls, escapes: this.#escapes };
  }

  /** The object is the value of an expression. */
  #expression(script: Script, node: Node): undefined {
    if (this.#seen.has(node)) return;
    this.#seen.add(node);
    const parent = script.parents.get(node);
    switch (parent?.type) {
      case "MemberExpression":
        return parent.object === node ? this.#member(script, parent) : this.#escape();
      case "ExpressionStatement":
      case "UnaryExpression":
      case "BinaryExpression":
      case "IfStatement":
      // What imports them is followed from there.
      case "ExportSpecifier":
        return;
      case "ExportDefaultDeclaration":
        return this.#elsewhere(node);
      case "VariableDeclarator":
        return this.#assign(script, parent.id as Node);
      case "AssignmentExpression":
        this.#assign(script, parent.left as Node);
        return this.#expression(script, parent);
      case "PropertyDefinition":
        return parent.value === node && parent.computed !== true
          ? this.#field(script, parent.key as Node)
          : this.#escape();
      case "AwaitExpression":
      case "ChainExpression":
      case "LogicalExpression":
        return this.#expression(script, parent);
      case "ConditionalExpression":
        return parent.test === node ? undefined : this.#expression(script, parent);
      case "SequenceExpression":
        return (parent.expressions as Node[]).at(-1) === node ? this.#expression(script, parent) : undefined;
      case "ArrowFunctionExpression":
        return this.#result(script, parent);
      case "ReturnStatement":
        return this.#result(script, enclosingFunction(script, parent));
      default:
        return this.#escape();
    }
  }

  #escape(): undefined {
    this.#escapes = true;
  }

  #member(script: Script, member: Node): undefined {
    const method = this.constants.memberName({ script, node: member });
    const around = script.parents.get(member);
    if (method === undefined || around?.type !== "CallExpression" || around.callee !== member)
      return this.#escape();
    this.#calls.push({ method, at: { script, node: around } });
  }

  #assign(script: Script, target: Node): undefined {
    if (target.type === "Identifier") {
      const binding = script.bindings.get(target);
      return binding === undefined ? this.#escape() : this.#variable(script, binding);
    }
    const isOwn = target.type === "MemberExpression" && asNode(target.object)?.type === "ThisExpression";
    return isOwn && target.computed !== true ? this.#field(script, target.property as Node) : this.#escape();
  }

  #variable(script: Script, binding: Binding): undefined {
    if (this.#seen.has(binding)) return;
    this.#seen.add(binding);
    for (const reference of binding.references) this.#expression(script, reference);
    this.#elsewhere(binding);
  }

  #elsewhere(what: object): undefined {
    for (const { script, node } of this.helper.elsewhere(what)) this.#expression(script, node);
  }

  /** A member of objects: whatever has a member of that name may be it. */
  #field(script: Script, key: Node): undefined {
    const name = nameOf(key);
    const scripts = key.type === "PrivateIdentifier" ? [script] : [...this.modules.scripts.values()];
    for (const one of scripts) {
      for (const node of allIn(one.program)) {
        const isField =
          node.type === "MemberExpression" &&
          node.computed !== true &&
          asNode(node.property)?.type === key.type &&
          nameOf(node.property) === name;
        const parent = one.parents.get(node);
        const isTarget = parent?.type === "AssignmentExpression" && parent.left === node;
        if (isField && !isTarget) this.#expression(one, node);
        // Taken out of its object by name.
        else if (
          node.type === "ObjectPattern" &&
          (node.properties as Node[]).some((member) => nameOf(member.key) === name)
        )
          this.#escape();
      }
    }
  }

  /** The object is what a function returns. */
  #result(script: Script, made: Node | undefined): undefined {
    if (made === undefined || !isFunction(made)) return this.#escape();
    const declarator = script.parents.get(made);
    const id =
      made.type === "FunctionDeclaration"
        ? asNode(made.id)
        : declarator?.type === "VariableDeclarator"
          ? asNode(declarator.id)
          : undefined;
    const binding = id && script.bindings.get(id);
    if (binding === undefined || binding.isOpen || binding.values.length > 1) return this.#escape();
    if (this.#seen.has(binding)) return;
    this.#seen.add(binding);
    const references = [
      ...binding.references.map((node) => ({ script, node })),
      ...this.helper.elsewhere(binding),
    ];
    for (const { script: where, node } of references) {
      const parent = where.parents.get(node);
      if (parent?.type === "ExportSpecifier") continue;
      if (parent?.type !== "CallExpression" || parent.callee !== node) this.#escape();
      else this.#expression(where, parent);
    }
  }
}

function enclosingFunction(script: Script, node: Node): Node | undefined {
  const parent = script.parents.get(node);
  return parent === undefined || isFunction(parent) ? parent : enclosingFunction(script, parent);
}
