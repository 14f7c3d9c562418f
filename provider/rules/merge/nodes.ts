/** A rule tree during a merge: where each rule was, where it is now, and who owns it. */
import type { Rule } from "../../api/property/ruleTree";
import type { OwnedRule } from "../ownedRule";

export interface Node {
  /** The rule in the live tree; undefined for a new one. */
  readonly live: Rule | undefined;
  /** The rule above it in the live tree; undefined for the default rule and for a new rule. */
  readonly liveParent: Node | undefined;
  /** Its index in the live tree; -1 for a new rule. */
  readonly index: number;
  /** The rule above it now. */
  parent: Node | undefined;
  children: Node[];
  /**
   * `foreign`: a rule of others; it stays as it is. `owned`: wanted by this resource. `obsolete`: written by this resource, no longer wanted.
   * `container`: obsolete with foreign rules in it, so its criteria stay. `copy`: others copied an obsolete rule; the copy stays unmarked.
   */
  state: "foreign" | "owned" | "obsolete" | "container" | "copy";
  /** The wanted rule, when the node is owned. */
  owned?: OwnedRule;
}

export function nodesOf(live: Rule, liveParent?: Node, index = 0): Node {
  const node: Node = { live, liveParent, index, parent: liveParent, children: [], state: "foreign" };
  node.children = (live.children ?? []).map((child, at) => nodesOf(child, node, at));
  return node;
}

/** The node and all below it in the order of the tree. */
export function walk(node: Node): Node[] {
  return [node, ...node.children.flatMap(walk)];
}

export function nameOf({ owned, live }: Node): string {
  return owned?.rule.name ?? live?.name ?? "";
}

/** The names from below the default rule to where the rule is now; none for the default rule. */
export function pathOf(node: Node): string[] {
  return node.parent === undefined ? [] : [...pathOf(node.parent), nameOf(node)];
}

/** The same, in the live tree. */
export function livePathOf(node: Node): string[] {
  return node.liveParent === undefined ? [] : [...livePathOf(node.liveParent), node.live?.name ?? ""];
}

export function isBelow(node: Node, above: Node): boolean {
  return node.parent !== undefined && (node.parent === above || isBelow(node.parent, above));
}

/** The names of the rules before and behind a node in the live tree. */
export function liveNeighbours({ liveParent, index }: Node): {
  readonly before: readonly string[];
  readonly behind: readonly string[];
} {
  const names = (liveParent?.live?.children ?? []).map(({ name }) => name);
  return { before: names.slice(0, Math.max(0, index)), behind: names.slice(index + 1) };
}
