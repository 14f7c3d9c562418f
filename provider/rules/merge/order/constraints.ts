/** The order that the program wants among the rules below one rule: which of two comes first. */
import { canonical } from "../../../framework/canonical";
import { type Node, nameOf } from "../nodes";
import { describeNames } from "../resolvePath";

export interface Siblings {
  /** Nodes that are below the rule and stay, in their order. */
  readonly current: readonly Node[];
  /** Nodes that the program declares below the rule, in its order: some of `current`, and new ones. */
  readonly declared: readonly Node[];
}

/** A position that can't be met. */
export interface Unmet {
  readonly node: Node;
  readonly reason: string;
}

export interface Constraints {
  /** One of the two has to be an owned node. */
  mustPrecede(a: Node, b: Node): boolean;
  /** The node that the position of a node names. */
  anchorOf(node: Node): Node | undefined;
  readonly unmet: readonly Unmet[];
}

export function constraintsOf({ current, declared }: Siblings): Constraints {
  const firstOfOthers = current.find(({ state }) => state !== "owned");
  const siblings = [...new Set([...current, ...declared])];
  const graph = precedence();
  const anchors = new Map<Node, Node>();
  const unmet: Unmet[] = [];
  const samePosition = new Map<string, Node[]>();
  for (const node of declared) {
    const position = node.owned?.position;
    const anchor =
      position !== undefined && !("first" in position) ? anchorIn(siblings, node, position) : undefined;
    if (anchor !== undefined && "reason" in anchor) {
      unmet.push({ node, reason: anchor.reason });
      continue;
    }
    const [a, b] =
      position !== undefined && "after" in position
        ? [anchor?.node, node]
        : [node, anchor?.node ?? (position && firstOfOthers)];
    if (!graph.add(a, b)) {
      unmet.push({ node, reason: "the positions of the rules there contradict each other" });
      continue;
    }
    if (anchor !== undefined) anchors.set(node, anchor.node);
    const group = canonical(position);
    samePosition.set(group, [...(samePosition.get(group) ?? []), node]);
  }
  // Among those with the same position, the order is that of the program.
  for (const group of samePosition.values())
    for (const [index, node] of group.entries()) graph.add(group[index - 1], node);
  return { mustPrecede: graph.closed(), anchorOf: (node) => anchors.get(node), unmet };
}

type Anchor = { readonly node: Node } | { readonly reason: string };

function anchorIn(
  siblings: readonly Node[],
  node: Node,
  position: { readonly before: string } | { readonly after: string },
): Anchor {
  const [word, name] = "before" in position ? ["before", position.before] : ["after", position.after];
  const others = siblings.filter((other) => other !== node);
  const named = others.filter((other) => nameOf(other) === name);
  const [found] = named;
  if (found !== undefined && named.length === 1) return { node: found };
  const requirement = `it must be ${word} ${JSON.stringify(name)}`;
  return {
    reason:
      found === undefined
        ? `${requirement}; beside it ${describeNames(others)}`
        : `${requirement}, and ${named.length} rules beside it have that name`,
  };
}

interface Precedence {
  /** False when `a` before `b` contradicts the others; it is left out then. With only one of the two there is nothing to add. */
  add(a: Node | undefined, b: Node | undefined): boolean;
  closed(): (a: Node, b: Node) => boolean;
}

function precedence(): Precedence {
  const [after, before] = [new Map<Node, Node[]>(), new Map<Node, Node[]>()];
  return {
    add: (a, b) => {
      if (a === undefined || b === undefined) return true;
      if (a === b || reachable(b, after).has(a)) return false;
      after.set(a, [...(after.get(a) ?? []), b]);
      before.set(b, [...(before.get(b) ?? []), a]);
      return true;
    },
    closed: () => {
      const [afterOurs, beforeOurs] = [new Map<Node, Set<Node>>(), new Map<Node, Set<Node>>()];
      // Start from the owned node: there may be many foreign ones.
      return (a, b) =>
        a.state === "owned" ? reached(a, after, afterOurs).has(b) : reached(b, before, beforeOurs).has(a);
    },
  };
}

function reached(
  from: Node,
  edges: ReadonlyMap<Node, readonly Node[]>,
  known: Map<Node, Set<Node>>,
): ReadonlySet<Node> {
  const all = known.get(from) ?? reachable(from, edges);
  known.set(from, all);
  return all;
}

function reachable(from: Node, edges: ReadonlyMap<Node, readonly Node[]>): Set<Node> {
  const all = new Set<Node>();
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const next of edges.get(node) ?? []) {
      if (all.has(next)) continue;
      all.add(next);
      open.push(next);
    }
  }
  return all;
}
