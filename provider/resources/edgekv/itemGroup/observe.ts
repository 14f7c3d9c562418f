/** What there is of a group in the account. */
import { findItem, type ItemGroupPlace, sampleItemKeys, saysNoNamespace } from "../../../api/edgekv/items";
import { inWords } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { indexOf, isMarked, type Listing, listingOf, markOfLive, pack, runOf, unpack } from "../../../items/manifest";
import { sideBySide } from "../../../items/concurrently";
import { counted, items, some } from "../../../items/format";
import { hasExpired, inNamespace, retentionOf, whyUnreachable } from "../item/observe";
import type { ItemGroupState } from "./itemGroup";
import { type GroupPlace, placeOf, summaryOf, titleOf } from "./content";

/** As many as may ever be on their way; the pace of requests decides how many are. */
export const hands = 64;
/** Items of which each is read by a refresh; of more a part is, and all if one of that part is not as it should be. */
const readAtLeast = 1000;
const readOneOf = 100;
/** Seconds between the looks at an item that is not as it should be, before that is believed. */
const pauses = [1, 2, 2];
/** When all of so many stay as they are, the others are believed too. */
const askedAgain = 500;
/** Keys beyond those declared that a listing is asked for. */
const more = 1000;
const straysKept = 20;

// ---- what is in the group and is not declared ----

export interface Strays {
  readonly keys: readonly { readonly group: string; readonly key: string }[];
  /** Whether the listings showed all that is there, as far as can be told: all that is declared, and less than was asked for. */
  readonly isWhole: boolean;
}

export async function findStrays(inputs: GroupPlace, declared: Listing, context: Context): Promise<Strays> {
  const keys: { group: string; key: string }[] = [];
  let shownDeclared = 0;
  let isCut = false;
  for (const group of inputs.groups) {
    const most = declared.keys.length + more;
    const shown = await shownKeys({ ...inputs, group }, most, context);
    const ours = (key: string) => indexOf(declared, key) >= 0 && placeOf(inputs, key).group === group;
    shownDeclared += shown.filter(ours).length;
    isCut ||= shown.length >= most;
    keys.push(...shown.filter((key) => !ours(key)).map((key) => ({ group, key })));
  }
  return { keys, isWhole: !isCut && shownDeclared === declared.keys.length };
}

/** Keys of a group, a random part where it has more. */
export function shownKeys(place: ItemGroupPlace, most: number, context: Context): Promise<string[]> {
  return inNamespace(place, context, () => sampleItemKeys(context.http, place, most));
}

// ---- refresh ----

export async function readGroup(state: ItemGroupState, context: Context): Promise<ItemGroupState | undefined> {
  const title = titleOf(state);
  try {
    return await compareWithLive(state, context);
  } catch (error) {
    if (!saysNoNamespace(error)) throw error;
    const why = await whyUnreachable(state, context);
    if (why === undefined) throw error;
    context.notices.warn(
      `${title} ${why === "gone" ? "are gone with their namespace" : "can't be read: the deletion of their namespace is scheduled"}.`,
    );
    return why === "gone" ? undefined : state;
  }
}

async function compareWithLive(state: ItemGroupState, context: Context): Promise<ItemGroupState | undefined> {
  const listing = unpack(state.listing);
  const isOver = await expiredRuns(state, context);
  const expired = listing.keys.filter((_key, index) => isOver(listing.marks[index] as string));
  const drift = await findDrift(state, listing, isOver, context);
  const gone = [...drift].flatMap(([key, mark]) => (mark === undefined ? [key] : []));
  const changed = [...drift.keys()].filter((key) => drift.get(key) !== undefined);
  await tell(state, { expired, gone, changed }, context);
  const left = listing.keys.flatMap((key, index) => {
    const mark = listing.marks[index] as string;
    if (isOver(mark)) return [];
    const live = drift.has(key) ? drift.get(key) : mark;
    return live === undefined ? [] : [[key, live] as const];
  });
  if (left.length === 0 && listing.keys.length > 0) return undefined;
  const { strays: _, ...rest } = state;
  const strays = state.ownership === "exclusive" ? (await findStrays(state, listing, context)).keys.map(({ key }) => key) : [];
  if (strays.length > 0)
    context.notices.warn(
      `${titleOf(state)}: ${counted(strays.length)} in the group that the program does not declare (${some(strays)}); \`up\` deletes what is not declared.`,
    );
  const now = left.length === listing.keys.length && changed.length === 0 ? listing : listingOf(left);
  return { ...rest, ...summaryOf(now), listing: pack(now), ...(strays.length > 0 ? { strays: strays.slice(0, straysKept) } : {}) };
}

/** Whether an item was written so long ago that the namespace has forgotten it, told by its mark. */
export async function expiredRuns(
  state: Pick<ItemGroupState, "network" | "namespace" | "writes">,
  context: Context,
): Promise<(mark: string) => boolean> {
  const over: boolean[] = [];
  for (const time of state.writes) over.push(await hasExpired(time, state, context));
  return (mark) => over[runOf(mark)] === true;
}

/** Items that are not as they were written: what they hold now, or undefined where there is nothing. Of a large group, a part is read first. */
async function findDrift(
  state: ItemGroupState,
  listing: Listing,
  isOver: (mark: string) => boolean,
  context: Context,
): Promise<Map<string, string | undefined>> {
  const all = listing.keys.flatMap((key, index) => (isOver(listing.marks[index] as string) ? [] : [key]));
  const few = Math.max(readAtLeast, Math.ceil(all.length / readOneOf));
  const read = (keys: readonly string[]) => lookAt(state, listing, keys, context);
  if (all.length <= few) return confirmed(await read(all), read, context);
  const part = new Set(Array.from({ length: few }, () => all[Math.floor(context.random() * all.length)] as string));
  const drift = await confirmed(await read([...part]), read, context);
  if (drift.size > 0) return confirmed(await read(all), read, context);
  context.notices.info(`${titleOf(state)}: read ${counted(part.size)} of ${items(all.length)}, which are as they were written.`);
  return drift;
}

async function lookAt(
  state: ItemGroupState,
  listing: Listing,
  keys: readonly string[],
  context: Context,
): Promise<Map<string, string | undefined>> {
  const other = new Map<string, string | undefined>();
  const each = (async function* () {
    yield* keys;
  })();
  let failed: unknown;
  await sideBySide(each, Math.min(hands, keys.length), async (key) => {
    if (failed !== undefined) return;
    try {
      const live = await inNamespace(state, context, () => findItem(context.http, placeOf(state, key)));
      const mark = listing.marks[indexOf(listing, key)] as string;
      if (live === undefined || !isMarked(live, mark)) other.set(key, live === undefined ? undefined : markOfLive(live));
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
  const told = found.flatMap(([keys, what]) => (keys.length > 0 ? [`${counted(keys.length)} ${what} (${some(keys)})`] : []));
  if (told.length > 0) context.notices.warn(`${titleOf(state)}: ${told.join(", ")}; \`up\` writes them again.`);
}

export async function expiryText(state: Pick<ItemGroupState, "network" | "namespace">, context: Context): Promise<string> {
  return `expired, since the namespace keeps items for ${inWords(await retentionOf(state, context))}`;
}
