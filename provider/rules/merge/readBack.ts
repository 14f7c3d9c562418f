/** The rules that a resource wrote, as they are in the tree now. They differ where merging them again would change the tree. */

import type { Rule } from "../../api/property/ruleTree";
import { same } from "../../framework/canonical";
import type { OwnedRule } from "../ownedRule";
import { arrange, byKey, livePosition } from "./arrange";
import { projectedContent } from "./content/content";
import type { Search } from "./match";
import { liveNeighbours, livePathOf, type Node, nodesOf } from "./nodes";

export interface ReadBackInput extends Omit<Search, "wanted"> {
  /** The tree as it is now. */
  readonly live: Rule;
  /** The rules as this resource wrote them last. */
  readonly last: readonly OwnedRule[];
}

/**
 * The rules of `last` as `live` has them, with criteria and behaviors that others added. Other members that `last` lacks are left out:
 * the service adds some of its own. A rule that no longer exists is left out too.
 */
export function readBack({ owner, live, last, uuids }: ReadBackInput): OwnedRule[] {
  const root = nodesOf(live);
  const { moved } = arrange(root, { owner, wanted: last, uuids });
  const nodes = byKey(root);
  return last.flatMap((owned) => {
    const node = nodes.get(owned.key);
    if (node?.live === undefined) return [];
    const rule = projectedContent(owned.rule, node.live);
    if (node.liveParent !== undefined && node.liveParent !== node.parent)
      return { ...owned, parent: { path: livePathOf(node.liveParent) }, rule };
    return moved.has(node) ? { ...owned, position: otherPosition(owned, node), rule } : { ...owned, rule };
  });
}

/** The position of a rule that moved, in a form that differs from the one that the program declares. */
function otherPosition({ position }: OwnedRule, node: Node): OwnedRule["position"] {
  const livePlace = livePosition(node);
  if (!same(livePlace, position)) return livePlace;
  const [next] = liveNeighbours(node).behind;
  return next === undefined ? undefined : { before: next };
}
