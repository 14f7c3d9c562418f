/** Every rule of this resource found, below the rule that it belongs into, and in an order that holds what the program asks for. */

import type { OwnedRule } from "../ownedRule";
import { match, type Search } from "./match";
import { liveNeighbours, type Node, nameOf, pathOf, pathText, walk } from "./nodes";
import { order } from "./order/order";
import { place, type RuleProblem } from "./attach";

export interface Arranged {
  readonly problems: readonly RuleProblem[];
  readonly remarks: readonly string[];
  /** Those that came to another place among the rules beside them. */
  readonly moved: ReadonlySet<Node>;
}

/** Changes the nodes. */
export function arrange(root: Node, search: Search): Arranged {
  const copies = match(root, search);
  const found = byKey(root);
  const { below, problems, remarks } = place(root, found, search.wanted, search.owner);
  const moved = new Set<Node>();
  const unmet: RuleProblem[] = [];
  const unmoved: string[] = [];
  for (const [parent, declared] of below) {
    const current = parent.children.filter(({ home, state }) => home === parent && state !== "going");
    const ordered = order({ current, declared });
    parent.children = [...ordered.nodes];
    for (const node of ordered.moved) moved.add(node);
    for (const { node, reason } of ordered.unmet) {
      if (node.live === undefined) unmet.push({ key: node.owned?.key ?? "", about: "position", reason });
      else unmoved.push(`the position of ${pathText(pathOf(node))} can't be had: ${reason}`);
    }
  }
  return { problems: [...problems, ...unmet], remarks: [...copies, ...remarks, ...unmoved], moved };
}

export function byKey(root: Node): Map<string, Node> {
  return new Map(walk(root).flatMap((node) => (node.owned === undefined ? [] : [[node.owned.key, node] as const])));
}

type Position = NonNullable<OwnedRule["position"]>;

/** Where a rule is in the live tree, by the rule before it. */
export function livePosition(node: Node): Position {
  return behind(liveNeighbours(node).before);
}

/** Where a rule is now, by the rule before it. */
export function positionNow(node: Node): Position {
  const beside = (node.parent?.children ?? []).filter(({ state }) => state !== "going");
  return behind(beside.slice(0, beside.indexOf(node)).map(nameOf));
}

function behind(names: readonly string[]): Position {
  const last = names.at(-1);
  return last === undefined ? { first: true } : { after: last };
}

export function hasMoved(node: Node, { moved }: Arranged): boolean {
  return node.home !== node.parent || moved.has(node);
}
