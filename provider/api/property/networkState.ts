import type { HttpClient } from "../../runtime/httpClient";
import { type Activation, activationsOn, hasSucceeded, isUnderWay, listActivations } from "./activations";
import { findProperty, liveVersion, type Network, type Property } from "./properties";
import { orNone, type PropertyRef } from "./request";

/** A version that serves, and the activation that brought it there, where the service shows it. */
export interface LiveVersion {
  readonly version: number;
  readonly activation: Activation | undefined;
}

/** How a property is on a network. */
export interface NetworkState {
  /** What serves now. */
  readonly live: LiveVersion | undefined;
  /** The newest first. */
  readonly activations: readonly Activation[];
}

/** How the property is on the network; undefined when there is no such property. */
export async function findNetworkState(
  http: HttpClient,
  ref: PropertyRef,
  network: Network,
): Promise<NetworkState | undefined> {
  // In this order: what comes to its end between the two reads is live in the second.
  const activations = await orNone(() => listActivations(http, ref));
  const property = await findProperty(http, ref);
  return activations && property && networkStateOf(property, activations, network);
}

/** @param all the activations of the property on both networks, the newest first */
export function networkStateOf(
  property: Property,
  all: readonly Activation[],
  network: Network,
): NetworkState {
  const activations = activationsOn(network, all);
  const version = liveVersion(property, network);
  if (version === undefined) return { live: undefined, activations };
  const activation = activations.find(
    (one) =>
      one.activationType === "ACTIVATE" &&
      one.propertyVersion === version &&
      (one.status === "ACTIVE" || isUnderWay(one)),
  );
  return { live: { version, activation }, activations };
}

/** The versions that any answer shows as live: for some seconds the property and its activations may contradict each other. */
export function activeVersions({ live, activations }: NetworkState): number[] {
  const newest = activations.find(hasSucceeded);
  const active = newest?.activationType === "ACTIVATE" ? newest.propertyVersion : undefined;
  return [live?.version, active].filter((version) => version !== undefined);
}

/** Whether what is live was asked for after an activation. */
export function isLiveSince({ live, activations }: NetworkState, activationId: string | undefined): boolean {
  const at = (id: string | undefined) => activations.findIndex((one) => one.activationId === id);
  const [theirs, other] = [at(live?.activation?.activationId), at(activationId)];
  return theirs >= 0 && theirs < other;
}

/** Whether a read is staler than another one: its replica does not show the newest activation yet. */
export function isStaler(observed: NetworkState, other: NetworkState): boolean {
  const [newest] = other.activations;
  return (
    newest !== undefined &&
    !observed.activations.some(({ activationId }) => activationId === newest.activationId)
  );
}
