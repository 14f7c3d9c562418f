/** Writing and deleting the items of a group: what could not be done stays undone in the state, which is the journal that the next run goes on from. */

import { PartialFailure } from "../../../errors";
import { markWritten } from "../../../items/declaredKeys";
import { formatCount, formatKeys } from "../../../items/format";
import { compare, emptyManifest, type Manifest, mostRuns, pack, pruneRuns, runOf, unpack } from "../../../items/manifest";
import { WriteLog } from "../../../items/writeLog";
import type { Context } from "../../../runtime/context";
import { hasExpired, whyUnreachable } from "../item/observe";
import { isStillUsed } from "../namespace/observe";
import { Batch } from "./batch";
import { declaredManifest, displayName, summaryOf } from "./content";
import { findUnmanagedKeys } from "./observe";
import type { ItemGroupInputs, ItemGroupState } from "./schema";

/** What is there before a run. */
export interface Before {
  readonly manifest: Manifest;
  readonly writes: readonly string[];
}

/** Listings without anything new that it takes to believe that nothing else is there, where they show a random part only. */
const cleanListings = 3;

/** Brings the items to what is declared, from what the state knows of them. */
export async function reconcileItems(
  id: string,
  inputs: ItemGroupInputs,
  { manifest, writes }: Before,
  context: Context,
): Promise<ItemGroupState> {
  markWritten(context.runState, inputs.owner);
  const wanted = await declaredManifest(inputs, context);
  const { manifest: before, times } = pruneRuns(manifest, writes, mostRuns - 1);
  const isOver: boolean[] = [];
  for (const time of times) isOver.push(await hasExpired(time, inputs, context));
  const difference = compare(before, wanted);
  const now = new Date(context.clock.now()).toISOString();
  const ledger = new WriteLog(wanted, before, difference, times.length, (fingerprint) => isOver[runOf(fingerprint)] === true);
  const toState = (): ItemGroupState => {
    const there = pruneRuns(ledger.manifest(), [...times, now], mostRuns);
    return { ...inputs, ...summaryOf(there.manifest), manifest: pack(there.manifest), writes: [...there.times] };
  };
  try {
    const batch = new Batch(inputs, ledger, context);
    await batch.write();
    await batch.delete(difference.removed);
    await batch.settle();
    if (inputs.ownership === "exclusive") await removeUnmanagedKeys(inputs, wanted, batch, context);
    batch.demandSuccess();
  } catch (error) {
    const state = toState();
    // Where nothing is there, and nothing was, there is nothing to keep.
    throw state.count === 0 && before.keys.length === 0 ? error : new PartialFailure(id, state, error);
  }
  return toState();
}

/** Deletes what is in an exclusive group and is not declared, and says how sure it is that nothing is left. */
async function removeUnmanagedKeys(inputs: ItemGroupInputs, wanted: Manifest, batch: Batch, context: Context): Promise<void> {
  const removed = new Set<string>();
  for (let clean = 0; clean < cleanListings; ) {
    const { keys, isWhole } = await findUnmanagedKeys(inputs, wanted, context);
    const fresh = keys.filter(({ group, key }) => !removed.has(`${group}/${key}`));
    for (const { group, key } of fresh) removed.add(`${group}/${key}`);
    await batch.deleteOthers(fresh);
    clean = fresh.length > 0 ? 0 : clean + 1;
    if (clean > 0 && isWhole) break;
  }
  await batch.settle();
  if (removed.size === 0) return;
  const { isWhole } = await findUnmanagedKeys(inputs, wanted, context);
  const sure = isWhole
    ? ""
    : ` EdgeKV shows a random part of a large group: ${cleanListings} listings in a row showed nothing else, but that is no proof.`;
  const keys = [...removed].map((one) => one.slice(one.indexOf("/") + 1));
  context.logger.info(
    `${displayName(inputs)}: deleted what is not declared, ${formatCount(keys.length)} in all (${formatKeys(keys)}).${sure}`,
  );
}

export async function removeItems(state: ItemGroupState, context: Context): Promise<void> {
  if (isStillUsed(context.runState, { network: state.network, name: state.namespace })) return;
  const { keys, fingerprints } = unpack(state.manifest);
  const batch = new Batch(
    state,
    new WriteLog(emptyManifest, { keys, fingerprints }, { added: [], changed: [], removed: [...keys] }, 0, () => false),
    context,
  );
  await batch.delete(keys);
  // They went with their namespace, or will.
  if (batch.lacksNamespace && (await whyUnreachable(state, context)) !== undefined) return;
  await batch.settle();
  batch.demandSuccess();
}
