import { statusAfter, type Transitions } from "../account/lifecycle";
import { FAST_FALLBACK_SECONDS } from "./limits";
import type { Activation, Network, Property, Status, Version } from "./state";

const TRANSIENT: readonly Status[] = ["NEW", "PENDING", "ZONE_1", "ZONE_2", "ZONE_3", "PENDING_DEACTIVATION"];
export const isOngoing = (status: Status): boolean => TRANSIENT.includes(status);

/** The transitions of an activation: each status, with the part of its time after which it is reached. */
const TRANSITIONS: Readonly<Record<Activation["activationType"], Transitions<Status>>> = {
  ACTIVATE: [
    ["NEW", 0],
    ["PENDING", 0.05],
    ["ZONE_1", 0.4],
    ["ZONE_2", 0.6],
    ["ZONE_3", 0.8],
  ],
  DEACTIVATE: [["PENDING_DEACTIVATION", 0]],
};

/** The status of an activation, and since when, without regard to later activations. */
export function progress(activation: Activation, now: number): { status: Status; since: number } {
  const { activationType, submittedAt, endsAt, outcome, cancelledAt } = activation;
  if (cancelledAt !== undefined && cancelledAt <= now) return { status: "ABORTED", since: cancelledAt };
  return statusAfter(TRANSITIONS[activationType], { startedAt: submittedAt, endsAt, outcome }, now);
}

/** Whether an activation brought its version live, or a deactivation took it off. A deactivation may end as ACTIVE as well. */
const tookEffect = ({ activation, status }: ActivationProgress): boolean =>
  status === "ACTIVE" || (activation.activationType === "DEACTIVATE" && status === "DEACTIVATED");

/** An activation, with its status on the network. */
export interface ActivationProgress {
  activation: Activation;
  status: Status;
  since: number;
  /** The version that was live when this one went live. */
  replaced: number | undefined;
}

/** The activations of a network, and the one that is live. A superseded one is INACTIVE. */
export function activationProgress(
  { activations }: Property,
  network: Network,
  now: number,
): { all: ActivationProgress[]; live: ActivationProgress | undefined } {
  const all: ActivationProgress[] = [];
  let live: ActivationProgress | undefined;
  for (const activation of activations) {
    if (activation.network !== network) continue;
    const entry: ActivationProgress = {
      activation,
      ...progress(activation, now),
      replaced: live?.activation.propertyVersion,
    };
    all.push(entry);
    if (!tookEffect(entry)) continue;
    if (live !== undefined) {
      live.status = "INACTIVE";
      live.since = entry.since;
    }
    live = activation.activationType === "ACTIVATE" ? entry : undefined;
  }
  return { all, live };
}

export const liveVersion = (property: Property, network: Network, now: number): number | undefined =>
  activationProgress(property, network, now).live?.activation.propertyVersion;

export type VersionStatus =
  | "ACTIVE"
  | "INACTIVE"
  | "PENDING"
  | "ABORTED"
  | "DEACTIVATED"
  | "PENDING_DEACTIVATION";

/** The status of a version on a network. */
export function versionStatus(
  property: Property,
  { propertyVersion }: Version,
  network: Network,
  now: number,
): VersionStatus {
  const { all, live } = activationProgress(property, network, now);
  const last = all.findLast(({ activation }) => activation.propertyVersion === propertyVersion);
  if (last?.status === "PENDING_DEACTIVATION") return last.status;
  if (live?.activation.propertyVersion === propertyVersion) return "ACTIVE";
  if (last === undefined) return "INACTIVE";
  if (isOngoing(last.status)) return "PENDING";
  if (last.activation.activationType === "DEACTIVATE" && tookEffect(last)) return "DEACTIVATED";
  return last.status === "ABORTED" ? last.status : "INACTIVE";
}

/** Whether a version is live, was live or is on its way. With `attempted`, also when its activation failed or was cancelled. */
export function isLocked(
  property: Property,
  { propertyVersion }: Version,
  attempted: boolean,
  now: number,
): boolean {
  return property.activations
    .filter((activation) => activation.propertyVersion === propertyVersion)
    .some((activation) => {
      const { status } = progress(activation, now);
      return attempted || isOngoing(status) || status === "ACTIVE" || status === "DEACTIVATED";
    });
}

/** The version to fall back to, and until when that is possible. */
export function fallbackOf(
  property: Property,
  { activation, status, replaced }: ActivationProgress,
  now: number,
) {
  if (replaced === undefined || activation.activationType !== "ACTIVATE") return undefined;
  const until = activation.endsAt + FAST_FALLBACK_SECONDS * 1000;
  const hostnamesOf = (version: number) => JSON.stringify(property.versions[version - 1]?.hostnames);
  const sameHostnames = hostnamesOf(replaced) === hostnamesOf(activation.propertyVersion);
  const attempted = activation.fallbackAttempted === true;
  return {
    fastFallbackAttempted: attempted,
    fallbackVersion: replaced,
    canFastFallback:
      status === "ACTIVE" &&
      now < until &&
      !attempted &&
      sameHostnames &&
      replaced !== activation.propertyVersion,
    steadyStateTime: Math.floor(activation.endsAt / 1000),
    fastFallbackExpirationTime: Math.floor(until / 1000),
    fastFallbackRecoveryState: null,
  };
}
