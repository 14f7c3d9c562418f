/** Writes under eventual consistency: idempotent, although the service is not. */
import { ApiError, isOutcomeUnknown } from "../errors";
import type { Context } from "../runtime/context";
import { holdsOnAnyReplica } from "./read";

/** A request that must not have its effect twice, and how to find that effect. */
export interface IdempotentCreate<T> {
  readonly send: () => Promise<T>;
  /** Looks for what `send` would have made. */
  readonly find: () => Promise<T | undefined>;
  /** Seconds within which a stale replica shows the effect. */
  readonly window: number;
}

const createAttempts = 3;

/**
 * Sends a request whose answer may get lost. When the outcome is unknown, looks for the effect first, for as long as it may take to
 * show. Sends again only when there is none.
 */
export async function createOnce<T>(
  context: Context,
  { send, find, window }: IdempotentCreate<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const isUnknown = isOutcomeUnknown(error);
      // A refusal of a later attempt may be the late effect of an earlier one: the name is taken, by what was asked for.
      if (!isUnknown && attempt === 1) throw error;
      const until = context.clock.now() + window * 1000;
      do {
        await context.clock.sleep(Math.min(2, window) * 1000);
        const found = await find();
        if (found !== undefined) return found;
      } while (context.clock.now() < until);
      if (!isUnknown || attempt >= createAttempts) throw error;
    }
  }
}

/** A request that a stale replica may refuse, because it does not show yet what this run has just made. */
export interface StaleRetry<T> {
  readonly send: () => Promise<T>;
  /** Whether the refusal may come from a stale replica. */
  readonly isStale: (error: unknown) => boolean | Promise<boolean>;
  /** Seconds within which every replica is up to date. */
  readonly window: number;
}

/** Seconds between two attempts. */
const retryInterval = 2;

/** Sends the request again while replicas may be stale. Their refusal means that it had no effect. */
export async function retryWhileStale<T>(
  context: Context,
  { send, isStale, window }: StaleRetry<T>,
): Promise<T> {
  const until = context.clock.now() + window * 1000;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (context.clock.now() >= until || !(await isStale(error))) throw error;
      await context.clock.sleep(retryInterval * 1000);
    }
  }
}

/** The refusal of a replica that does not show the object that a request names. */
export function isNotYetVisible(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

const deleteAttempts = 5;

/**
 * Deletes, or finds that there is nothing to delete. A 404 may mean that it is gone, that it can't be deleted, or that the replica is
 * stale: reads show which, and another attempt may reach another replica.
 */
export async function deleteIdempotently(
  context: Context,
  send: () => Promise<void>,
  find: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (!isNotYetVisible(error)) throw error;
      if (await holdsOnAnyReplica(context, async () => (await find()) === undefined)) return;
      if (attempt === deleteAttempts) throw error;
    }
  }
}
