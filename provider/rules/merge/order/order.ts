/** Orders the rules below one rule as the program wants them. As few managed rules move as possible, and no foreign ones. */

import type { Node } from "../nodes";
import { type Constraints, constraintsOf, type Siblings, type Unmet } from "./constraints";
import { maximumIndependentSet } from "./maximumIndependentSet";

export interface Ordered {
  readonly nodes: readonly Node[];
  /** Nodes of `current` whose position among the others of `current` changes. */
  readonly moved: readonly Node[];
  readonly unmet: readonly Unmet[];
}

export function order(siblings: Siblings): Ordered {
  const { current, declared } = siblings;
  const constraints = constraintsOf(siblings);
  const unmoved = unmovedIn(siblings, constraints);
  const nodes = current.filter((node) => unmoved.has(node));
  const remaining = new Set(declared.filter((node) => !unmoved.has(node)));
  const insert = (node: Node): void => {
    if (!remaining.delete(node)) return;
    const anchor = constraints.anchorOf(node);
    // Its anchor has to be inserted before it.
    if (anchor !== undefined) insert(anchor);
    nodes.splice(insertionIndex(node, nodes, constraints, current.includes(node)), 0, node);
  };
  for (const node of declared) insert(node);
  const before = nodes.filter((node) => current.includes(node));
  const moved = before.every((node, index) => node === current[index])
    ? []
    : current.filter((node) => !unmoved.has(node));
  return { nodes, moved, unmet: constraints.unmet };
}

/** All foreign nodes stay. An owned node that breaks its own position moves. Of owned nodes in the wrong order, as few as possible move. */
function unmovedIn(
  { current, declared }: Siblings,
  { mustPrecede, anchorOf }: Constraints,
): ReadonlySet<Node> {
  const index = new Map(current.map((node, at) => [node, at]));
  const ours = new Set(declared.filter((node) => index.has(node)));
  const unmoved = new Set(current.filter((node) => !ours.has(node)));
  const isEarlier = (a: Node, b: Node) => (index.get(a) ?? 0) < (index.get(b) ?? 0);
  const isBroken = (a: Node, b: Node) => (isEarlier(a, b) ? mustPrecede(b, a) : mustPrecede(a, b));
  const considered = new Set<Node>();
  const consider = (node: Node): void => {
    if (considered.has(node)) return;
    considered.add(node);
    const anchors = chain(node, anchorOf);
    for (const anchor of anchors) consider(anchor);
    const relevant = [...unmoved].filter((other) => !ours.has(other) || anchors.includes(other));
    if (ours.has(node) && !relevant.some((other) => isBroken(node, other))) unmoved.add(node);
  };
  for (const node of declared) consider(node);
  const candidates = current.filter((node) => ours.has(node) && unmoved.has(node));
  return new Set([
    ...current.filter((node) => !ours.has(node)),
    ...maximumIndependentSet(candidates, isBroken),
  ]);
}

/** The anchor of a node, the anchor of that one, and so on. */
function chain(node: Node, anchorOf: Constraints["anchorOf"]): Node[] {
  const anchors = new Set<Node>();
  for (
    let next = anchorOf(node);
    next !== undefined && next !== node && !anchors.has(next);
    next = anchorOf(next)
  )
    anchors.add(next);
  return [...anchors];
}

/** Where a node fits its constraints: next to its anchor, else at the end. */
function insertionIndex(
  node: Node,
  nodes: readonly Node[],
  { mustPrecede, anchorOf }: Constraints,
  isCurrent: boolean,
): number {
  const earliest = 1 + nodes.findLastIndex((other) => mustPrecede(other, node));
  const next = nodes.findIndex((other) => mustPrecede(node, other));
  const latest = next === -1 ? nodes.length : next;
  const position = node.owned?.position;
  const anchor = anchorOf(node);
  if (anchor !== undefined && nodes.includes(anchor))
    return position !== undefined && "after" in position ? earliest : latest;
  // A node that only returns to the order of the program stays close to its neighbours.
  return isCurrent && earliest > 0 ? earliest : latest;
}
