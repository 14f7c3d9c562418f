/** One upload: it is sent, and its job is waited for. */
import { type NamespaceRef, readUpload, startUpload, type Upload } from "../../../api/edgekv/uploads";
import { pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { retryWhileBusy } from "../../../consistency/retry";
import { isNotYetVisible } from "../../../consistency/write";
import { ApiError, isOutcomeUnknown, WaitError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { slot } from "../../../runtime/runState";
import { inNamespace } from "../item/observe";
import { noteUnavailable } from "./transfer";

/** Attempts to send a piece: its answer may get lost, and a job may fail as a whole. Writing twice is harmless. */
const maxAttempts = 3;

/** The service refuses another upload while others go on. */
const isBusy = (error: unknown): boolean => error instanceof ApiError && error.is(409);
const isTooLarge = (error: unknown): boolean => error instanceof ApiError && error.is(413);

/** An upload whose job has ended. */
export interface EndedUpload extends Upload {
  /** When its job was last seen on its way, in milliseconds: it has written its items since. */
  readonly writtenSince: number;
}

/**
 * Uploads packed CSV, and waits until its job has ended.
 * @param onGivenUp called with the reason when no attempt succeeded
 * @returns undefined when its items have to be written in another way
 */
export async function runUpload(
  context: Context,
  ref: NamespaceRef,
  csv: Uint8Array,
  onGivenUp: (reason: string) => void,
): Promise<EndedUpload | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const upload = await send(context, ref, csv);
      if (upload.is === "completed") return upload;
      throw new WaitError(`the upload ended as ${upload.status}`);
    } catch (error) {
      if (noteUnavailable(context, "upload", error)) return undefined;
      const isLost = isOutcomeUnknown(error) || error instanceof WaitError || isNotYetVisible(error);
      if (!isLost && !isTooLarge(error) && !isBusy(error)) throw error;
      if (isLost && !(error instanceof StalledUpload) && attempt < maxAttempts) continue;
      onGivenUp(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
}

class StalledUpload extends WaitError {}

/** Jobs that this run has started. */
const ownUploads = slot(() => new Set<string>());

export const isOwnUpload = ({ runState }: Context, jobId: string): boolean =>
  runState.get(ownUploads).has(jobId);

async function send(context: Context, ref: NamespaceRef, csv: Uint8Array): Promise<EndedUpload> {
  const { http, clock } = context;
  const jobId = await retryWhileBusy(context, {
    attempt: () => inNamespace(context, ref, () => startUpload(http, ref, csv)),
    pauseAfter: (error, _retries, seconds) =>
      isBusy(error) && seconds < propagation.uploadEnded.seconds ? 10 : undefined,
  });
  context.runState.get(ownUploads).add(jobId);
  let writtenSince = clock.now();
  try {
    const ended = await pollUntil(context, {
      what: `upload ${jobId} into namespace ${ref.network}/${ref.namespace} to end`,
      observe: async () => {
        const asked = clock.now();
        const upload = await findUpload(context, ref, jobId);
        if (upload === undefined) return { state: "not visible", is: "pending" };
        if (upload.is === "pending") {
          writtenSince = asked;
          return { state: upload.status, is: "pending" };
        }
        return { state: upload.status, is: "reached", value: upload };
      },
      // Nothing else can go on meanwhile: the end is seen about a tenth of the job's time late.
      growth: 1.1,
      timeout: propagation.uploadEnded.seconds,
      hint: "",
    });
    if (ended.errors === 0) return { ...ended, writtenSince };
    const named = await inNamespace(context, ref, () => readUpload(http, ref, jobId, ended.errors));
    return { ...named, writtenSince };
  } catch (error) {
    throw error instanceof WaitError ? new StalledUpload(error.message.trim()) : error;
  }
}

/** A stale replica may not show the job yet. */
async function findUpload(context: Context, ref: NamespaceRef, jobId: string): Promise<Upload | undefined> {
  try {
    return await inNamespace(context, ref, () => readUpload(context.http, ref, jobId));
  } catch (error) {
    if (isNotYetVisible(error)) return undefined;
    throw error;
  }
}
