import { WaitError } from "../errors";
import { formatDuration } from "../runtime/clock";
import type { Context } from "../runtime/context";

/** What one look saw. */
export type Observation<T> =
  | { readonly state: string; readonly is: "pending" }
  | { readonly state: string; readonly is: "reached"; readonly value: T }
  /** The target can't be reached any more. */
  | { readonly state: string; readonly is: "failed" };

/** A wait as data: what for, how to look, how often and how long. */
export interface Poll<T> {
  /** Such as `token catalog-r to become COMPLETE`. */
  readonly what: string;
  readonly observe: () => Promise<Observation<T>>;
  /** Seconds between the first two looks; grows by half each time up to `everyAtMost`. */
  readonly interval?: number;
  readonly maxInterval?: number;
  /** Seconds after which the wait fails. */
  readonly timeout: number;
  /** Looks in a row that must see the target; more than one where replicas may still disagree. */
  readonly consecutiveMatches?: number;
  /** What to do when time runs out. */
  readonly hint?: string;
}

/** Seconds between the looks that it takes to believe in absence: five in all, within which a new object shows everywhere as a rule. */
const pausesForAbsence = [1, 2, 2];

/**
 * What `find` finds, or undefined when several looks over some seconds agree that there is nothing: one answer alone may come from a replica
 * that has not heard of the object yet.
 */
export async function findEventually<T>(context: Context, find: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const pause of pausesForAbsence) {
    const found = await find();
    if (found !== undefined) return found;
    await context.clock.sleep(pause * 1000);
  }
  return find();
}

const secondsBetweenReports = 30;
const secondsBetweenConfirmations = 0.4;

/** Looks until the target is reached. An unknown state or a time-out fails, and names the last state that was seen. */
export async function pollUntil<T>(context: Context, wait: Poll<T>): Promise<T> {
  const {
    what,
    observe,
    interval = 1,
    maxInterval = 15,
    timeout,
    consecutiveMatches = 1,
    hint = "Run again: the wait goes on from there.",
  } = wait;
  const began = context.clock.now();
  let pause = interval;
  let seen = 0;
  let reported = 0;
  for (;;) {
    const last = await observe();
    const waited = (context.clock.now() - began) / 1000;
    if (last.is === "failed") throw new WaitError(`waited for ${what}, but it is ${last.state}`);
    if (last.is === "reached") {
      seen += 1;
      if (seen >= consecutiveMatches) return last.value;
    } else {
      seen = 0;
    }
    // A target that comes into sight at the end is still given its confirmations.
    if (waited >= timeout && seen === 0)
      throw new WaitError(`waited ${formatDuration(waited)} for ${what}; it is still ${last.state}. ${hint}`);
    if (waited - reported >= secondsBetweenReports) {
      reported = waited;
      context.logger.info(`waiting for ${what}: ${formatDuration(waited)} so far, now ${last.state}`);
    }
    // A target that was seen once is looked at again soon; only what is still pending is worth a growing pause.
    const next = seen > 0 ? Math.min(interval, secondsBetweenConfirmations) : pause;
    if (seen === 0) pause = Math.min(maxInterval, pause * 1.5);
    await context.clock.sleep((seen > 0 ? next : Math.min(next, timeout - waited)) * 1000);
  }
}
