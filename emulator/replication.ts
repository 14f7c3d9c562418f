import { z } from "zod";

/**
 * Upper bounds of the delays, in seconds. The first three are replica lags: until they are over, a read may show the old state or the
 * new one. The others are durations of work: the state says that it is still going on.
 */
export interface Lags {
  /** New, scheduled and deleted objects (namespaces, tokens, EdgeWorkers with their versions and activations). */
  object: number;
  /** Item writes and deletes. */
  item: number;
  /** Changes of a namespace: retention, access group, cancelled delete. */
  change: number;
  /** Activation of a token after creation or refresh. */
  activation: number;
  /** Initialization of EdgeKV. */
  initialization: number;
  /** Activation or deactivation of an EdgeWorker version. */
  deployment: Duration;
  /** Activation or deactivation of a property version on each network. */
  propertyActivation: { staging: Duration; production: Duration };
}

/** The dice choose between the two. */
export interface Duration {
  min: number;
  max: number;
}

/** `default`: the documented durations. `none`: everything at once. A number of seconds: no lag above it, and all work takes so long. */
export type LagMode = "default" | "none" | number;

const DOCUMENTED: Lags = {
  object: 5,
  item: 10,
  change: 300,
  activation: 120,
  initialization: 30,
  deployment: { min: 120, max: 300 },
  propertyActivation: { staging: { min: 180, max: 600 }, production: { min: 600, max: 2400 } },
};

export function lagsOf(mode: LagMode = "default"): Lags {
  if (mode === "default") return DOCUMENTED;
  const bound = mode === "none" ? 0 : mode;
  if (!Number.isFinite(bound) || bound < 0) throw new RangeError("a lag is a number of seconds that is not negative");
  const fixed = { min: bound, max: bound };
  return {
    object: Math.min(bound, DOCUMENTED.object),
    item: Math.min(bound, DOCUMENTED.item),
    change: Math.min(bound, DOCUMENTED.change),
    activation: bound,
    initialization: bound,
    deployment: fixed,
    propertyActivation: { staging: fixed, production: fixed },
  };
}

/** One state of a stored object: written at `at`, on every replica `lag` later (both milliseconds); `null` is a tombstone. */
export interface ReplicatedState<T> {
  at: number;
  lag: number;
  value: T | null;
}

/** All states of an object that some replica may still show, oldest first. */
export type Replicated<T> = ReplicatedState<T>[];

export const replicated = <S extends z.ZodType>(value: S) =>
  z.array(z.strictObject({ at: z.number(), lag: z.number().min(0), value: value.nullable() }));

/** The replica that answers a request: `replica` (0 to 1) is how far it is behind, as a part of each object's lag. */
export interface Replica {
  now: number;
  staleness: number;
}

/** What the replica of this request knows. */
export function readReplica<T>(versions: Replicated<T> | undefined, view: Replica): T | undefined {
  return versions?.findLast(({ at, lag }) => at + view.staleness * lag <= view.now)?.value ?? undefined;
}

/** What was written last: writes are decided on this, whatever the replicas show. */
export function readPrimary<T>(versions: Replicated<T> | undefined): T | undefined {
  return versions?.at(-1)?.value ?? undefined;
}

/** Adds a state that every replica shows `lagSeconds` later, and forgets the states that no replica can show any more. */
export function write<T>(versions: Replicated<T>, value: T | null, now: number, lagSeconds: number): void {
  versions.push({ at: now, lag: lagSeconds * 1000, value });
  versions.splice(
    0,
    Math.max(
      0,
      versions.findLastIndex(({ at, lag }) => at + lag <= now),
    ),
  );
}

/** Whether nothing is left of the object on any replica. */
export function isExpunged<T>(versions: Replicated<T>, now: number): boolean {
  const last = versions.at(-1);
  return last === undefined || (last.value === null && last.at + last.lag <= now);
}

/** The seeded dice (mulberry32): its state lives in the account, so that a run repeats, across restarts too. 0 <= result < 1. */
export function nextRandom(holder: { prng: number }): number {
  holder.prng = (holder.prng + 0x6d2b79f5) | 0;
  let mixed = Math.imul(holder.prng ^ (holder.prng >>> 15), 1 | holder.prng);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** A random subset of at most `size` elements, in random order; all of them, in their order, when there are not more. */
export function sample<T>(holder: { prng: number }, elements: readonly T[], size: number): readonly T[] {
  return elements.length <= size ? elements : shuffle(holder, elements).slice(0, size);
}

/** All elements in an order that means nothing. */
export function shuffle<T>(holder: { prng: number }, elements: readonly T[]): T[] {
  const rolled = elements.map((element) => ({ element, order: nextRandom(holder) }));
  return rolled.sort((a, b) => a.order - b.order).map(({ element }) => element);
}

/** A UUID thrown with the seeded dice. */
export function randomUuid(holder: { prng: number }): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(nextRandom(holder) * 16).toString(16)).join("");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
