import { z } from "zod";

/**
 * Upper bounds of the delays, in seconds. The first three are propagation windows: until they are over, a read may be stale. The others
 * are durations of work: the state shows that it is still going on.
 */
export interface Lags {
  /**
   * New, scheduled and deleted objects (namespaces, tokens, EdgeWorkers with their versions and activations). Whoever writes one reads
   * it at once, so this is 0 unless it is set: `lag: { object: 5 }`.
   */
  readonly object: number;
  /** A new namespace on the paths of its groups and items. Namespace paths show it at once. */
  readonly newNamespace: number;
  /** Item writes and deletes. */
  readonly item: number;
  /** Changes of a namespace: retention, access group, cancelled delete. */
  readonly change: number;
  /** Activation of a token after creation or refresh. */
  readonly activation: number;
  /** Initialization of EdgeKV. */
  readonly initialization: number;
  /** Activation or deactivation of an EdgeWorker version. */
  readonly deployment: Duration;
  /** Activation or deactivation of a property version on each network. */
  readonly propertyActivation: { readonly staging: Duration; readonly production: Duration };
}

/** A random number of seconds between the two. */
export interface Duration {
  readonly min: number;
  readonly max: number;
}

/**
 * `default`: the documented durations. `none`: everything at once. A number of seconds: the bound of each lag, and the duration of work.
 * None of them makes objects stale.
 */
export type LagPreset = "default" | "none" | number;

/** A preset, or single lags beside one: `{ preset: 60, object: 5 }`. `preset` is `default` when absent. */
export type LagMode =
  | LagPreset
  | ({ readonly preset?: LagPreset } & { readonly [Name in keyof Lags]?: Lags[Name] });

const DOCUMENTED: Lags = {
  object: 0,
  newNamespace: 5,
  item: 10,
  change: 300,
  activation: 120,
  initialization: 30,
  deployment: { min: 120, max: 300 },
  propertyActivation: { staging: { min: 180, max: 600 }, production: { min: 600, max: 2400 } },
};

export function lagsOf(mode: LagMode = "default"): Lags {
  if (typeof mode !== "object") return lagsOfPreset(mode);
  const { preset, ...single } = mode;
  const lags = { ...lagsOfPreset(preset), ...single };
  for (const name of WINDOWS) assertSeconds(lags[name]);
  return lags;
}

/** The lags that are one number. */
const WINDOWS = ["object", "newNamespace", "item", "change", "activation", "initialization"] as const;

function assertSeconds(bound: number): void {
  if (!Number.isFinite(bound) || bound < 0)
    throw new RangeError("a lag is a number of seconds that is not negative");
}

function lagsOfPreset(mode: LagPreset = "default"): Lags {
  if (mode === "default") return DOCUMENTED;
  const bound = mode === "none" ? 0 : mode;
  assertSeconds(bound);
  const fixed = { min: bound, max: bound };
  return {
    object: 0,
    newNamespace: Math.min(bound, DOCUMENTED.newNamespace),
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
  readonly at: number;
  readonly lag: number;
  readonly value: T | null;
}

/** All states of an object that some replica may still show, oldest first. */
export type Replicated<T> = ReplicatedState<T>[];

export const replicated = <S extends z.ZodType>(value: S) =>
  z.array(z.strictObject({ at: z.number(), lag: z.number().min(0), value: value.nullable() }));

/** The replica that answers a request. */
export interface Replica {
  readonly now: number;
  /** How far it is behind, as a part of each object's lag: 0 to 1. */
  readonly staleness: number;
}

/** The state that a replica shows. It may be stale. */
export function readReplica<T>(
  states: Replicated<T> | undefined,
  { now, staleness }: Replica,
): T | undefined {
  return states?.findLast(({ at, lag }) => at + staleness * lag <= now)?.value ?? undefined;
}

/** The state that was written last. Writes are decided on it, whatever the replicas show. */
export function readPrimary<T>(states: Replicated<T> | undefined): T | undefined {
  return states?.at(-1)?.value ?? undefined;
}

/** Adds a state that every replica shows `lagSeconds` later. Drops the states that no replica can show any more. */
export function write<T>(states: Replicated<T>, value: T | null, now: number, lagSeconds: number): void {
  states.push({ at: now, lag: lagSeconds * 1000, value });
  const current = states.findLastIndex(({ at, lag }) => at + lag <= now);
  states.splice(0, Math.max(0, current));
}

/** Whether the object is deleted on every replica. */
export function isExpunged<T>(states: Replicated<T>, now: number): boolean {
  const last = states.at(-1);
  return last === undefined || (last.value === null && last.at + last.lag <= now);
}
