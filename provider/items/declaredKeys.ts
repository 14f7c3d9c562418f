/** Which resource of a program declares which items: no item can have two, for they would undo each other for ever. */
import type { ItemGroupRef } from "../api/edgekv/items";
import { keyOf, type RunState, slot } from "../runtime/runState";

/** The items that a resource of the program declares in one item group. */
export interface DeclaredKeys {
  readonly keys: readonly string[];
  has(key: string): boolean;
  /** Nothing but them may be in the group. */
  readonly exclusive: boolean;
}

/** What the program declares of items, by group and owner. */
const declaredItems = slot(() => new Map<string, Map<string, DeclaredKeys>>());

/** What stands in the way of a declaration. */
export interface Conflict {
  readonly owner: string;
  /** The key that both declare; none when one of the two wants the whole group. */
  readonly key: string | undefined;
}

/** Notes what a resource declares in a group, and returns what another one declares there against it. */
export function declareKeys(runState: RunState, place: ItemGroupRef, owner: string, declared: DeclaredKeys): Conflict | undefined {
  const inGroup = runState.get(declaredItems).get(groupName(place)) ?? new Map<string, DeclaredKeys>();
  runState.get(declaredItems).set(groupName(place), inGroup);
  for (const [other, theirs] of inGroup) {
    if (other === owner) continue;
    if (declared.exclusive || theirs.exclusive) return { owner: other, key: undefined };
    const key = common(declared, theirs);
    if (key !== undefined) return { owner: other, key };
  }
  inGroup.set(owner, declared);
  return undefined;
}

/** From now on what the resource declares is being written. */
export function markWritten(runState: RunState, owner: string): void {
  runState.created.add(keyOf("items", owner));
}

/** Whether a resource has written the item in this run, or is about to: then no other may delete it, and not what it has replaced. */
export function isWrittenThisRun(runState: RunState, place: ItemGroupRef, key: string): boolean {
  const inGroup = [...(runState.get(declaredItems).get(groupName(place)) ?? [])];
  return inGroup.some(([owner, { has }]) => runState.created.has(keyOf("items", owner)) && has(key));
}

function common(one: DeclaredKeys, other: DeclaredKeys): string | undefined {
  const [few, many] = one.keys.length <= other.keys.length ? [one, other] : [other, one];
  return few.keys.find((key) => many.has(key));
}

function groupName({ network, namespace, group }: ItemGroupRef): string {
  return `${network}/${namespace}/${group}`;
}
