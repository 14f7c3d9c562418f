/** Finds the rules of this resource in the tree, and puts each below its parent and in its position. */

import { formatPath } from "../formatPath";
import type { OwnedRule } from "../ownedRule";
import { attach, type RuleProblem } from "./attach";
import { match, type Search } from "./match";
import { liveNeighbours, type Node, nameOf, pathOf, walk } from "./nodes";
import { order } from "./order/order";

export interface Arranged {
  readonly problems: readonly RuleProblem[];
  readonly remarks: readonly string[];
  /** Nodes whose position among their siblings changed. */
  readonly moved: ReadonlySet<Node>;
}

/** Changes the nodes. */
export function arrange(root: Node, search: Search): Arranged {
  const copies = match(root, search);
  const found = byKey(root);
  const { below, problems, remarks } = attach(root, found, search.wanted, search.owner);
  const moved = new Set<Node>();
  const unmet: RuleProblem[] = [];
  const unmoved: string[] = [];
  for (const [parent, declared] of below) {
    const current = parent.children.filter(
      ({ liveParent, state }) => liveParent === parent && state !== "obsolete",
    );
    const ordered = order({ current, declared });
    parent.children = [...ordered.nodes];
    for (const node of ordered.moved) moved.add(node);
    for (const { node, reason } of ordered.unmet) {
      if (node.live === undefined) unmet.push({ key: node.owned?.key ?? "", about: "position", reason });
      else unmoved.push(`the position of ${formatPath(pathOf(node))} can't be met: ${reason}`);
    }
  }
  return { problems: [...problems, ...unmet], remarks: [...copies, ...remarks, ...unmoved], moved };
}

export function byKey(root: Node): Map<string, Node> {
  return new Map(
    walk(root).flatMap((node) => (node.owned === undefined ? [] : [[node.owned.key, node] as const])),
  );
}

type Position = NonNullable<OwnedRule["position"]>;

/** The position of a rule in the live tree, by the rule before it. */
export function livePosition(node: Node): Position {
  return afterLast(liveNeighbours(node).before);
}

/** The position of a rule now, by the rule before it. */
export function currentPosition(node: Node): Position {
  const beside = (node.parent?.children ?? []).filter(({ state }) => state !== "obsolete");
  return afterLast(beside.slice(0, beside.indexOf(node)).map(nameOf));
}

function afterLast(names: readonly string[]): Position {
  const last = names.at(-1);
  return last === undefined ? { first: true } : { after: last };
}

export function hasMoved(node: Node, { moved }: Arranged): boolean {
  return node.liveParent !== node.parent || moved.has(node);
}
