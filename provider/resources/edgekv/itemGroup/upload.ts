/**
 * Writes items by uploads. What it does not mark as written is still due, and single requests write it: so every
 * way in which an upload can fail ends with the items in place, or with failures that name them.
 */
import {
  listPendingUploads,
  readUpload,
  startUpload,
  type Upload,
  type UploadFailure,
} from "../../../api/edgekv/uploads";
import { pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { retryWhileBusy } from "../../../consistency/retry";
import { isNotYetVisible } from "../../../consistency/write";
import { ApiError, isOutcomeUnknown, PreconditionError, truncate, WaitError } from "../../../errors";
import { forEachConcurrently } from "../../../items/concurrently";
import { formatCount, formatItems, formatProgress } from "../../../items/format";
import { indexOf, type Manifest } from "../../../items/manifest";
import type { Context } from "../../../runtime/context";
import { inNamespace } from "../item/observe";
import { displayName, itemRefOf } from "./content";
import { type DueItem, type Piece, piecesOf } from "./pieces";
import type { ItemGroupInputs } from "./schema";
import { noteUnavailable, pieceBytes, uploadsAtOnce } from "./transfer";

export interface UploadTarget {
  readonly wanted: Manifest;
  /** The job of these items has ended, and names none of them as failed. */
  written(indices: readonly number[]): void;
  /** The job names the item as failed. */
  failed(key: string, index: number, message: string): Promise<void>;
}

/** Attempts to send a piece: its answer may get lost, and a job may fail as a whole. Writing twice is harmless. */
const maxAttempts = 3;
const secondsBetweenReports = 30;
const maxMessageLength = 200;

/** The service refuses another upload while others go on. */
const isBusy = (error: unknown): boolean => error instanceof ApiError && error.is(409);
const isTooLarge = (error: unknown): boolean => error instanceof ApiError && error.is(413);

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
  try {
    await pollUntil(context, {
      what: `earlier uploads into namespace ${inputs.network}/${inputs.namespace} to end`,
      observe: async () => {
        const pending = await inNamespace(context, inputs, () => listPendingUploads(context.http, inputs));
        if (pending.length === 0) return { state: "over", is: "reached", value: undefined };
        return { state: `on the way (${pending.join(", ")})`, is: "pending" };
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
async function uploadPiece(
  context: Context,
  inputs: ItemGroupInputs,
  piece: Piece,
): Promise<Upload | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const upload = await sendPiece(context, inputs, piece);
      if (upload.is === "completed") return upload;
      throw new WaitError(`the upload ended as ${upload.status}`);
    } catch (error) {
      if (noteUnavailable(context, "upload", error)) return undefined;
      const isLost = isOutcomeUnknown(error) || error instanceof WaitError || isNotYetVisible(error);
      if (!isLost && !isTooLarge(error) && !isBusy(error)) throw error;
      if (isLost && !(error instanceof StalledUpload) && attempt < maxAttempts) continue;
      context.logger.warn(
        `${displayName(inputs)}: ${formatItems(piece.indices.length)} and what follows are written one by one, since the upload did not succeed: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    }
  }
}

class StalledUpload extends WaitError {}

async function sendPiece(context: Context, inputs: ItemGroupInputs, { csv }: Piece): Promise<Upload> {
  const { http } = context;
  const jobId = await retryWhileBusy(context, {
    attempt: () => inNamespace(context, inputs, () => startUpload(http, inputs, csv)),
    pauseAfter: (error, _retries, seconds) =>
      isBusy(error) && seconds < propagation.uploadEnded.seconds ? 10 : undefined,
  });
  try {
    const ended = await pollUntil(context, {
      what: `upload ${jobId} into namespace ${inputs.network}/${inputs.namespace} to end`,
      observe: async () => {
        const upload = await findUpload(context, inputs, jobId);
        if (upload === undefined) return { state: "not visible", is: "pending" };
        if (upload.is === "pending") return { state: upload.status, is: "pending" };
        return { state: upload.status, is: "reached", value: upload };
      },
      timeout: propagation.uploadEnded.seconds,
      hint: "",
    });
    if (ended.errors === 0) return ended;
    return await inNamespace(context, inputs, () => readUpload(http, inputs, jobId, ended.errors));
  } catch (error) {
    throw error instanceof WaitError ? new StalledUpload(error.message.trim()) : error;
  }
}

/** A stale replica may not show the job yet. */
async function findUpload(
  context: Context,
  inputs: ItemGroupInputs,
  jobId: string,
): Promise<Upload | undefined> {
  try {
    return await inNamespace(context, inputs, () => readUpload(context.http, inputs, jobId));
  } catch (error) {
    if (isNotYetVisible(error)) return undefined;
    throw error;
  }
}

/** Tells the items that failed from those that were written. */
async function settle(
  context: Context,
  inputs: ItemGroupInputs,
  { indices }: Piece,
  { errors, failures }: Upload,
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
  target.written(Array.from(indices).filter((index) => !failed.has(index)));
  const tasks = (async function* () {
    yield* failed;
  })();
  await forEachConcurrently(tasks, Math.min(uploadsAtOnce * 8, failed.size), ([index, message]) =>
    target.failed(target.wanted.keys[index] as string, index, truncate(message, maxMessageLength)),
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
