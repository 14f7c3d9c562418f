/** Keys of Property Manager's objects in what a run knows. */
import { type Key, keyOf } from "../../runtime/runState";
import type { Network } from "./properties";

export function propertyActivationKey(propertyId: string, network: Network): Key {
  return keyOf("activation", propertyId, network);
}

export function propertyRulesKey(propertyId: string): Key {
  return keyOf("rules", propertyId);
}
