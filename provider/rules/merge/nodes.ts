/** A rule tree in the course of a merge: where every rule was, where it is now, and whose it is. */
import type { Rule } from "../../api/property/ruleTree";
import type { OwnedRule } from "../ownedRule";

export interface Node {
  /** The rule as it is; undefined for one that is new. */
  readonly live: Rule | undefined;
  /** The rule that it is below in the live tree; undefined for the default rule and for one that is new. */
  readonly home: Node | undefined;
  /** Its index among the rules there; -1 for one that is new. */
  readonly index: number;
  /** The rule that it is below now. */
  parent: Node | undefined;
  children: Node[];
  /**
   * `foreign`: of others, untouched. `owned`: wanted by this resource. `going`: written by this resource and not wanted any more. `shell`: like
   * that, but with rules of others in it, so that its criteria stay. `copy`: made by others from one that is going; it stays, without the mark.
   */
  state: "foreign" | "owned" | "going" | "shell" | "copy";
  /** What is wanted of it, when it is owned. */
  owned?: OwnedRule;
}

export function nodesOf(live: Rule, home?: Node, index = 0): Node {
  const node: Node = { live, home, index, parent: home, children: [], state: "foreign" };
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
  return node.home === undefined ? [] : [...livePathOf(node.home), node.live?.name ?? ""];
}

export function isBelow(node: Node, above: Node): boolean {
  return node.parent !== undefined && (node.parent === above || isBelow(node.parent, above));
}

/** How people read a path. */
export function pathText(path: readonly string[]): string {
  // Whatever a name holds, it stays on its line.
  return path.length === 0 ? "the top level" : path.map((name) => name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")).join(" > ");
}

/** The names of the rules before and behind it in the live tree. */
export function liveNeighbours({ home, index }: Node): { readonly before: readonly string[]; readonly behind: readonly string[] } {
  const names = (home?.live?.children ?? []).map(({ name }) => name);
  return { before: names.slice(0, Math.max(0, index)), behind: names.slice(index + 1) };
}
