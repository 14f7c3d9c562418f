/** Whether code changes an object after it was made: then its literal does not tell what it has. */
import { asNode, type Binding, type Node, nameOf, type Script } from "./syntax";

/** Calls that change nothing of what they get: those of the platform, and those of Akamai's library. */
const harmless = /^(?:freeze|seal|keys|values|entries|stringify|log|info|warn|error|(?:get|put|delete)\w*)$/;

/** The variable that an expression begins with: `config` of `config.kv.namespace`. */
export function rootOf(node: Node): Node | undefined {
  if (node.type === "Identifier") return node;
  const object = node.type === "MemberExpression" ? asNode(node.object) : undefined;
  return object && rootOf(object);
}

/** Whether an object of the variable is changed where its name stands, or handed on to what may change it. */
export function isChange(script: Script, node: Node, origin: Binding): boolean {
  const parent = script.parents.get(node);
  switch (parent?.type) {
    case "MemberExpression":
      return parent.object === node && isChange(script, parent, origin);
    case "CallExpression":
      return parent.callee !== node && !isHarmless(parent) && isObject(node, origin);
    case "VariableDeclarator":
      return parent.init === node && isSetThrough(script, asNode(parent.id));
    default:
      return isSet(script, node);
  }
}

/** A member is set or taken out. The variable itself may have another value, which is known. */
function isSet(script: Script, node: Node): boolean {
  const parent = script.parents.get(node);
  if (parent?.type === "MemberExpression") return parent.object === node && isSet(script, parent);
  if (node.type !== "MemberExpression") return false;
  if (parent?.type === "AssignmentExpression") return parent.left === node;
  return (
    parent?.type === "UpdateExpression" ||
    (parent?.type === "UnaryExpression" && parent.operator === "delete")
  );
}

/** Whether another name of the object sets a member. */
function isSetThrough(script: Script, id: Node | undefined): boolean {
  const binding = id?.type === "Identifier" ? script.bindings.get(id) : undefined;
  return (binding?.references ?? []).some((one) => isSet(script, one));
}

function isHarmless({ callee }: Node): boolean {
  const called = asNode(callee);
  return called?.type === "MemberExpression" && harmless.test(nameOf(called.property) ?? "");
}

/** Whether the expression may be an object: a text that is handed on can't be changed. */
function isObject(node: Node, origin: Binding): boolean {
  const [only, ...others] = origin.values;
  const value = only !== undefined && others.length === 0 ? valueAt(node, only) : undefined;
  return value?.type !== "Literal" && value?.type !== "TemplateLiteral";
}

/** What the literal has at the place that the expression names. */
function valueAt(node: Node, literal: Node): Node | undefined {
  if (node.type === "Identifier") return literal;
  const object = asNode(node.object);
  const inner = object && node.computed !== true ? valueAt(object, literal) : undefined;
  if (inner?.type !== "ObjectExpression") return undefined;
  const wanted = nameOf(node.property);
  const found = (inner.properties as Node[]).filter(({ key }) => nameOf(key) === wanted);
  return asNode(found.at(-1)?.value);
}
