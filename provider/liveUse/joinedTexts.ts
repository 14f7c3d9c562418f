/** Texts that code puts together of literals: what is searched for may be in none of its parts. */
import { allIn } from "./constants";
import { asNode, type Node, nameOf } from "./syntax";

/** Parts within parts. Generated code may have chains of any length. */
const maxDepth = 100;

/** Every text that is put together in a script. */
export function wholeTexts(program: Node): string[] {
  return allIn(program).flatMap((node) => {
    const text = node.type === "Literal" ? undefined : textOf(node);
    return text === undefined ? [] : [text];
  });
}

function textOf(node: Node | undefined, depth = 0): string | undefined {
  if (node === undefined || depth > maxDepth) return undefined;
  const of = (one: unknown) => textOf(asNode(one), depth + 1);
  switch (node.type) {
    case "Literal":
      return String(node.value);
    case "BinaryExpression":
      return node.operator === "+" ? joined([of(node.left), of(node.right)]) : undefined;
    case "TemplateLiteral": {
      const texts = (node.expressions as Node[]).map(of);
      return joined(
        (node.quasis as Node[]).flatMap((quasi, index) => [
          cookedOf(quasi),
          index < texts.length ? texts[index] : "",
        ]),
      );
    }
    case "CallExpression": {
      const { elements, by } = joinOf(node);
      return elements && joined(elements.map(of), by === undefined ? "," : (of(by) ?? ","));
    }
    default:
      return undefined;
  }
}

/** `["a", "b"].join("-")`. */
function joinOf(node: Node): { readonly elements?: readonly unknown[]; readonly by?: Node | undefined } {
  const callee = asNode(node.callee);
  const list = callee?.type === "MemberExpression" ? asNode(callee.object) : undefined;
  if (list?.type !== "ArrayExpression" || nameOf(callee?.property) !== "join") return {};
  return { elements: list.elements as readonly unknown[], by: (node.arguments as Node[])[0] };
}

function joined(parts: readonly (string | undefined)[], by = ""): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join(by);
}

function cookedOf(quasi: Node): string {
  return String((quasi.value as { readonly cooked?: unknown }).cooked ?? "");
}
