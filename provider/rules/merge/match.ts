/** Finds the rules that this resource wrote: by the ownership marker in their comments, else by their uuid. */

import type { Rule } from "../../api/property/ruleTree";
import { formatPath } from "../formatPath";
import type { OwnedRule } from "../ownedRule";
import { hasFirstName, isOwnedBy, markerIn } from "../ownershipMarker";
import { isRemovalLocked } from "./content/content";
import { livePathOf, type Node, walk } from "./nodes";

export interface Search {
  readonly owner: string;
  readonly wanted: readonly OwnedRule[];
  readonly uuids: Readonly<Record<string, string>>;
}

/** Sets the state of each node, but for rules to adopt. Returns remarks for the user. */
export function match(root: Node, { owner, wanted, uuids }: Search): string[] {
  const nodes = walk(root).slice(1);
  const uuidOf = (key: string) => (Object.hasOwn(uuids, key) ? uuids[key] : undefined);
  const remarks = wanted.flatMap((owned) => assignByMarker(nodes, owned, uuidOf(owned.key)));
  const found = new Set(nodes.flatMap((node) => node.owned?.key ?? []));
  for (const owned of wanted) {
    const node = found.has(owned.key) ? undefined : findByUuid(nodes, uuidOf(owned.key));
    if (node !== undefined) assignOwner(node, owned);
  }
  const markers = new Set(wanted.map(({ marker }) => marker));
  const isObsolete = (live: Rule) => isOwnedBy(live, owner) && !markers.has(markerIn(live.comments) ?? "");
  const obsolete = nodes.filter(
    ({ state, live }) => state === "foreign" && live !== undefined && isObsolete(live),
  );
  const knownUuids = new Set<unknown>(Object.values(uuids));
  for (const copies of Map.groupBy(obsolete, ({ live }) => markerIn(live?.comments)).values()) {
    const original = chooseOriginal(
      copies,
      ({ live }) => live?.uuid !== undefined && knownUuids.has(live.uuid),
      ({ live }) => live !== undefined && hasFirstName(live),
    );
    for (const node of copies) node.state = node === original ? "obsolete" : "copy";
  }
  const keys = new Set(wanted.map(({ key }) => key));
  for (const key of Object.keys(uuids)) {
    const node = keys.has(key) ? undefined : findByUuid(nodes, uuidOf(key));
    if (node !== undefined) node.state = "obsolete";
  }
  findContainers(root);
  return remarks;
}

export function assignOwner(node: Node, owned: OwnedRule): void {
  node.state = "owned";
  node.owned = owned;
}

/** Assigns the rule that has the marker. Of several, it is the one with the known uuid, or else with its name. */
function assignByMarker(nodes: readonly Node[], owned: OwnedRule, uuid: string | undefined): string[] {
  const candidates = nodes.filter(
    ({ state, live }) => state === "foreign" && markerIn(live?.comments) === owned.marker,
  );
  const original = chooseOriginal(
    candidates,
    ({ live }) => uuid !== undefined && live?.uuid === uuid,
    ({ live }) => live?.name === owned.rule.name,
  );
  if (original === undefined) return [];
  assignOwner(original, owned);
  const here = formatPath(livePathOf(original));
  return candidates
    .filter((node) => node !== original)
    .map(
      (copy) =>
        `${formatPath(livePathOf(copy))} has the same ownership marker as ${here}, so it is a copy: it stays as it is`,
    );
}

/** Of several rules with one marker, the known one, or else the one with its name: most rules have no uuid. Or else the first. */
function chooseOriginal(
  candidates: readonly Node[],
  isKnown: (node: Node) => boolean,
  hasName: (node: Node) => boolean,
): Node | undefined {
  return candidates.find(isKnown) ?? candidates.find(hasName) ?? candidates[0];
}

/** Finds a rule whose marker somebody removed or broke. A rule with another marker belongs to another resource. */
function findByUuid(nodes: readonly Node[], uuid: string | undefined): Node | undefined {
  if (uuid === undefined) return undefined;
  return nodes.find(
    ({ state, live }) => state === "foreign" && live?.uuid === uuid && markerIn(live.comments) === undefined,
  );
}

/** A rule with foreign rules in it stays: without it, they would apply to other requests. So does a rule that only Akamai can remove. */
function findContainers(node: Node): void {
  for (const child of node.children) findContainers(child);
  const others = node.children.some(
    ({ state }) => state === "foreign" || state === "container" || state === "copy",
  );
  if (node.state === "obsolete" && (others || (node.live !== undefined && isRemovalLocked(node.live))))
    node.state = "container";
}
