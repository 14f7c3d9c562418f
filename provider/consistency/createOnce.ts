import { isOutcomeUnknown } from "../errors";
import type { Context } from "../runtime/context";

/** A request that must not have its effect twice, and how to find that effect. */
export interface IdempotentCreate<T> {
  readonly send: () => Promise<T>;
  /** Looks for what `send` would have made. */
  readonly find: () => Promise<T | undefined>;
  /** Seconds within which a replica that lags shows the effect. */
  readonly window: number;
}

const attempts = 3;

/**
 * Sends a request whose answer may get lost. When it is not known whether it had its effect, looks for the effect first, for as long as it
 * may take to show, and sends again only when there is none.
 */
export async function createOnce<T>(context: Context, { send, find, window }: IdempotentCreate<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const unknown = isOutcomeUnknown(error);
      // A refusal of a later attempt may be the late effect of an earlier one: the name is taken, by what was asked for.
      if (!unknown && attempt === 1) throw error;
      const until = context.clock.now() + window * 1000;
      do {
        await context.clock.sleep(Math.min(2, window) * 1000);
        const found = await find();
        if (found !== undefined) return found;
      } while (context.clock.now() < until);
      if (!unknown || attempt >= attempts) throw error;
    }
  }
}
