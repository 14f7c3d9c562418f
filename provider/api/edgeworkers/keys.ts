/** Keys of EdgeWorkers' objects in what a run knows. */
import { type Key, keyOf } from "../../runtime/runState";
import type { Network } from "./activations";

export function edgeWorkerKey(edgeWorkerId: number): Key {
  return keyOf("edgeworker", edgeWorkerId);
}

export function versionKey(edgeWorkerId: number, version: string): Key {
  return keyOf("version", edgeWorkerId, version);
}

export function activationKey(edgeWorkerId: number, network: Network): Key {
  return keyOf("activation", edgeWorkerId, network);
}
