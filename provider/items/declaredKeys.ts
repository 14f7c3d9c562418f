/**
 * Which resource of a program declares which items. An item with two owners would be overwritten by each of
 * them in turn.
 */
import type { ItemGroupRef } from "../api/edgekv/items";
import { keyOf, type RunState, slot } from "../runtime/runState";

/** The items that a resource of the program declares in one item group. */
export interface DeclaredKeys {
  readonly keys: readonly string[];
  readonly has: (key: string) => boolean;
  /** No other resource may have items in the group. */
  readonly exclusive: boolean;
}

/** What the program declares of items, by group and owner. */
const declaredItems = slot(() => new Map<string, Map<string, DeclaredKeys>>());

/** Another declaration that excludes this one. */
export interface Conflict {
  readonly owner: string;
  /** The key that both declare. Undefined when one of the two is exclusive. */
  readonly key: string | undefined;
}

/**
 * Records what a resource declares in a group. Returns a conflict with another resource instead, if there is
 * one.
 */
export function declareKeys(
  runState: RunState,
  ref: ItemGroupRef,
  owner: string,
  declared: DeclaredKeys,
): Conflict | undefined {
  const inGroup = runState.get(declaredItems).get(groupName(ref)) ?? new Map<string, DeclaredKeys>();
  runState.get(declaredItems).set(groupName(ref), inGroup);
  for (const [other, theirs] of inGroup) {
    if (other === owner) continue;
    if (declared.exclusive || theirs.exclusive) return { owner: other, key: undefined };
    const key = sharedKey(declared, theirs);
    if (key !== undefined) return { owner: other, key };
  }
  inGroup.set(owner, declared);
  return undefined;
}

/** Records that this run writes what the resource declares. */
export function markWritten(runState: RunState, owner: string): void {
  runState.created.add(keyOf("items", owner));
}

/**
 * Whether a resource writes the item in this run. Then no other may delete it, nor may the resource that it
 * replaces.
 */
export function isWrittenThisRun(runState: RunState, ref: ItemGroupRef, key: string): boolean {
  const inGroup = [...(runState.get(declaredItems).get(groupName(ref)) ?? [])];
  return inGroup.some(([owner, { has }]) => runState.created.has(keyOf("items", owner)) && has(key));
}

function sharedKey(one: DeclaredKeys, other: DeclaredKeys): string | undefined {
  const [few, many] = one.keys.length <= other.keys.length ? [one, other] : [other, one];
  return few.keys.find((key) => many.has(key));
}

function groupName({ network, namespace, group }: ItemGroupRef): string {
  return `${network}/${namespace}/${group}`;
}
