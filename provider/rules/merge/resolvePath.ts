/** Finds the rule that a path of names leads to. */

import { formatPath } from "../formatPath";
import { type Node, nameOf } from "./nodes";

export type Target = { readonly node: Node } | { readonly reason: string };

const maxNames = 20;

/**
 * The rule at the end of a path. The names mean foreign rules. An owned rule counts only where no foreign one has the name, and when the program
 * declares it before: the meaning of a path must not depend on whether later rules exist already.
 */
export function resolvePath(root: Node, path: readonly string[], before: ReadonlySet<unknown>): Target {
  let at = root;
  for (const [depth, name] of path.entries()) {
    const others = at.children.filter(
      ({ state }) => state === "foreign" || state === "container" || state === "copy",
    );
    const own = at.children.filter((child) => child.state === "owned" && before.has(child));
    const named = (nodes: readonly Node[]) => nodes.filter((node) => nameOf(node) === name);
    const candidates = named(others).length > 0 ? named(others) : named(own);
    const [next] = candidates;
    if (next === undefined || candidates.length > 1) {
      const where = depth === 0 ? "at the top level" : `below ${formatPath(path.slice(0, depth))}`;
      if (next !== undefined)
        return { reason: `there are ${candidates.length} rules ${JSON.stringify(name)} ${where}` };
      return {
        reason: `there is no rule ${JSON.stringify(name)} ${where}; ${describeNames([...others, ...own])}`,
      };
    }
    at = next;
  }
  return { node: at };
}

/** Lists the existing names, for a user who mistyped one. */
export function describeNames(nodes: readonly Node[]): string {
  if (nodes.length === 0) return "there are no rules";
  const names = [...new Set(nodes.map(nameOf))].map((name) => JSON.stringify(name));
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : "";
  return `there ${names.length === 1 ? "is" : "are"} ${names.slice(0, maxNames).join(", ")}${more}`;
}
