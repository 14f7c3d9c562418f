import { Agenda, type Due } from "../agenda";
import { isExpunged, type Replicated, readPrimary, write } from "../replication";
import type { EdgeWorkersState } from "./state";

/** A deleted EdgeWorker ID, or a deleted version of one. */
interface Deleted {
  readonly id: string;
  readonly version?: string;
}

/** What replicas have yet to forget. */
const dueForgetting = new Agenda<EdgeWorkersState, Deleted>(function* ({
  ids,
  belongings,
}): Iterable<Due<Deleted>> {
  for (const [id, { versions }] of Object.entries(belongings)) {
    for (const [version, states] of Object.entries(versions))
      if (readPrimary(states) === undefined) yield { at: settledAt(states), what: { id, version } };
    if (readPrimary(ids[id]) === undefined) yield { at: settledAt(ids[id]), what: { id } };
  }
});

/** When every replica shows what was written last. */
const settledAt = (states: Replicated<unknown> = []): number => {
  const { at, lag } = states.at(-1) ?? { at: 0, lag: 0 };
  return at + lag;
};

/** Deletes an EdgeWorker ID, or a version of one. */
export function tombstone<T>(
  state: EdgeWorkersState,
  states: Replicated<T>,
  deleted: Deleted,
  now: number,
  lagSeconds: number,
): void {
  write(states, null, now, lagSeconds);
  dueForgetting.add(state, settledAt(states), deleted);
}

/** Drops what is deleted on every replica. */
export function advanceEdgeWorkers(state: EdgeWorkersState, now: number): void {
  const { ids, belongings } = state;
  for (const { id, version } of dueForgetting.take(state, now)) {
    const versions = belongings[id]?.versions;
    if (version !== undefined) {
      if (versions?.[version] !== undefined && isExpunged(versions[version], now)) delete versions[version];
    } else if (ids[id] === undefined || isExpunged(ids[id], now)) {
      delete ids[id];
      delete belongings[id];
    }
  }
}
