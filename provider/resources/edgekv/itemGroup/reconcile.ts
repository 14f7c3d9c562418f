/** Writing and deleting the items of a group: what could not be done stays undone in the state, which is the journal that the next run goes on from. */
import type { Context } from "../../../runtime/context";
import { PartialFailure } from "../../../errors";
import { putInForce } from "../../../items/declaredKeys";
import { Ledger } from "../../../items/writeLog";
import { compare, type Listing, mostRuns, nothing, pack, pruneRuns, runOf, unpack } from "../../../items/manifest";
import { counted, some } from "../../../items/format";
import { hasExpired, whyUnreachable } from "../item/observe";
import type { ItemGroupInputs, ItemGroupState } from "./itemGroup";
import { Batch } from "./batch";
import { declaredListing, summaryOf, titleOf } from "./content";
import { findStrays } from "./observe";
import { isStillUsed } from "../namespace/observe";

/** What is there before a run. */
export interface Before {
  readonly listing: Listing;
  readonly writes: readonly string[];
}

/** Listings without anything new that it takes to believe that nothing else is there, where they show a random part only. */
const cleanListings = 3;

/** Brings the items to what is declared, from what the state knows of them. */
export async function bring(id: string, inputs: ItemGroupInputs, { listing, writes }: Before, context: Context): Promise<ItemGroupState> {
  putInForce(context.memory, inputs.owner);
  const wanted = await declaredListing(inputs, context);
  const { listing: before, times } = pruneRuns(listing, writes, mostRuns - 1);
  const isOver: boolean[] = [];
  for (const time of times) isOver.push(await hasExpired(time, inputs, context));
  const difference = compare(before, wanted);
  const now = new Date(context.clock.now()).toISOString();
  const ledger = new Ledger(wanted, before, difference, times.length, (mark) => isOver[runOf(mark)] === true);
  const toState = (): ItemGroupState => {
    const there = pruneRuns(ledger.listing(), [...times, now], mostRuns);
    return { ...inputs, ...summaryOf(there.listing), listing: pack(there.listing), writes: [...there.times] };
  };
  try {
    const batch = new Batch(inputs, ledger, context);
    await batch.write();
    await batch.delete(difference.removed);
    await batch.settle();
    if (inputs.ownership === "exclusive") await removeStrays(inputs, wanted, batch, context);
    batch.demandSuccess();
  } catch (error) {
    const state = toState();
    // Where nothing is there, and nothing was, there is nothing to keep.
    throw state.count === 0 && before.keys.length === 0 ? error : new PartialFailure(id, state, error);
  }
  return toState();
}

/** Deletes what is in an exclusive group and is not declared, and says how sure it is that nothing is left. */
async function removeStrays(inputs: ItemGroupInputs, wanted: Listing, batch: Batch, context: Context): Promise<void> {
  const removed = new Set<string>();
  for (let clean = 0; clean < cleanListings; ) {
    const { keys, isWhole } = await findStrays(inputs, wanted, context);
    const fresh = keys.filter(({ group, key }) => !removed.has(`${group}/${key}`));
    for (const { group, key } of fresh) removed.add(`${group}/${key}`);
    await batch.deleteOthers(fresh);
    clean = fresh.length > 0 ? 0 : clean + 1;
    if (clean > 0 && isWhole) break;
  }
  await batch.settle();
  if (removed.size === 0) return;
  const { isWhole } = await findStrays(inputs, wanted, context);
  const sure = isWhole
    ? ""
    : ` EdgeKV shows a random part of a large group: ${cleanListings} listings in a row showed nothing else, but that is no proof.`;
  const keys = [...removed].map((one) => one.slice(one.indexOf("/") + 1));
  context.notices.info(`${titleOf(inputs)}: deleted what is not declared, ${counted(keys.length)} in all (${some(keys)}).${sure}`);
}

export async function removeItems(state: ItemGroupState, context: Context): Promise<void> {
  if (isStillUsed(context.memory, { network: state.network, name: state.namespace })) return;
  const { keys, marks } = unpack(state.listing);
  const batch = new Batch(
    state,
    new Ledger(nothing, { keys, marks }, { added: [], changed: [], removed: [...keys] }, 0, () => false),
    context,
  );
  await batch.delete(keys);
  // They went with their namespace, or will.
  if (batch.lacksNamespace && (await whyUnreachable(state, context)) !== undefined) return;
  await batch.settle();
  batch.demandSuccess();
}
