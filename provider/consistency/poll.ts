import { WaitError } from "../errors";
import { inWords } from "../runtime/clock";
import type { Context } from "../runtime/context";

/** What one look saw. */
export type Look<T> =
  | { readonly state: string; readonly is: "pending" }
  | { readonly state: string; readonly is: "reached"; readonly value: T }
  /** The target can't be reached any more. */
  | { readonly state: string; readonly is: "failed" };

/** A wait as data: what for, how to look, how often and how long. */
export interface Wait<T> {
  /** Such as `token catalog-r to become COMPLETE`. */
  readonly what: string;
  readonly look: () => Promise<Look<T>>;
  /** Seconds between the first two looks; grows by half each time up to `everyAtMost`. */
  readonly every?: number;
  readonly everyAtMost?: number;
  /** Seconds after which the wait fails. */
  readonly within: number;
  /** Looks in a row that must see the target; more than one where replicas may still disagree. */
  readonly confirmations?: number;
  /** What to do when time runs out. */
  readonly otherwise?: string;
}

/** Seconds between the looks that it takes to believe in absence: five in all, within which a new object shows everywhere as a rule. */
const pausesForAbsence = [1, 2, 2];

/**
 * What `find` finds, or undefined when several looks over some seconds agree that there is nothing: one answer alone may come from a replica
 * that has not heard of the object yet.
 */
export async function findSurely<T>(context: Context, find: () => Promise<T | undefined>): Promise<T | undefined> {
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
export async function waitFor<T>(context: Context, wait: Wait<T>): Promise<T> {
  const {
    what,
    look,
    every = 1,
    everyAtMost = 15,
    within,
    confirmations = 1,
    otherwise = "Run again: the wait goes on from there.",
  } = wait;
  const began = context.clock.now();
  let pause = every;
  let seen = 0;
  let reported = 0;
  for (;;) {
    const last = await look();
    const waited = (context.clock.now() - began) / 1000;
    if (last.is === "failed") throw new WaitError(`waited for ${what}, but it is ${last.state}`);
    if (last.is === "reached") {
      seen += 1;
      if (seen >= confirmations) return last.value;
    } else {
      seen = 0;
    }
    // A target that comes into sight at the end is still given its confirmations.
    if (waited >= within && seen === 0)
      throw new WaitError(`waited ${inWords(waited)} for ${what}; it is still ${last.state}. ${otherwise}`);
    if (waited - reported >= secondsBetweenReports) {
      reported = waited;
      context.notices.info(`waiting for ${what}: ${inWords(waited)} so far, now ${last.state}`);
    }
    // A target that was seen once is looked at again soon; only what is still pending is worth a growing pause.
    const next = seen > 0 ? Math.min(every, secondsBetweenConfirmations) : pause;
    if (seen === 0) pause = Math.min(everyAtMost, pause * 1.5);
    await context.clock.sleep((seen > 0 ? next : Math.min(next, within - waited)) * 1000);
  }
}
