/** Reads of a group: keys that are not declared, and items that differ from the state. */
import { type ItemGroupRef, sampleItemKeys } from "../../../api/edgekv/items";
import { findPersistently } from "../../../consistency/read";
import { forEachConcurrently } from "../../../items/concurrently";
import {
  fingerprintOfLive,
  matchesFingerprint,
  retentionOf as retentionOfItem,
  runOf,
} from "../../../items/fingerprint";
import { formatCount, formatItems } from "../../../items/format";
import { indexOf, type Manifest } from "../../../items/manifest";
import { hasRetentions, unpack } from "../../../items/packedManifest";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { type Key, keyOf, slot } from "../../../runtime/runState";
import { usesBulk } from "../bulk/transfer";
import { hasExpired, inNamespace, readItem, retentionOf } from "../item/observe";
import { displayName, type GroupScope, itemRefOf } from "./content";
import { ABSENT, downloadGroups, SAME } from "./download";
import type { ItemGroupInputs, ItemGroupState } from "./schema";

/** Requests in flight at most. The adaptive rate of requests decides how many there are. */
export const concurrency = 64;
/**
 * Without a download, a refresh reads each item of a group up to this size. Of a larger group it reads a sample, and
 * all when that shows drift.
 */
const minSample = 1000;
/** The sample of a larger group is one item in so many, but not less than `minSample`. */
const sampleInterval = 100;
/**
 * Differences that are confirmed by further reads. When all of them persist, the others count as confirmed
 * too.
 */
const confirmedAtOnce = 500;
/** Keys that a sample of a group's keys is asked for beyond the declared ones. */
const sampleMargin = 1000;

// ---- keys that are not declared ----

export interface UnmanagedKeys {
  readonly keys: readonly { readonly group: string; readonly key: string }[];
  /** Whether the samples showed the whole group: all that is declared, and less than was asked for. */
  readonly isComplete: boolean;
}

export async function findUnmanagedKeys(
  context: Context,
  scope: GroupScope & Pick<ItemGroupInputs, "transfer">,
  declared: Manifest,
): Promise<UnmanagedKeys> {
  if (usesBulk(context, scope, "download", declared.keys.length)) {
    const found = await downloadGroups(context, scope, declared);
    if (found !== undefined) return { keys: found.unmanaged, isComplete: !found.isCut };
  }
  const keys: { group: string; key: string }[] = [];
  let declaredCount = 0;
  let isCut = false;
  for (const group of scope.groups) {
    const limit = declared.keys.length + sampleMargin;
    const sample = await sampleKeys(context, { ...scope, group }, limit);
    const isDeclared = (key: string) => indexOf(declared, key) >= 0 && itemRefOf(scope, key).group === group;
    declaredCount += sample.filter(isDeclared).length;
    isCut ||= sample.length >= limit;
    keys.push(...sample.filter((key) => !isDeclared(key)).map((key) => ({ group, key })));
  }
  return { keys, isComplete: !isCut && declaredCount === declared.keys.length };
}

/** Keys of a group: all of them, or a random sample of a large group. */
export async function sampleKeys(context: Context, ref: ItemGroupRef, limit: number): Promise<string[]> {
  const keys = await inNamespace(context, ref, () => sampleItemKeys(context.http, ref, limit));
  if (keys.length === 0) context.runState.get(emptyGroups).set(groupKey(ref), context.clock.now());
  return keys;
}

/** Groups that a listing of this run showed as empty, and when it did. */
const emptyGroups = slot(() => new Map<Key, number>());
/** Milliseconds for which such a listing counts: others may write meanwhile. */
const maxAge = 60_000;

/** Whether a listing of this run has just shown that the group has no items. */
export function wasJustEmpty({ runState, clock }: Context, ref: ItemGroupRef): boolean {
  const at = runState.get(emptyGroups).get(groupKey(ref));
  return at !== undefined && clock.now() - at <= maxAge;
}

const groupKey = ({ network, namespace, group, sandboxId = "" }: ItemGroupRef): Key =>
  keyOf("group", network, namespace, group, sandboxId);

// ---- expiry ----

/** Whether an item has expired, from the run in its fingerprint. */
export async function expiredRuns(
  context: Context,
  state: Pick<ItemGroupState, "network" | "namespace" | "writes" | "sandboxId">,
): Promise<(fingerprint: string) => boolean> {
  const isExpired: boolean[] = [];
  for (const time of state.writes) isExpired.push(await hasExpired(context, time, state));
  const now = context.clock.now();
  return (fingerprint) => {
    const own = retentionOfItem(fingerprint);
    if (own === undefined) return isExpired[runOf(fingerprint)] === true;
    return own > 0 && now - Date.parse(state.writes[runOf(fingerprint)] ?? "") >= own * 1000;
  };
}

export async function describeExpiry(
  context: Context,
  state: Pick<ItemGroupState, "network" | "namespace" | "manifest" | "manifestParts" | "sandboxId">,
): Promise<string> {
  if (state.sandboxId !== undefined) return "expired, since a sandbox retains items for two days";
  if (hasRetentions(unpack(state))) return "expired, since their retention is over";
  return `expired, since the namespace retains items for ${formatDuration(await retentionOf(context, state))}`;
}

// ---- drift ----

/**
 * Items that differ from the state, by key: the fingerprint of what they hold now, or undefined where there
 * is no item.
 */
export type Differences = ReadonlyMap<string, string | undefined>;

export async function findDrift(
  context: Context,
  state: ItemGroupState,
  manifest: Manifest,
  isExpired: (fingerprint: string) => boolean,
): Promise<Differences> {
  const read = (keys: readonly string[]) => readDifferences(context, state, manifest, keys);
  if (usesBulk(context, state, "download", manifest.keys.length)) {
    const suspects = await downloadDifferences(context, state, manifest, isExpired);
    if (suspects !== undefined) return confirm(context, suspects, read);
  }
  const all = manifest.keys.filter((_key, index) => !isExpired(manifest.fingerprints.at(index)));
  const sampleSize = Math.max(minSample, Math.ceil(all.length / sampleInterval));
  if (all.length <= sampleSize) return confirm(context, await read(all), read);
  const sample = new Set(
    Array.from({ length: sampleSize }, () => all[Math.floor(context.random() * all.length)] as string),
  );
  const drift = await confirm(context, await read([...sample]), read);
  if (drift.size > 0) return confirm(context, await read(all), read);
  context.logger.info(
    `${displayName(state)}: read ${formatCount(sample.size)} of ${formatItems(all.length)}, and found no drift.`,
  );
  return drift;
}

/** The differences that one download shows, of every item. Undefined without a download. */
async function downloadDifferences(
  context: Context,
  state: ItemGroupState,
  manifest: Manifest,
  isExpired: (fingerprint: string) => boolean,
): Promise<Differences | undefined> {
  const found = await downloadGroups(context, state, manifest);
  if (found === undefined) return undefined;
  const differences = new Map<string, string | undefined>();
  for (const [index, is] of found.states.entries()) {
    if (is === SAME || isExpired(manifest.fingerprints.at(index))) continue;
    differences.set(manifest.keys.at(index), is === ABSENT ? undefined : found.live.get(index));
  }
  return differences;
}

async function readDifferences(
  context: Context,
  state: ItemGroupState,
  manifest: Manifest,
  keys: readonly string[],
): Promise<Differences> {
  const differences = new Map<string, string | undefined>();
  const tasks = (async function* () {
    yield* keys;
  })();
  let failure: { readonly error: unknown } | undefined;
  await forEachConcurrently(tasks, Math.min(concurrency, keys.length), async (key) => {
    if (failure !== undefined) return;
    try {
      const live = await readItem(context, itemRefOf(state, key));
      const fingerprint = manifest.fingerprints.at(indexOf(manifest, key));
      if (live === undefined) differences.set(key, undefined);
      else if (!matchesFingerprint(live, fingerprint)) differences.set(key, fingerprintOfLive(live));
    } catch (error) {
      failure ??= { error };
    }
  });
  if (failure !== undefined) throw failure.error;
  return differences;
}

/** The differences that persist. One answer alone may come from a stale replica. */
async function confirm(
  context: Context,
  suspects: Differences,
  read: (keys: readonly string[]) => Promise<Differences>,
): Promise<Differences> {
  const first = new Map([...suspects].slice(0, confirmedAtOnce));
  const rest = new Map([...suspects].slice(confirmedAtOnce));
  const confirmed = await findPersistently(context, first, read);
  const others = rest.size === 0 || confirmed.size === first.size ? rest : await confirm(context, rest, read);
  return new Map([...confirmed, ...others]);
}
