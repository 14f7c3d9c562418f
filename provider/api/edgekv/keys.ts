/** Keys of EdgeKV's objects in the run state. */
import { type Key, keyOf } from "../../runtime/runState";
import type { Network } from "./namespaces";

export const databaseKey: Key = keyOf("database");

export function namespaceKey(network: Network, name: string): Key {
  return keyOf("namespace", network, name);
}

export function tokenKey(name: string): Key {
  return keyOf("token", name);
}
