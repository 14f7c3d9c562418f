/**
 * Writes items by uploads. What it does not mark as written is still due, and single requests write it: so every
 * way in which an upload can fail ends with the items in place, or with failures that name them.
 */
import { listPendingUploads, type UploadFailure } from "../../../api/edgekv/uploads";
import { pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { PreconditionError, truncate, WaitError } from "../../../errors";
import { forEachConcurrently } from "../../../items/concurrently";
import { formatCount, formatItems, formatProgress } from "../../../items/format";
import { indexOf, type Manifest } from "../../../items/manifest";
import type { Context } from "../../../runtime/context";
import { type EndedUpload, isOwnUpload, runUpload } from "../bulk/runUpload";
import { noteUnavailable, pieceBytes, uploadsAtOnce } from "../bulk/transfer";
import { inNamespace } from "../item/observe";
import { isNewNamespace } from "../namespace/observe";
import { displayName, itemRefOf } from "./content";
import { type DueItem, type Piece, piecesOf } from "./pieces";
import type { ItemGroupInputs } from "./schema";

export interface UploadTarget {
  readonly wanted: Manifest;
  /**
   * The job of these items has ended, and names none of them as failed.
   * @param since milliseconds: it has written them since then
   */
  written(indices: readonly number[], since: number): void;
  /** The job names the item as failed. */
  failed(key: string, index: number, message: string): Promise<void>;
}

const secondsBetweenReports = 30;
const maxMessageLength = 200;

export async function uploadItems(
  context: Context,
  inputs: ItemGroupInputs,
  due: number,
  items: AsyncIterable<DueItem>,
  target: UploadTarget,
): Promise<void> {
  const { clock, logger } = context;
  if (!(await awaitEarlierUploads(context, inputs))) return;
  const began = clock.now();
  let [ended, reported, isStopped] = [0, began, false];
  const untilStopped = async function* () {
    for await (const item of items) {
      if (isStopped) return;
      yield item;
    }
  };
  await forEachConcurrently(piecesOf(inputs, untilStopped(), pieceBytes), uploadsAtOnce, async (piece) => {
    if (isStopped) return;
    const upload = await uploadPiece(context, inputs, piece);
    if (upload === undefined) {
      isStopped = true;
      return;
    }
    await settle(context, inputs, piece, upload, target);
    ended += piece.indices.length;
    if (clock.now() - reported < secondsBetweenReports * 1000) return;
    reported = clock.now();
    logger.info(`uploading ${displayName(inputs)}: ${formatProgress(ended, due, reported - began)}`);
  });
}

/**
 * Waits for uploads of an interrupted run, which could replace newer values when they end after this one's. False
 * when the service has no uploads.
 */
async function awaitEarlierUploads(context: Context, inputs: ItemGroupInputs): Promise<boolean> {
  // No run before this one could write there.
  if (isNewNamespace(context.runState, inputs)) return true;
  try {
    await pollUntil(context, {
      what: `earlier uploads into namespace ${inputs.network}/${inputs.namespace} to end`,
      observe: async () => {
        const pending = await inNamespace(context, inputs, () => listPendingUploads(context.http, inputs));
        // Those of this run write other items.
        const earlier = pending.filter((jobId) => !isOwnUpload(context, jobId));
        if (earlier.length === 0) return { state: "over", is: "reached", value: undefined };
        return { state: `on the way (${earlier.join(", ")})`, is: "pending" };
      },
      timeout: propagation.earlierUploadEnded.seconds,
    });
  } catch (error) {
    if (noteUnavailable(context, "upload", error)) return false;
    if (!(error instanceof WaitError)) throw error;
    context.logger.warn(`${displayName(inputs)}: ${error.message} The upload goes on without them.`);
  }
  return true;
}

/** The upload of a piece, once it has ended. Undefined when its items have to be written one by one. */
function uploadPiece(
  context: Context,
  inputs: ItemGroupInputs,
  piece: Piece,
): Promise<EndedUpload | undefined> {
  return runUpload(context, inputs, piece.csv, (reason) =>
    context.logger.warn(
      `${displayName(inputs)}: ${formatItems(piece.indices.length)} and what follows are written one by one, since the upload did not succeed: ${reason}`,
    ),
  );
}

/** Tells the items that failed from those that were written. */
async function settle(
  context: Context,
  inputs: ItemGroupInputs,
  { indices }: Piece,
  { errors, failures, writtenSince }: EndedUpload,
  target: UploadTarget,
): Promise<void> {
  const inPiece = new Set(indices);
  const failed = new Map<number, string>();
  for (const failure of failures) {
    const index = indexOfFailure(inputs, target.wanted, failure);
    if (index !== undefined && inPiece.has(index)) failed.set(index, failure.message);
  }
  if (failed.size < errors) {
    context.logger.warn(
      `${displayName(inputs)}: an upload reports ${formatCount(errors)} failures and names ${formatCount(failed.size)} of them: its ${formatItems(indices.length)} are written one by one.`,
    );
    return;
  }
  target.written(
    Array.from(indices).filter((index) => !failed.has(index)),
    writtenSince,
  );
  const tasks = (async function* () {
    yield* failed;
  })();
  await forEachConcurrently(tasks, Math.min(uploadsAtOnce * 8, failed.size), ([index, message]) =>
    target.failed(target.wanted.keys.at(index), index, truncate(message, maxMessageLength)),
  );
}

function indexOfFailure(
  inputs: ItemGroupInputs,
  wanted: Manifest,
  { item }: UploadFailure,
): number | undefined {
  if (item === undefined) return undefined;
  const index = indexOf(wanted, item.key);
  return index >= 0 && itemRefOf(inputs, item.key).group === item.group ? index : undefined;
}

/** The failure of an item, by the words of the job. */
export const uploadFailure = (message: string) =>
  new PreconditionError(`the upload could not write it: ${message}`);
