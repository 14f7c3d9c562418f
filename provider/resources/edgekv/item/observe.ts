/**
 * Reads of an item: what it holds in the account, and why it can't be read. One answer alone may come from a
 * stale replica.
 */
import { findItem, type ItemContent, type ItemRef, isNamespaceRefused } from "../../../api/edgekv/items";
import { namespaceKey } from "../../../api/edgekv/keys";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { retryWhileStale } from "../../../consistency/write";
import { matchesContent } from "../../../items/content";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { type Key, keyOf, slot } from "../../../runtime/runState";
import {
  findListed,
  findNamespaceEventually,
  findNamespaceWhere,
  isNewNamespace,
  isScheduled,
  readNamespaces,
} from "../namespace/observe";
import { sandboxRetention } from "./schema";

type NamespaceOfItems = Pick<ItemRef, "network" | "namespace">;

/** What decides how long items live: their namespace, or what they have themselves. */
interface Lifetime extends NamespaceOfItems {
  readonly sandboxId?: string | undefined;
  readonly retentionInSeconds?: number | undefined;
}

const ownRetention = ({ sandboxId, retentionInSeconds }: Lifetime): number | undefined =>
  sandboxId === undefined ? retentionInSeconds : sandboxRetention;

/** Rounds of reads, each over some seconds, that must all show a namespace as scheduled for deletion. */
const scheduledRounds = 3;
/** Seconds. No namespace has a shorter retention, so a younger item can't have expired unless it has one of its own. */
const minRetention = 86_400;

export function displayName({ key, group, namespace, network, sandboxId }: Partial<ItemRef>): string {
  const place = [network, namespace, group].filter((part) => part !== undefined).join("/");
  const sandbox = sandboxId === undefined ? "" : ` in sandbox ${sandboxId}`;
  return `item ${key ?? "(key not known yet)"} of group ${place}${sandbox}`;
}

export function itemRefOf({ network, namespace, group, key, sandboxId }: ItemRef): ItemRef {
  return { network, namespace, group, key, ...(sandboxId === undefined ? {} : { sandboxId }) };
}

/**
 * Sends a request for items, and retries it while a stale replica may refuse it. A replica may not know a
 * namespace that this run created, or may not know that a delete was cancelled: then other replicas show that
 * the namespace is there.
 */
export function inNamespace<T>(
  context: Context,
  namespace: NamespaceOfItems,
  send: () => Promise<T>,
): Promise<T> {
  const isNew = context.runState.created.has(namespaceKey(namespace.network, namespace.namespace));
  const isStale = async (error: unknown) =>
    isNamespaceRefused(error) && (isNew || (await whyUnreachable(context, namespace)) === undefined);
  return retryWhileStale(context, { send, isStale, window: propagation.namespaceOnOtherPaths.seconds });
}

/** One read of an item: its bytes, or undefined when the answer shows none. */
export function readItem(context: Context, ref: ItemRef): Promise<Uint8Array | undefined> {
  return inNamespace(context, ref, () => findItem(context.http, ref));
}

/**
 * The first read that shows the expected content. When several reads agree on something else, what the last
 * of them showed.
 * @param unconfirmedSince time of a write that was not waited for: reads go on until its window is over
 */
export async function readConsistent(
  context: Context,
  ref: ItemRef,
  expected: ItemContent,
  unconfirmedSince: string | undefined,
): Promise<Uint8Array | undefined> {
  const now = context.clock.now();
  const until =
    Math.min(now, Date.parse(unconfirmedSince ?? "1970-01-01")) + propagation.itemVisible.seconds * 1000;
  let last: Uint8Array | undefined;
  const findExpected = async () => {
    last = await readItem(context, ref);
    return last !== undefined && matchesContent(last, expected) ? last : undefined;
  };
  do {
    const found = await findEventually(context, findExpected);
    if (found !== undefined) return found;
  } while (context.clock.now() < until);
  return last;
}

/** Items that a preflight of this run saw to be free, or to hold what is wanted. */
const freeItems = slot(() => new Set<Key>());

export function itemKey({ network, namespace, group, key, sandboxId }: ItemRef): Key {
  return keyOf("item", network, namespace, group, key, ...(sandboxId === undefined ? [] : [sandboxId]));
}

/** Records that a read of this run shows nothing foreign. */
export function markFree({ runState }: Context, ref: ItemRef): void {
  runState.get(freeItems).add(itemKey(ref));
}

/** Whether this run knows that the item holds nothing foreign: it read so, has deleted it, or its namespace is new. */
export function isKnownFree({ runState }: Context, ref: ItemRef): boolean {
  const key = itemKey(ref);
  return runState.get(freeItems).has(key) || runState.deleted.has(key) || isNewNamespace(runState, ref);
}

/** The value of an item that differs from the wanted one, when reads go on to show it. A delete takes a while to show. */
export async function findForeignValue(
  context: Context,
  ref: ItemRef,
  wanted: ItemContent,
): Promise<Uint8Array | undefined> {
  const until = context.clock.now() + propagation.itemVisible.seconds * 1000;
  let foreign: Uint8Array | undefined;
  do {
    const isFree = await findEventually(context, async () => {
      foreign = await readItem(context, ref);
      return foreign === undefined || matchesContent(foreign, wanted) ? true : undefined;
    });
    if (isFree) return undefined;
  } while (context.clock.now() < until);
  return foreign;
}

/**
 * Why items of a namespace can't be reached: it is deleted, or its delete is scheduled. Undefined when
 * neither holds.
 */
export async function whyUnreachable(
  context: Context,
  { network, namespace }: NamespaceOfItems,
): Promise<"deleted" | "scheduled" | undefined> {
  const live = await findNamespaceEventually(context, network, namespace);
  if (live === undefined) return "deleted";
  if (!isScheduled(live)) return undefined;
  // After a delete was cancelled, stale replicas show it as scheduled for minutes. One read that does not is
  // up to date.
  for (let round = 0; round < scheduledRounds; round++) {
    if ((await findNamespaceWhere(context, network, namespace, (seen) => !isScheduled(seen))) !== undefined)
      return undefined;
  }
  return "scheduled";
}

/**
 * Seconds that the namespace retains items; 0 when it retains them for ever, or when the list shows no such
 * namespace.
 */
export async function retentionOf(
  context: Context,
  { network, namespace }: NamespaceOfItems,
): Promise<number> {
  return findListed(await readNamespaces(context, network), namespace)?.retentionInSeconds ?? 0;
}

/**
 * Whether an item of that age has outlived the retention of its namespace. Sends no request on the first day.
 */
export async function hasExpired(
  context: Context,
  writtenAt: string | undefined,
  lifetime: Lifetime,
): Promise<boolean> {
  if (writtenAt === undefined) return false;
  const own = ownRetention(lifetime);
  const age = (context.clock.now() - Date.parse(writtenAt)) / 1000;
  if (own === undefined && age < minRetention) return false;
  const retention = own ?? (await retentionOf(context, lifetime));
  return retention > 0 && age >= retention;
}

/** Why an item that was written does not exist any more, for a message. */
export async function describeAbsence(
  context: Context,
  writtenAt: string | undefined,
  lifetime: Lifetime,
): Promise<string> {
  const own = ownRetention(lifetime);
  const retention = own ?? (await retentionOf(context, lifetime));
  const retainer =
    own === undefined
      ? "the namespace retains items"
      : lifetime.sandboxId
        ? "a sandbox retains items"
        : "it is retained";
  const retained = `${retainer} for ${formatDuration(retention)}`;
  if (await hasExpired(context, writtenAt, lifetime))
    return `has expired: it was written on ${writtenAt}, and ${retained}`;
  if (retention > 0 && writtenAt === undefined)
    return `was deleted outside of this program, or has expired: ${retained}`;
  return "was deleted outside of this program";
}
