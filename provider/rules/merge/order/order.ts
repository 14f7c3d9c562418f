/** The rules below one rule in an order that holds what the program asks for: as few of ours move as needed, and none of others. */
import { type Constraints, constraintsOf, type Unmet } from "./constraints";
import { maximumIndependentSet } from "./maximumIndependentSet";
import type { Node } from "../nodes";

export interface Siblings {
  /** Those that are there already and stay, in their order. */
  readonly current: readonly Node[];
  /** Those that have a place here by the program, in its order: some of `current`, and those that come. */
  readonly declared: readonly Node[];
}

export interface Ordered {
  readonly nodes: readonly Node[];
  /** Those of `current` that come to another place among the rest of `current`. */
  readonly moved: readonly Node[];
  readonly unmet: readonly Unmet[];
}

export function order(siblings: Siblings): Ordered {
  const { current, declared } = siblings;
  const constraints = constraintsOf(siblings);
  const kept = keptIn(siblings, constraints);
  const nodes = current.filter((node) => kept.has(node));
  const coming = new Set(declared.filter((node) => !kept.has(node)));
  const insert = (node: Node): void => {
    if (!coming.delete(node)) return;
    const anchor = constraints.anchorOf(node);
    // The one that it is to be beside has to be there before it.
    if (anchor !== undefined) insert(anchor);
    nodes.splice(placeFor(node, nodes, constraints, current.includes(node)), 0, node);
  };
  for (const node of declared) insert(node);
  const before = nodes.filter((node) => current.includes(node));
  const moved = before.every((node, index) => node === current[index]) ? [] : current.filter((node) => !kept.has(node));
  return { nodes, moved, unmet: constraints.unmet };
}

/** Those of others all stay. Of ours, what breaks its own position goes; then, of those whose order is broken, as few as can be. */
function keptIn({ current, declared }: Siblings, { mustPrecede, anchorOf }: Constraints): ReadonlySet<Node> {
  const index = new Map(current.map((node, at) => [node, at]));
  const ours = new Set(declared.filter((node) => index.has(node)));
  const kept = new Set(current.filter((node) => !ours.has(node)));
  const isEarlier = (a: Node, b: Node) => (index.get(a) ?? 0) < (index.get(b) ?? 0);
  const broken = (a: Node, b: Node) => (isEarlier(a, b) ? mustPrecede(b, a) : mustPrecede(a, b));
  const asked = new Set<Node>();
  const ask = (node: Node): void => {
    if (asked.has(node)) return;
    asked.add(node);
    const anchors = chain(node, anchorOf);
    for (const anchor of anchors) ask(anchor);
    const relevant = [...kept].filter((other) => !ours.has(other) || anchors.includes(other));
    if (ours.has(node) && !relevant.some((other) => broken(node, other))) kept.add(node);
  };
  for (const node of declared) ask(node);
  const candidates = current.filter((node) => ours.has(node) && kept.has(node));
  return new Set([...current.filter((node) => !ours.has(node)), ...maximumIndependentSet(candidates, broken)]);
}

/** The rule that a rule is placed by, the one that that is placed by, and so on. */
function chain(node: Node, anchorOf: Constraints["anchorOf"]): Node[] {
  const anchors = new Set<Node>();
  for (let next = anchorOf(node); next !== undefined && next !== node && !anchors.has(next); next = anchorOf(next)) anchors.add(next);
  return [...anchors];
}

/** Between those that have to be before and behind it: beside the rule that it is placed by; a new one without position, or one from elsewhere, last. */
function placeFor(node: Node, nodes: readonly Node[], { mustPrecede, anchorOf }: Constraints, isHere: boolean): number {
  const earliest = 1 + nodes.findLastIndex((other) => mustPrecede(other, node));
  const next = nodes.findIndex((other) => mustPrecede(node, other));
  const latest = next === -1 ? nodes.length : next;
  const position = node.owned?.position;
  const anchor = anchorOf(node);
  if (anchor !== undefined && nodes.includes(anchor)) return position !== undefined && "after" in position ? earliest : latest;
  // One that only comes back into the order of the program stays with its neighbours.
  return isHere && earliest > 0 ? earliest : latest;
}
