/** Which rules of a live tree this resource wrote: by the mark in their comments, else by their uuid. */

import { isOwnedBy, markerIn } from "../ownershipMarker";
import type { Rule } from "../../api/property/ruleTree";
import type { OwnedRule } from "../ownedRule";
import { isHeld } from "./content/content";
import { livePathOf, type Node, pathText, walk } from "./nodes";

export interface Search {
  readonly owner: string;
  readonly wanted: readonly OwnedRule[];
  readonly uuids: Readonly<Record<string, string>>;
}

/** Tells every node whose it is, but for rules to take over. Gives the remarks on what it came across. */
export function match(root: Node, { owner, wanted, uuids }: Search): string[] {
  const nodes = walk(root).slice(1);
  const uuidOf = (key: string) => (Object.hasOwn(uuids, key) ? uuids[key] : undefined);
  const remarks = wanted.flatMap((owned) => findByMarker(nodes, owned, uuidOf(owned.key)));
  const found = new Set(nodes.flatMap((node) => node.owned?.key ?? []));
  for (const owned of wanted) {
    const node = found.has(owned.key) ? undefined : findByUuid(nodes, uuidOf(owned.key));
    if (node !== undefined) assignOwner(node, owned);
  }
  const marks = new Set(wanted.map(({ marker }) => marker));
  const isOld = (live: Rule) => isOwnedBy(live, owner) && !marks.has(markerIn(live.comments) ?? "");
  const old = nodes.filter(({ state, live }) => state === "foreign" && live !== undefined && isOld(live));
  const known = new Set<unknown>(Object.values(uuids));
  for (const copies of Map.groupBy(old, ({ live }) => markerIn(live?.comments)).values()) {
    const ours = theOne(copies, ({ live }) => live?.uuid !== undefined && known.has(live.uuid));
    for (const node of copies) node.state = node === ours ? "going" : "copy";
  }
  const keys = new Set(wanted.map(({ key }) => key));
  for (const key of Object.keys(uuids)) {
    const node = keys.has(key) ? undefined : findByUuid(nodes, uuidOf(key));
    if (node !== undefined) node.state = "going";
  }
  keepContainers(root);
  return remarks;
}

export function assignOwner(node: Node, owned: OwnedRule): void {
  node.state = "owned";
  node.owned = owned;
}

/** The rule with the mark; of several, the one that it was. */
function findByMarker(nodes: readonly Node[], owned: OwnedRule, uuid: string | undefined): string[] {
  const candidates = nodes.filter(({ state, live }) => state === "foreign" && markerIn(live?.comments) === owned.marker);
  const ours = theOne(candidates, ({ live }) => uuid !== undefined && live?.uuid === uuid);
  if (ours === undefined) return [];
  assignOwner(ours, owned);
  const here = pathText(livePathOf(ours));
  return candidates
    .filter((node) => node !== ours)
    .map((copy) => `${pathText(livePathOf(copy))} bears the same mark as ${here}, as a copy of it does: it is left alone`);
}

/** Of several rules with one mark, the one that is known, or else the first. */
function theOne(candidates: readonly Node[], isKnown: (node: Node) => boolean): Node | undefined {
  return candidates.find(isKnown) ?? candidates[0];
}

/** Somebody took the mark away or spoiled it, and gave the rule no other one. */
function findByUuid(nodes: readonly Node[], uuid: string | undefined): Node | undefined {
  if (uuid === undefined) return undefined;
  return nodes.find(({ state, live }) => state === "foreign" && live?.uuid === uuid && markerIn(live.comments) === undefined);
}

/** A rule with rules of others in it can't go without changing whom those are for; one that Akamai holds can't go at all. */
function keepContainers(node: Node): void {
  for (const child of node.children) keepContainers(child);
  const others = node.children.some(({ state }) => state === "foreign" || state === "shell" || state === "copy");
  if (node.state === "going" && (others || (node.live !== undefined && isHeld(node.live)))) node.state = "shell";
}
