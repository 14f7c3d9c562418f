/** Where the name of a class stands in code. */
import { asNode, type Node, type Script } from "./syntax";

/** The name of its own declaration. */
export function isDeclared(script: Script, node: Node): boolean {
  const parent = script.parents.get(node);
  return (parent?.id === node || parent?.local === node) && parent.type !== "ExportSpecifier";
}

/** Whether the class stands where nothing but an instance can come of it. */
export function isPlainUse(script: Script, node: Node): boolean {
  const parent = script.parents.get(node);
  switch (parent?.type) {
    case "NewExpression":
      return parent.callee === node;
    case "VariableDeclarator":
      return parent.init === node && asNode(parent.id)?.type === "Identifier";
    case "AssignmentExpression":
      return asNode(parent.left)?.type === "Identifier" || parent.left === node;
    case "ClassDeclaration":
    case "ClassExpression":
      return parent.superClass === node;
    case "UnaryExpression":
      return parent.operator === "typeof" || parent.operator === "!";
    case "BinaryExpression":
    case "ExpressionStatement":
    case "ExportSpecifier":
    case "ExportDefaultDeclaration":
      return true;
    default:
      return false;
  }
}
