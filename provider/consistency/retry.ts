/** Pauses between attempts. */
import type { Context } from "../runtime/context";

/** A request that the service refuses while something else goes on with the object. */
export interface BusyRetry<T> {
  readonly attempt: () => Promise<T>;
  /**
   * Seconds until the next attempt; undefined when the error is final.
   * @param retries how many there were so far
   * @param seconds since the first refusal: what was waited for before that may have taken long
   */
  readonly pauseAfter: (error: unknown, retries: number, seconds: number) => number | undefined;
}

/** Begins anew, with fresh reads, while the service is busy with the object. */
export async function retryWhileBusy<T>(context: Context, { attempt, pauseAfter }: BusyRetry<T>): Promise<T> {
  let refusedAt: number | undefined;
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      const now = context.clock.now();
      refusedAt ??= now;
      const seconds = pauseAfter(error, retries, (now - refusedAt) / 1000);
      if (seconds === undefined) throw error;
      await pause(context, seconds);
    }
  }
}

/** Lets a moment pass before the next read, since a stale replica may still show what is over. */
export function pause(context: Context, seconds: number): Promise<void> {
  return context.clock.sleep(seconds * 1000);
}
