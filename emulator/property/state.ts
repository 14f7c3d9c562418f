import { createHash } from "node:crypto";
import { z } from "zod";
import { statusAfter, type Transitions } from "../account/lifecycle";
import { FAST_FALLBACK_SECONDS } from "./limits";
import { RuleTree } from "./rules/ruleTree";

export const NETWORKS = ["STAGING", "PRODUCTION"] as const;
export type Network = (typeof NETWORKS)[number];

/** The status of an activation. The first five and `PENDING_DEACTIVATION` are transient, the others are final. */
export const STATUSES = [
  "NEW",
  "PENDING",
  "ZONE_1",
  "ZONE_2",
  "ZONE_3",
  "ACTIVE",
  "INACTIVE",
  "ABORTED",
  "FAILED",
  "PENDING_DEACTIVATION",
  "DEACTIVATED",
] as const;
export type Status = (typeof STATUSES)[number];

const Version = z.strictObject({
  propertyVersion: z.int().positive(),
  /** Of the version it was made from. */
  createdFrom: z.int().optional(),
  updatedByUser: z.string(),
  updatedAt: z.number(),
  note: z.string().optional(),
  ruleFormat: z.string(),
  /** The hostnames of the property, and their edge hostnames. */
  hostnames: z.array(
    z.strictObject({
      cnameFrom: z.string(),
      cnameTo: z.string(),
      certProvisioningType: z.string().optional(),
    }),
  ),
  rules: RuleTree,
  /** How often it was saved: the same rules saved again have another etag. */
  revision: z.int(),
});
export type Version = z.infer<typeof Version>;

const Activation = z.strictObject({
  activationId: z.int().positive(),
  activationType: z.enum(["ACTIVATE", "DEACTIVATE"]),
  propertyVersion: z.int().positive(),
  network: z.enum(NETWORKS),
  note: z.string(),
  notifyEmails: z.array(z.string()),
  submittedBy: z.string(),
  submittedAt: z.number(),
  /** When `outcome` is reached. */
  endsAt: z.number(),
  /** With a status on the way, it stays there. */
  outcome: z.enum(STATUSES),
  cancelledAt: z.number().optional(),
  /** Taken back by a fast fallback, or tried to be. */
  fallbackAttempted: z.boolean().optional(),
  usedFastFallback: z.boolean().optional(),
  complianceRecord: z.record(z.string(), z.unknown()).optional(),
  /** The problem that a delayed validation found. */
  failureCause: z.record(z.string(), z.unknown()).optional(),
});
export type Activation = z.infer<typeof Activation>;

const Property = z.strictObject({
  propertyId: z.int().positive(),
  propertyName: z.string(),
  contractId: z.string(),
  groupId: z.int(),
  assetId: z.int(),
  productId: z.string(),
  note: z.string().optional(),
  /** Version n is the n-th. */
  versions: z.array(Version).min(1),
  /** In the order in which they were asked for. */
  activations: z.array(Activation),
});
export type Property = z.infer<typeof Property>;

/** The account's own edge hostnames and CP codes, of a contract and a group. */
const EdgeHostname = z.strictObject({
  edgeHostnameId: z.int().positive(),
  domainPrefix: z.string(),
  domainSuffix: z.string(),
  ipVersionBehavior: z.string(),
  secure: z.boolean(),
  productId: z.string().optional(),
  contractId: z.string(),
  groupId: z.int(),
});
export type EdgeHostname = z.infer<typeof EdgeHostname>;

const CpCode = z.strictObject({
  cpcodeId: z.int().positive(),
  cpcodeName: z.string(),
  productId: z.string(),
  createdAt: z.number(),
  contractId: z.string(),
  groupId: z.int(),
});
export type CpCode = z.infer<typeof CpCode>;

/** The state of Property Manager. Ids have no prefixes, times are milliseconds since 1970. */
export const PropertyState = z.strictObject({
  nextPropertyId: z.int(),
  nextActivationId: z.int(),
  /** By property id. */
  properties: z.record(z.string(), Property),
  edgeHostnames: z.array(EdgeHostname).optional(),
  cpCodes: z.array(CpCode).optional(),
});
export type PropertyState = z.infer<typeof PropertyState>;

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

export const latestVersion = ({ versions }: Property): Version => {
  const latest = versions.at(-1);
  if (latest === undefined) throw new Error("a property has a version");
  return latest;
};

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

/** The etag of a version as a whole. It differs from the etag of its rules. */
export function versionEtagOf(property: Property, version: Version): string {
  return createHash("sha256")
    .update(`version ${etagOf(property, version)}`)
    .digest("hex")
    .slice(0, 16);
}

/** The etag of the rules of a version, and of what is saved with them. */
export function etagOf(
  { propertyId }: Property,
  { propertyVersion, revision, ruleFormat, note, rules }: Version,
): string {
  const content = JSON.stringify([propertyId, propertyVersion, revision, ruleFormat, note ?? null, rules]);
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}
