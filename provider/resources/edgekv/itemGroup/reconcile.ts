/**
 * Writes and deletes the items of a group. The state records what was done, so that the next run continues
 * from there.
 */

import { PartialFailure } from "../../../errors";
import { markWritten } from "../../../items/declaredKeys";
import { maxRuns } from "../../../items/fingerprint";
import { formatCount, formatKeys } from "../../../items/format";
import { emptyManifest, type Manifest, pruneRuns } from "../../../items/manifest";
import { pack, unpack } from "../../../items/packedManifest";
import { WriteLog } from "../../../items/writeLog";
import type { Context } from "../../../runtime/context";
import { collectNow } from "../../../runtime/memory";
import { whyUnreachable } from "../item/observe";
import { staysForReaders } from "../item/readers";
import { isCondemned } from "../namespace/dataAtRisk";
import { Batch } from "./batch";
import { declaredManifest, displayName, manyItems, sourceManifests, summaryOf } from "./content";
import { expiredRuns, findUnmanagedKeys } from "./observe";
import type { ItemGroupInputs, ItemGroupState } from "./schema";

/** The items in the state before a run. */
export interface RecordedItems {
  readonly manifest: Manifest;
  readonly writes: readonly string[];
}

/**
 * Samples in a row without unmanaged keys that end the search, where each shows only a random part of the
 * group.
 */
const consecutiveCleanSamples = 3;

/** Creates and updates a group: the state alone determines which items are written and deleted. */
export async function reconcileItems(
  context: Context,
  id: string,
  inputs: ItemGroupInputs,
  { manifest, writes }: RecordedItems,
): Promise<ItemGroupState> {
  markWritten(context.runState, inputs.owner);

  // Observe: the source, the state, and which items have expired.
  const wanted = await declaredManifest(context, inputs);
  const { manifest: before, times } = pruneRuns(manifest, writes, maxRuns - 1);
  const isExpired = await expiredRuns(context, { ...inputs, writes: times });
  const now = new Date(context.clock.now()).toISOString();
  const writeLog = new WriteLog(wanted, before, times.length, isExpired);
  const removed = writeLog.leftovers;
  const toState = (): ItemGroupState => {
    if (wanted.keys.length >= manyItems) collectNow();
    const present = pruneRuns(writeLog.manifest(), [...times, now], maxRuns);
    const packed = pack(present.manifest);
    if (writeLog.isComplete && packed.manifestParts !== undefined)
      context.runState.get(sourceManifests).get(inputs.digest)?.pack(packed);
    return {
      ...inputs,
      ...(writeLog.isComplete ? {} : summaryOf(present.manifest)),
      ...packed,
      writes: [...present.times],
    };
  };

  // Sync.
  try {
    const batch = new Batch(context, inputs, writeLog);
    await batch.write();
    await batch.delete(removed);
    await batch.verify();
    if (inputs.ownership === "exclusive") await removeUnmanagedKeys(context, inputs, wanted, batch);
    batch.throwFailures();
  } catch (error) {
    const state = toState();
    // A create without any effect leaves no state.
    throw state.count === 0 && before.keys.length === 0 ? error : new PartialFailure(id, state, error);
  }
  return toState();
}

/** Deletes what is in an exclusive group and is not declared. Reports whether something may be left. */
async function removeUnmanagedKeys(
  context: Context,
  inputs: ItemGroupInputs,
  wanted: Manifest,
  batch: Batch,
): Promise<void> {
  const removed = new Set<string>();
  for (let clean = 0; clean < consecutiveCleanSamples; ) {
    const { keys, isComplete } = await findUnmanagedKeys(context, inputs, wanted);
    // A stale replica may still show what was just deleted.
    const found = keys.filter(({ group, key }) => !removed.has(`${group}/${key}`));
    for (const { group, key } of found) removed.add(`${group}/${key}`);
    await batch.deleteUnmanaged(found);
    clean = found.length > 0 ? 0 : clean + 1;
    if (clean > 0 && isComplete) break;
  }
  await batch.verify();
  if (removed.size === 0) return;
  const { isComplete } = await findUnmanagedKeys(context, inputs, wanted);
  const caveat = isComplete
    ? ""
    : ` EdgeKV shows a random sample of a large group: ${consecutiveCleanSamples} samples in a row showed nothing else, but that is no proof.`;
  const keys = [...removed].map((path) => path.slice(path.indexOf("/") + 1));
  context.logger.info(
    `${displayName(inputs)}: deleted what is not declared, ${formatCount(keys.length)} in all (${formatKeys(keys)}).${caveat}`,
  );
}

export async function removeItems(context: Context, state: ItemGroupState): Promise<void> {
  // Observe. Items go with a namespace that is replaced. Those that live code reads stay.
  if (isCondemned(context.runState, state)) return;
  if (await staysForReaders(context, state, displayName(state))) return;

  // Delete. A namespace that is deleted, or will be, takes its items with it.
  const before = unpack(state);
  const removed = [...before.keys];
  const batch = new Batch(context, state, new WriteLog(emptyManifest, before, 0, () => false));
  await batch.delete(removed);
  if (batch.isNamespaceRefused && (await whyUnreachable(context, state)) !== undefined) return;
  await batch.verify();
  batch.throwFailures();
}
