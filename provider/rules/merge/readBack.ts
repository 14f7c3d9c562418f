/** What a resource wrote, as it is now: what merging it again would change is what differs. */
import { same } from "../../framework/canonical";
import type { OwnedRule } from "../ownedRule";
import { arrange, byKey, livePosition } from "./arrange";
import { projectedContent } from "./content/content";
import type { MergeInput } from "./merge";
import { liveNeighbours, livePathOf, type Node, nodesOf } from "./nodes";

/**
 * The owned rules as `live` has them: only the members that `last` has, so that a server's additions are no difference, and what others added to their
 * criteria and behaviors. A rule that is gone is left out.
 */
export function readBack({ owner, live, last, uuids }: Pick<MergeInput, "owner" | "live" | "last" | "uuids">): OwnedRule[] {
  const root = nodesOf(live);
  const { moved } = arrange(root, { owner, wanted: last, uuids });
  const nodes = byKey(root);
  return last.flatMap((owned) => {
    const node = nodes.get(owned.key);
    if (node?.live === undefined) return [];
    const rule = projectedContent(owned.rule, node.live);
    if (node.home !== undefined && node.home !== node.parent) return { ...owned, parent: { path: livePathOf(node.home) }, rule };
    return moved.has(node) ? { ...owned, position: otherPosition(owned, node), rule } : { ...owned, rule };
  });
}

/** Where a rule is that is not where it has to be, in words that differ from those of the program. */
function otherPosition({ position }: OwnedRule, node: Node): OwnedRule["position"] {
  const here = livePosition(node);
  if (!same(here, position)) return here;
  const [next] = liveNeighbours(node).behind;
  return next === undefined ? undefined : { before: next };
}
