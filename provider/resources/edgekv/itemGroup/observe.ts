/** What there is of a group in the account. */
import { findItem, type ItemGroupRef, isNamespaceRefused, sampleItemKeys } from "../../../api/edgekv/items";
import { forEachConcurrently } from "../../../items/concurrently";
import { formatCount, formatItems, formatKeys } from "../../../items/format";
import { fingerprintOfLive, indexOf, type Manifest, manifestOf, matchesFingerprint, pack, runOf, unpack } from "../../../items/manifest";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { hasExpired, inNamespace, retentionOf, whyUnreachable } from "../item/observe";
import { displayName, type GroupPlace, itemRefOf, summaryOf } from "./content";
import type { ItemGroupState } from "./schema";

/** As many as may ever be on their way; the pace of requests decides how many are. */
export const concurrency = 64;
/** Items of which each is read by a refresh; of more a part is, and all if one of that part is not as it should be. */
const readAtLeast = 1000;
const readOneOf = 100;
/** Seconds between the looks at an item that is not as it should be, before that is believed. */
const pauses = [1, 2, 2];
/** When all of so many stay as they are, the others are believed too. */
const askedAgain = 500;
/** Keys beyond those declared that a listing is asked for. */
const more = 1000;
const maxUnmanagedKeys = 20;

// ---- what is in the group and is not declared ----

export interface UnmanagedKeys {
  readonly keys: readonly { readonly group: string; readonly key: string }[];
  /** Whether the listings showed all that is there, as far as can be told: all that is declared, and less than was asked for. */
  readonly isWhole: boolean;
}

export async function findUnmanagedKeys(inputs: GroupPlace, declared: Manifest, context: Context): Promise<UnmanagedKeys> {
  const keys: { group: string; key: string }[] = [];
  let shownDeclared = 0;
  let isCut = false;
  for (const group of inputs.groups) {
    const most = declared.keys.length + more;
    const shown = await shownKeys({ ...inputs, group }, most, context);
    const ours = (key: string) => indexOf(declared, key) >= 0 && itemRefOf(inputs, key).group === group;
    shownDeclared += shown.filter(ours).length;
    isCut ||= shown.length >= most;
    keys.push(...shown.filter((key) => !ours(key)).map((key) => ({ group, key })));
  }
  return { keys, isWhole: !isCut && shownDeclared === declared.keys.length };
}

/** Keys of a group, a random part where it has more. */
export function shownKeys(place: ItemGroupRef, most: number, context: Context): Promise<string[]> {
  return inNamespace(place, context, () => sampleItemKeys(context.http, place, most));
}

// ---- refresh ----

export async function readGroup(state: ItemGroupState, context: Context): Promise<ItemGroupState | undefined> {
  const title = displayName(state);
  try {
    return await compareWithLive(state, context);
  } catch (error) {
    if (!isNamespaceRefused(error)) throw error;
    const why = await whyUnreachable(state, context);
    if (why === undefined) throw error;
    context.logger.warn(
      `${title} ${why === "gone" ? "are gone with their namespace" : "can't be read: the deletion of their namespace is scheduled"}.`,
    );
    return why === "gone" ? undefined : state;
  }
}

async function compareWithLive(state: ItemGroupState, context: Context): Promise<ItemGroupState | undefined> {
  const manifest = unpack(state.manifest);
  const isOver = await expiredRuns(state, context);
  const expired = manifest.keys.filter((_key, index) => isOver(manifest.fingerprints[index] as string));
  const drift = await findDrift(state, manifest, isOver, context);
  const gone = [...drift].flatMap(([key, fingerprint]) => (fingerprint === undefined ? [key] : []));
  const changed = [...drift.keys()].filter((key) => drift.get(key) !== undefined);
  await tell(state, { expired, gone, changed }, context);
  const left = manifest.keys.flatMap((key, index) => {
    const fingerprint = manifest.fingerprints[index] as string;
    if (isOver(fingerprint)) return [];
    const live = drift.has(key) ? drift.get(key) : fingerprint;
    return live === undefined ? [] : [[key, live] as const];
  });
  if (left.length === 0 && manifest.keys.length > 0) return undefined;
  const { unmanagedKeys: _, ...rest } = state;
  const unmanaged = state.ownership === "exclusive" ? (await findUnmanagedKeys(state, manifest, context)).keys.map(({ key }) => key) : [];
  if (unmanaged.length > 0)
    context.logger.warn(
      `${displayName(state)}: ${formatCount(unmanaged.length)} in the group that the program does not declare (${formatKeys(unmanaged)}); \`up\` deletes what is not declared.`,
    );
  const now = left.length === manifest.keys.length && changed.length === 0 ? manifest : manifestOf(left);
  return {
    ...rest,
    ...summaryOf(now),
    manifest: pack(now),
    ...(unmanaged.length > 0 ? { unmanagedKeys: unmanaged.slice(0, maxUnmanagedKeys) } : {}),
  };
}

/** Whether an item was written so long ago that the namespace has forgotten it, told by its mark. */
export async function expiredRuns(
  state: Pick<ItemGroupState, "network" | "namespace" | "writes">,
  context: Context,
): Promise<(fingerprint: string) => boolean> {
  const over: boolean[] = [];
  for (const time of state.writes) over.push(await hasExpired(time, state, context));
  return (fingerprint) => over[runOf(fingerprint)] === true;
}

/** Items that are not as they were written: what they hold now, or undefined where there is nothing. Of a large group, a part is read first. */
async function findDrift(
  state: ItemGroupState,
  manifest: Manifest,
  isOver: (fingerprint: string) => boolean,
  context: Context,
): Promise<Map<string, string | undefined>> {
  const all = manifest.keys.flatMap((key, index) => (isOver(manifest.fingerprints[index] as string) ? [] : [key]));
  const few = Math.max(readAtLeast, Math.ceil(all.length / readOneOf));
  const read = (keys: readonly string[]) => readConsistent(state, manifest, keys, context);
  if (all.length <= few) return confirmed(await read(all), read, context);
  const part = new Set(Array.from({ length: few }, () => all[Math.floor(context.random() * all.length)] as string));
  const drift = await confirmed(await read([...part]), read, context);
  if (drift.size > 0) return confirmed(await read(all), read, context);
  context.logger.info(
    `${displayName(state)}: read ${formatCount(part.size)} of ${formatItems(all.length)}, which are as they were written.`,
  );
  return drift;
}

async function readConsistent(
  state: ItemGroupState,
  manifest: Manifest,
  keys: readonly string[],
  context: Context,
): Promise<Map<string, string | undefined>> {
  const other = new Map<string, string | undefined>();
  const each = (async function* () {
    yield* keys;
  })();
  let failed: unknown;
  await forEachConcurrently(each, Math.min(concurrency, keys.length), async (key) => {
    if (failed !== undefined) return;
    try {
      const live = await inNamespace(state, context, () => findItem(context.http, itemRefOf(state, key)));
      const fingerprint = manifest.fingerprints[indexOf(manifest, key)] as string;
      if (live === undefined || !matchesFingerprint(live, fingerprint))
        other.set(key, live === undefined ? undefined : fingerprintOfLive(live));
    } catch (error) {
      failed ??= error;
    }
  });
  if (failed !== undefined) throw failed;
  return other;
}

/** One answer proves nothing: what seems to be other is looked at again, several times over some seconds. */
async function confirmed(
  suspects: ReadonlyMap<string, string | undefined>,
  read: (keys: readonly string[]) => Promise<Map<string, string | undefined>>,
  context: Context,
): Promise<Map<string, string | undefined>> {
  const first = [...suspects.keys()].slice(0, askedAgain);
  const rest = new Map([...suspects].slice(askedAgain));
  let still = new Map<string, string | undefined>([...suspects].slice(0, askedAgain));
  for (const pause of pauses) {
    if (still.size === 0) break;
    await context.clock.sleep(pause * 1000);
    still = await read([...still.keys()]);
  }
  const others = rest.size === 0 || still.size === first.length ? rest : await confirmed(rest, read, context);
  return new Map([...still, ...others]);
}

interface Drift {
  readonly expired: readonly string[];
  readonly gone: readonly string[];
  readonly changed: readonly string[];
}

async function tell(state: ItemGroupState, { expired, gone, changed }: Drift, context: Context): Promise<void> {
  const found = [
    [expired, expired.length === 0 ? "" : await expiryText(state, context)],
    [gone, "deleted outside of this program"],
    [changed, "changed outside of this program"],
  ] as const;
  const told = found.flatMap(([keys, what]) => (keys.length > 0 ? [`${formatCount(keys.length)} ${what} (${formatKeys(keys)})`] : []));
  if (told.length > 0) context.logger.warn(`${displayName(state)}: ${told.join(", ")}; \`up\` writes them again.`);
}

export async function expiryText(state: Pick<ItemGroupState, "network" | "namespace">, context: Context): Promise<string> {
  return `expired, since the namespace keeps items for ${formatDuration(await retentionOf(state, context))}`;
}
