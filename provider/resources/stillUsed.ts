/** What code uses that this run leaves live: no delete of the same run may break it. */
import type { Network } from "../api/edgeworkers/activations";
import { type Key, type RunState, slot } from "../runtime/runState";

/** A version of an EdgeWorker that serves on a network. */
export interface LiveCode {
  readonly edgeWorkerId: number;
  readonly version: string;
  readonly network: Network;
}

const stillUsed = slot(() => new Map<Key, LiveCode>());

/** Records what the code uses. What other live code uses already stays its own. */
export function markStillUsed(runState: RunState, keys: readonly Key[], code: LiveCode): void {
  const users = runState.get(stillUsed);
  for (const key of keys) if (!users.has(key)) users.set(key, code);
}

/** The live code that uses the object; undefined when the run knows of none. */
export function userOf(runState: RunState, key: Key): LiveCode | undefined {
  return runState.get(stillUsed).get(key);
}

/** Whether the run has left any code live. */
export function leavesCodeLive(runState: RunState): boolean {
  return runState.get(stillUsed).size > 0;
}
