import { WaitError } from "../errors";
import { formatDuration } from "../runtime/clock";
import type { Context } from "../runtime/context";

/** What one read saw. */
export type Observation<T> =
  | { readonly state: string; readonly is: "pending" }
  | { readonly state: string; readonly is: "reached"; readonly value: T }
  /** The target can't be reached any more. */
  | { readonly state: string; readonly is: "failed" };

/** A wait as data: what for, how to read, how often and how long. */
export interface Poll<T> {
  /** Such as `token catalog-r to become COMPLETE`. */
  readonly what: string;
  readonly observe: () => Promise<Observation<T>>;
  /** Seconds between the first two reads. Default: 1. */
  readonly interval?: number;
  /** How many times longer each pause is than the one before, up to `maxInterval`. Default: 1.5. */
  readonly growth?: number;
  /** Seconds. Default: 15. */
  readonly maxInterval?: number;
  /** When it was asked for, in milliseconds. Default: now. `delay`, `usual` and `timeout` count from there. */
  readonly since?: number;
  /** Seconds before the first read: what was only just asked for does not show at once, and those who wait together share later reads. */
  readonly delay?: number;
  /**
   * Seconds after which the target shows as a rule, as documented. One read comes at that time, and the pauses grow anew from there: a
   * pause that has grown would pass it by.
   */
  readonly usual?: number;
  /** Seconds after which the wait fails. */
  readonly timeout: number;
  /** Reads in a row that must see the target. Set more than 1 where replicas may still disagree. Default: 1. */
  readonly consecutiveMatches?: number;
  /** The same once a read did not see the target: then replicas disagree. Default: `consecutiveMatches`. */
  readonly matchesAfterLag?: number;
  /** What to do when time runs out. */
  readonly hint?: string;
}

/** Seconds between two lines of progress. */
const reportInterval = 30;
/** Seconds between reads that confirm a target. */
const confirmInterval = 0.4;

/**
 * Reads until the target is reached.
 *
 * @throws WaitError when the state is unknown or time runs out. It names the last state.
 * @example
 * await pollUntil(context, { what: "token t to become COMPLETE", observe, timeout: propagation.tokenActivated.seconds });
 */
export async function pollUntil<T>(context: Context, poll: Poll<T>): Promise<T> {
  const {
    what,
    observe,
    interval = 1,
    growth = 1.5,
    maxInterval = 15,
    since: began = context.clock.now(),
    delay = 0,
    usual = 0,
    timeout,
    consecutiveMatches = 1,
    matchesAfterLag = consecutiveMatches,
    hint = "Run again: the wait goes on from there.",
  } = poll;
  let pause = interval;
  let matches = 0;
  let needed = consecutiveMatches;
  let reported = 0;
  const untilFirst = began + delay * 1000 - context.clock.now();
  if (untilFirst > 0) await context.clock.sleep(untilFirst);
  for (;;) {
    const last = await observe();
    const waited = (context.clock.now() - began) / 1000;
    if (last.is === "failed") throw new WaitError(`waited for ${what}, but it is ${last.state}`);
    if (last.is === "reached") {
      matches += 1;
      if (matches >= needed) return last.value;
    } else {
      matches = 0;
      needed = matchesAfterLag;
    }
    // A target that shows at the very end is still confirmed by the reads that it needs.
    if (waited >= timeout && matches === 0)
      throw new WaitError(`waited ${formatDuration(waited)} for ${what}; it is still ${last.state}. ${hint}`);
    if (waited - reported >= reportInterval) {
      reported = waited;
      context.logger.info(`waiting for ${what}: ${formatDuration(waited)} so far, now ${last.state}`);
    }
    // A target in sight is read again soon. Only what is pending is worth a growing pause.
    if (matches > 0) {
      await context.clock.sleep(Math.min(interval, confirmInterval) * 1000);
      continue;
    }
    const untilUsual = usual - waited;
    const isUsualNext = untilUsual > 0 && untilUsual <= pause;
    const next = isUsualNext ? untilUsual : pause;
    pause = isUsualNext ? interval : Math.min(maxInterval, pause * growth);
    await context.clock.sleep(Math.min(next, timeout - waited) * 1000);
  }
}
