import type { Context } from "../runtime/context";

/** A request that a server may refuse because it has not heard yet of what this run has just made. */
export interface StaleRetry<T> {
  readonly send: () => Promise<T>;
  /** Whether this refusal may be one of that kind. */
  readonly isStale: (error: unknown) => boolean | Promise<boolean>;
  /** Seconds within which every server has heard. */
  readonly window: number;
}

const secondsBetween = 2;

/** Sends the request again while servers may be behind; their refusal means that it had no effect. */
export async function retryWhileStale<T>(context: Context, { send, isStale, window }: StaleRetry<T>): Promise<T> {
  const until = context.clock.now() + window * 1000;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (context.clock.now() >= until || !(await isStale(error))) throw error;
      await context.clock.sleep(secondsBetween * 1000);
    }
  }
}
