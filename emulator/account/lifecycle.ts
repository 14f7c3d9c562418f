/** A transient status, and the part of the whole duration after which it is reached. */
export type Transition<Status> = readonly [status: Status, part: number];

/** The transitions of an object whose status follows from the time alone, in order. */
export type Transitions<Status> = readonly [Transition<Status>, ...Transition<Status>[]];

/**
 * The status at a time, and since when. The object reaches its outcome at `endsAt`. When the outcome is a transient status, the object stays
 * in it.
 */
export function statusAfter<Status>(
  transitions: Transitions<Status>,
  {
    startedAt,
    endsAt,
    outcome,
  }: { readonly startedAt: number; readonly endsAt: number; readonly outcome: Status },
  now: number,
): { status: Status; since: number } {
  const reached = transitions.map(([status, part]) => ({
    status,
    since: startedAt + Math.floor(part * (endsAt - startedAt)),
  }));
  const last = reached.findIndex(({ status }) => status === outcome);
  const all = last < 0 ? [...reached, { status: outcome, since: endsAt }] : reached.slice(0, last + 1);
  return all.findLast(({ since }) => since <= now) ?? { status: transitions[0][0], since: startedAt };
}
