/** What there is of an item in the account: several looks where one may come from a server that is behind. */

import type { ItemContent } from "../../../api/edgekv/items";
import { findItem, type ItemRef, isNamespaceRefused } from "../../../api/edgekv/items";
import { namespaceKey } from "../../../api/edgekv/keys";
import { findEventually } from "../../../consistency/read";
import { retryWhileStale } from "../../../consistency/write";

import { holds } from "../../../items/content";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { findNamespaceEventually, findNamespaceWhere, isScheduled, readNamespaces } from "../namespace/observe";

/** Seconds within which every server has heard of a namespace that was made, or called back from its deletion; five minutes are documented for the latter. */
const namespacesShowWithin = 5 * 60;
/** Seconds within which a write shows everywhere as a rule; ten are documented for most. */
const writesShowWithin = 30;
/** Rounds of looks, each over some seconds, that must all show a namespace as scheduled for deletion. */
const roundsForScheduled = 3;
/** Seconds: no namespace forgets its items sooner. */
const shortestRetention = 86_400;

export function displayName({ key, group, namespace, network }: Partial<ItemRef>): string {
  return `item ${key ?? "(key not known yet)"} of group ${[network, namespace, group].filter((part) => part !== undefined).join("/")}`;
}

export function itemRefOf({ network, namespace, group, key }: ItemRef): ItemRef {
  return { network, namespace, group, key };
}

/**
 * A request for items, repeated while a server may not know the namespace that this run has made, or may not have heard that its deletion was called back:
 * then other servers show that it is there.
 */
export function inNamespace<T>(place: Pick<ItemRef, "network" | "namespace">, context: Context, send: () => Promise<T>): Promise<T> {
  const fresh = context.runState.created.has(namespaceKey(place.network, place.namespace));
  const refused = async (error: unknown) => isNamespaceRefused(error) && (fresh || (await whyUnreachable(place, context)) === undefined);
  return retryWhileStale(context, { send, isStale: refused, window: namespacesShowWithin });
}

/**
 * The item as it is: the first look that shows what is expected or, when several agree that it is not so, what the last of them showed. Right after a write
 * that nobody waited for they go on for longer.
 */
export async function readConsistent(
  place: ItemRef,
  expected: ItemContent,
  unconfirmedSince: string | undefined,
  context: Context,
): Promise<Uint8Array | undefined> {
  const now = context.clock.now();
  const until = Math.min(now, Date.parse(unconfirmedSince ?? "1970-01-01")) + writesShowWithin * 1000;
  let last: Uint8Array | undefined;
  const look = async () => {
    last = await inNamespace(place, context, () => findItem(context.http, place));
    return last !== undefined && holds(last, expected) ? last : undefined;
  };
  do {
    const found = await findEventually(context, look);
    if (found !== undefined) return found;
  } while (context.clock.now() < until);
  return last;
}

/** What is there and is not what is wanted, when several looks agree on it. */
export async function findOther(place: ItemRef, wanted: ItemContent, context: Context): Promise<Uint8Array | undefined> {
  let other: Uint8Array | undefined;
  const free = await findEventually(context, async () => {
    other = await inNamespace(place, context, () => findItem(context.http, place));
    return other === undefined || holds(other, wanted) ? true : undefined;
  });
  return free ? undefined : other;
}

/** Whether items of a namespace can't be reached because it is gone (`gone`) or about to be deleted (`going`). */
export async function whyUnreachable(
  place: Pick<ItemRef, "network" | "namespace">,
  context: Context,
): Promise<"gone" | "going" | undefined> {
  const namespace = await findNamespaceEventually(context, place.network, place.namespace);
  if (namespace === undefined) return "gone";
  if (!isScheduled(namespace)) return undefined;
  // For minutes, servers go on to show as scheduled what was called back: one that does not has heard of it.
  for (let round = 0; round < roundsForScheduled; round++) {
    if ((await findNamespaceWhere(context, place.network, place.namespace, (seen) => !isScheduled(seen))) !== undefined) return undefined;
  }
  return "going";
}

/** Seconds that the namespace keeps what was written, as far as it tells; 0 is for ever. */
export async function retentionOf({ network, namespace }: Pick<ItemRef, "network" | "namespace">, context: Context): Promise<number> {
  return (await readNamespaces(context, network)).find((one) => one.namespace === namespace)?.retentionInSeconds ?? 0;
}

/** Whether what was written then has outlived the namespace's retention. Asks nobody in the first day, which every item lives. */
export async function hasExpired(
  writtenAt: string | undefined,
  place: Pick<ItemRef, "network" | "namespace">,
  context: Context,
): Promise<boolean> {
  if (writtenAt === undefined) return false;
  const age = (context.clock.now() - Date.parse(writtenAt)) / 1000;
  if (age < shortestRetention) return false;
  const retention = await retentionOf(place, context);
  return retention > 0 && age >= retention;
}

/** Why an item that was written is not there any more, for a person. */
export async function describeAbsence(
  writtenAt: string | undefined,
  place: Pick<ItemRef, "network" | "namespace">,
  context: Context,
): Promise<string> {
  const retention = await retentionOf(place, context);
  const kept = `the namespace keeps items for ${formatDuration(retention)}`;
  if (await hasExpired(writtenAt, place, context)) return `has expired: it was written on ${writtenAt}, and ${kept}`;
  if (retention > 0 && writtenAt === undefined) return `was deleted outside of this program, or has expired: ${kept}`;
  return "was deleted outside of this program";
}
