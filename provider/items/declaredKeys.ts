/**
 * Which resource of a program declares which items. An item with two owners would be overwritten by each of
 * them in turn.
 */
import type { ItemGroupRef } from "../api/edgekv/items";
import { keyOf, type RunState, slot } from "../runtime/runState";
import type { Texts } from "./textList";

/** The items that a resource of the program declares in one item group. */
export interface DeclaredKeys {
  readonly keys: Texts;
  readonly has: (key: string) => boolean;
  /** No other resource may have items in the group. */
  readonly exclusive: boolean;
}

/** What a program declares in one group. Thousands of single items must not be compared with each other. */
interface Declarations {
  readonly byOwner: Map<string, DeclaredKeys>;
  /** The owners of single items. */
  readonly singles: Map<string, string>;
  /** The owners of all else. */
  readonly groups: Map<string, DeclaredKeys>;
}

/** What the program declares of items, by group. */
const declaredItems = slot(() => new Map<string, Declarations>());

function declarationsIn(runState: RunState, ref: ItemGroupRef): Declarations {
  const all = runState.get(declaredItems);
  const known = all.get(groupName(ref)) ?? { byOwner: new Map(), singles: new Map(), groups: new Map() };
  all.set(groupName(ref), known);
  return known;
}

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
  const declarations = declarationsIn(runState, ref);
  const conflict = findConflict(declarations, owner, declared);
  if (conflict !== undefined) return conflict;
  const { byOwner, singles, groups } = declarations;
  for (const key of byOwner.get(owner)?.keys ?? []) if (singles.get(key) === owner) singles.delete(key);
  byOwner.set(owner, declared);
  groups.delete(owner);
  const key = declared.keys.at(0);
  if (key !== undefined && declared.keys.length === 1 && !declared.exclusive) singles.set(key, owner);
  else groups.set(owner, declared);
  return undefined;
}

function findConflict(
  { byOwner, singles, groups }: Declarations,
  owner: string,
  declared: DeclaredKeys,
): Conflict | undefined {
  if (declared.exclusive)
    for (const other of byOwner.keys()) if (other !== owner) return { owner: other, key: undefined };
  for (const [other, theirs] of groups) {
    if (other === owner) continue;
    if (theirs.exclusive) return { owner: other, key: undefined };
    const key = sharedKey(declared, theirs);
    if (key !== undefined) return { owner: other, key };
  }
  const shared =
    declared.keys.length <= singles.size
      ? declared.keys.find((key) => (singles.get(key) ?? owner) !== owner)
      : [...singles].find(([key, other]) => other !== owner && declared.has(key))?.[0];
  const other = shared === undefined ? undefined : singles.get(shared);
  return other === undefined ? undefined : { owner: other, key: shared };
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
  const { singles, groups } = declarationsIn(runState, ref);
  const isWritten = (owner: string) => runState.created.has(keyOf("items", owner));
  const owner = singles.get(key);
  if (owner !== undefined && isWritten(owner)) return true;
  return [...groups].some(([one, { has }]) => isWritten(one) && has(key));
}

function sharedKey(one: DeclaredKeys, other: DeclaredKeys): string | undefined {
  const [few, many] = one.keys.length <= other.keys.length ? [one, other] : [other, one];
  return few.keys.find((key) => many.has(key));
}

function groupName({ network, namespace, group, sandboxId }: ItemGroupRef): string {
  return `${network}/${namespace}/${group}${sandboxId === undefined ? "" : `?${sandboxId}`}`;
}
