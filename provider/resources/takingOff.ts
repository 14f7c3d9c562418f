/** Deletes of activations in this run: data that their code reads is deleted after them. */
import type { Network } from "../api/edgeworkers/activations";
import { activationKey } from "../api/edgeworkers/keys";
import type { Context } from "../runtime/context";
import { type Key, type RunState, slot } from "../runtime/runState";

interface Slot {
  readonly edgeWorkerId: number;
  readonly network: Network;
}

/** By activation. They never fail: who waits reads afterwards what is live. */
const takenOff = slot(() => new Map<Key, Promise<void>>());

/** Seconds that the delete of an activation may come after that of the data. The engine sends what it deletes side by side at once. */
const maxDelay = 10;

/** Does the delete of an activation, so that others can wait for its end. */
export function takingOff<T>(runState: RunState, at: Slot, work: () => Promise<T>): Promise<T> {
  const working = work();
  const ended = working.then(
    () => undefined,
    () => undefined,
  );
  runState.get(takenOff).set(activationKey(at.edgeWorkerId, at.network), ended);
  return working;
}

/** Waits until this run has deleted one of the activations. False when it does not begin to, and has not waited for it before. */
export async function awaitTakenOff(
  { runState, clock }: Pick<Context, "runState" | "clock">,
  slots: readonly Slot[],
  seen: Set<Key>,
): Promise<boolean> {
  const keys = [...new Set(slots.map((one) => activationKey(one.edgeWorkerId, one.network)))];
  const open = keys.filter((key) => !seen.has(key));
  for (let second = 0; open.length > 0 && second <= maxDelay; second++) {
    const begun = open.flatMap((key) => {
      const ended = runState.get(takenOff).get(key);
      return ended === undefined ? [] : [{ key, ended }];
    });
    if (begun.length > 0) {
      await Promise.all(begun.map(({ ended }) => ended));
      for (const { key } of begun) seen.add(key);
      return true;
    }
    if (second < maxDelay) await clock.sleep(1000);
  }
  return false;
}
