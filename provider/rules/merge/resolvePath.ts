/** Follows the names that a program gives for the rules above one of its rules. */
import { type Node, nameOf, pathText } from "./nodes";

export type Target = { readonly node: Node } | { readonly reason: string };

const mostNames = 20;

/**
 * The rule at the end of a path. The names are those of rules of others; one of this resource is only meant where no other has the name, and when
 * the program had it before: what a path means must not depend on whether the rules that come later are there already.
 */
export function follow(root: Node, path: readonly string[], before: ReadonlySet<unknown>): Target {
  let at = root;
  for (const [depth, name] of path.entries()) {
    const others = at.children.filter(({ state }) => state === "foreign" || state === "shell" || state === "copy");
    const own = at.children.filter((child) => child.state === "owned" && before.has(child));
    const named = (nodes: readonly Node[]) => nodes.filter((node) => nameOf(node) === name);
    const candidates = named(others).length > 0 ? named(others) : named(own);
    const [next] = candidates;
    if (next === undefined || candidates.length > 1) {
      const where = depth === 0 ? "at the top level" : `below ${pathText(path.slice(0, depth))}`;
      if (next !== undefined) return { reason: `there are ${candidates.length} rules ${JSON.stringify(name)} ${where}` };
      return { reason: `there is no rule ${JSON.stringify(name)} ${where}; ${whatThereIs([...others, ...own])}` };
    }
    at = next;
  }
  return { node: at };
}

/** For people who look for the right name. */
export function whatThereIs(nodes: readonly Node[]): string {
  if (nodes.length === 0) return "there are no rules";
  const names = [...new Set(nodes.map(nameOf))].map((name) => JSON.stringify(name));
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  return `there ${names.length === 1 ? "is" : "are"} ${names.slice(0, mostNames).join(", ")}${more}`;
}
