import { z } from "zod";
import { statusAfter, type Transitions } from "../account/lifecycle";
import { table } from "../json";
import { type Replicated, readPrimary, replicated } from "../replication";

export const NETWORKS = ["STAGING", "PRODUCTION"] as const;
export type Network = (typeof NETWORKS)[number];

/** The first three are transient, the others are final. */
export const STATUSES = [
  "PRESUBMIT",
  "PENDING",
  "IN_PROGRESS",
  "COMPLETE",
  "CANCELLED",
  "ABORTED",
  "ERROR",
  "DELETED_BY_AKAMAI",
  "EXPIRED",
] as const;
export type Status = (typeof STATUSES)[number];

const EdgeWorker = z.strictObject({
  edgeWorkerId: z.int(),
  name: z.string(),
  groupId: z.int(),
  resourceTierId: z.int(),
  description: z.string().optional(),
  /** Of a clone. */
  sourceEdgeWorkerId: z.int().optional(),
  createdBy: z.string(),
  createdAt: z.number(),
  lastModifiedBy: z.string(),
  lastModifiedAt: z.number(),
});
export type EdgeWorker = z.infer<typeof EdgeWorker>;

const Version = z.strictObject({
  version: z.string(),
  /** SHA-256 of the uploaded bytes, lower-case hexadecimal. */
  checksum: z.string(),
  sequenceNumber: z.int(),
  createdBy: z.string(),
  createdAt: z.number(),
  /** The uploaded bytes, base64. */
  content: z.string(),
  /** EdgeWorkers that the bundle is composed with, by the name that its code imports. */
  dependencies: z
    .record(z.string(), z.strictObject({ edgeWorkerId: z.int(), version: z.string() }))
    .optional(),
});
export type Version = z.infer<typeof Version>;

const Deployment = z.strictObject({
  kind: z.enum(["activation", "deactivation"]),
  /** `activationId` or `deactivationId`: each kind has numbers of its own. */
  number: z.int(),
  version: z.string(),
  network: z.enum(NETWORKS),
  note: z.string().optional(),
  /** Pins the revision of the activation. */
  autoPin: z.boolean().optional(),
  /** Of an activation that brings an earlier revision back. It has the number of the revision's activation. */
  revisionId: z.string().optional(),
  createdBy: z.string(),
  createdAt: z.number(),
  /** When `outcome` is reached. */
  endsAt: z.number(),
  /** With a status on the way, it stays there. */
  outcome: z.enum(STATUSES),
  cancelledAt: z.number().optional(),
});
export type Deployment = z.infer<typeof Deployment>;

/** Who pinned a revision, and who took that back. */
const Pin = z.strictObject({
  pinNote: z.string().optional(),
  pinnedBy: z.string(),
  pinnedAt: z.number(),
  unpinNote: z.string().optional(),
  unpinnedBy: z.string().optional(),
  unpinnedAt: z.number().optional(),
});
export type Pin = z.infer<typeof Pin>;

/** A change of the log level at the edge. */
const Logging = z.strictObject({
  level: z.string(),
  network: z.enum(NETWORKS),
  ds2Id: z.string().optional(),
  /** When the level goes back; never when absent. */
  timeout: z.string().optional(),
  createdBy: z.string(),
  createdAt: z.number(),
  /** When it has reached the network. */
  endsAt: z.number(),
});
export type Logging = z.infer<typeof Logging>;

const Property = z.strictObject({
  propertyId: z.int(),
  propertyName: z.string(),
  stagingVersion: z.int().nullable(),
  productionVersion: z.int().nullable(),
  latestVersion: z.int(),
});
export type Property = z.infer<typeof Property>;

/** The versions and deployments of one EdgeWorker ID. */
const EdgeWorkerData = z.strictObject({
  /** By version. */
  versions: z.record(z.string(), replicated(Version)),
  /** Every version that was ever uploaded, in order: none can be used again. */
  usedVersions: z.array(z.string()),
  /** Activations and deactivations in the order of their requests. Those of a network run in this order. */
  deployments: z.array(replicated(Deployment)),
  /** By revision. */
  pins: z.record(z.string(), Pin).optional(),
  /** Logging n is the n-th. */
  loggings: z.array(Logging).optional(),
});
export type EdgeWorkerData = z.infer<typeof EdgeWorkerData>;

/** The state of EdgeWorkers. Times are milliseconds since 1970. */
export const EdgeWorkersState = z.strictObject({
  nextId: z.int(),
  /** By EdgeWorker ID, as `belongings` and `properties`. */
  ids: z.record(z.string(), replicated(EdgeWorker)),
  belongings: z.record(z.string(), EdgeWorkerData),
  /** Properties that use an EdgeWorker ID, besides those of Property Manager. Only seed files and `PUT /state` change them. */
  properties: z.record(z.string(), z.array(Property)),
  /** When what is limited by rate was done, by what it was; of the last day. */
  hits: z.record(z.string(), z.array(z.number())),
});
export type EdgeWorkersState = z.infer<typeof EdgeWorkersState>;

export const freshEdgeWorkers = (): EdgeWorkersState => ({
  nextId: 54_321,
  ids: table(),
  belongings: table(),
  properties: table(),
  hits: table(),
});

const TRANSIENT: readonly Status[] = ["PRESUBMIT", "PENDING", "IN_PROGRESS"];
export const isOngoing = (status: Status): boolean => TRANSIENT.includes(status);

/** The transitions of a deployment: each status, with the part of its time after which it is reached. */
const TRANSITIONS: Transitions<Status> = [
  ["PRESUBMIT", 0],
  ["PENDING", 0.1],
  ["IN_PROGRESS", 0.3],
];

/** The status of a deployment, and since when. */
export function progress(
  { createdAt, endsAt, outcome, cancelledAt }: Deployment,
  now: number,
): { status: Status; since: number } {
  if (cancelledAt !== undefined && cancelledAt <= now) return { status: "CANCELLED", since: cancelledAt };
  return statusAfter(TRANSITIONS, { startedAt: createdAt, endsAt, outcome }, now);
}

export const statusOf = (deployment: Deployment, now: number): Status => progress(deployment, now).status;

/** The deployments of a network as last written, in order. */
export const deploymentsOn = ({ deployments }: EdgeWorkerData, network: Network): Deployment[] =>
  deployments
    .map((replicated: Replicated<Deployment>) => readPrimary(replicated))
    .filter((deployment) => deployment?.network === network) as Deployment[];

/** The activations that were ever active on a network, oldest first, and the one that is active now. */
export function activationHistory(
  of: EdgeWorkerData,
  network: Network,
  now: number,
): { past: Deployment[]; active: Deployment | undefined } {
  const past: Deployment[] = [];
  let active: Deployment | undefined;
  for (const deployment of deploymentsOn(of, network)) {
    if (statusOf(deployment, now) !== "COMPLETE") continue;
    if (deployment.kind === "activation") {
      active = deployment;
      past.push(deployment);
    } else if (active?.version === deployment.version) active = undefined;
  }
  return { past, active };
}
