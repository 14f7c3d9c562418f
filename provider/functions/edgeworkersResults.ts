/** What the functions of EdgeWorkers give. */
import { shape } from "../framework/lookup";
import * as z from "../framework/zod";

const network = z.enum(["staging", "production"], "must be `staging` or `production`");

/** An access group, and what the API client may do with EdgeWorkers in it. */
export const edgeWorkersGroupResult = shape(
  "EdgeWorkersGroupResult",
  z.object({
    /** Its id. */
    groupId: z.int(),
    /** Its name. */
    groupName: z.string(),
    /** Such as `VIEW`, `EDIT`, `CREATE_VERSION`, `ACTIVATE`. */
    capabilities: z.array(z.string()),
  }),
);
export interface EdgeWorkersGroupResult extends z.output<typeof edgeWorkersGroupResult> {}

/** One limit of a resource tier. */
export const resourceTierLimit = shape(
  "ResourceTierLimit",
  z.object({
    /** What is limited. */
    limitName: z.string(),
    /** How much there may be of it. */
    limitValue: z.number(),
    /** `BYTE`, `MILLISECOND` or `COUNT`. */
    limitUnit: z.string(),
  }),
);
export interface ResourceTierLimit extends z.output<typeof resourceTierLimit> {}

/** What an EdgeWorker may use of time and memory, as a contract offers it. */
export const resourceTierResult = shape(
  "ResourceTierResult",
  z.object({
    /** Its id. */
    resourceTierId: z.int(),
    /** Such as `Dynamic Compute`. */
    resourceTierName: z.string(),
    /** The limits of an EdgeWorker in it. */
    edgeWorkerLimits: z.array(resourceTierLimit),
  }),
);
export interface ResourceTierResult extends z.output<typeof resourceTierResult> {}

/** An EdgeWorker as it is now. */
export const edgeWorkerResult = shape(
  "EdgeWorkerResult",
  z.object({
    /** Its id. */
    edgeWorkerId: z.int(),
    /** Need not be unique. */
    name: z.string(),
    /** The id of its access group. */
    groupId: z.int(),
    /** The id of its resource tier. */
    resourceTierId: z.exactOptional(z.int()),
    /** What it is described as. */
    description: z.exactOptional(z.string()),
    /** The id of the account. */
    accountId: z.exactOptional(z.string()),
    /** Who created it. */
    createdBy: z.exactOptional(z.string()),
    /** ISO time in UTC. */
    createdTime: z.exactOptional(z.string()),
    /** Who changed it last. */
    lastModifiedBy: z.exactOptional(z.string()),
    /** ISO time in UTC. */
    lastModifiedTime: z.exactOptional(z.string()),
  }),
);
export interface EdgeWorkerResult extends z.output<typeof edgeWorkerResult> {}

/** A version as it is now. */
export const versionResult = shape(
  "VersionResult",
  z.object({
    /** Its name. */
    version: z.string(),
    /** SHA-256 of the archive that was uploaded, in hexadecimal digits. */
    checksum: z.string(),
    /** Order of uploads, from 1; those of deleted versions are missing. */
    sequenceNumber: z.exactOptional(z.int()),
    /** Who uploaded it. */
    createdBy: z.exactOptional(z.string()),
    /** ISO time in UTC. */
    createdTime: z.exactOptional(z.string()),
  }),
);
export interface VersionResult extends z.output<typeof versionResult> {}

/** An activation as it is now. */
export const activationResult = shape(
  "ActivationResult",
  z.object({
    /** Its id. */
    activationId: z.int(),
    /** The name of the version. */
    version: z.string(),
    /** `staging` or `production`. */
    network,
    /** `PRESUBMIT`, `PENDING`, `IN_PROGRESS`, or an end: `COMPLETE` (also of one that was superseded), `CANCELLED`, `ABORTED`, `ERROR`, `DELETED_BY_AKAMAI`, `EXPIRED`. */
    status: z.string(),
    /** The note that it was requested with. */
    note: z.exactOptional(z.string()),
    /** Who requested it. */
    createdBy: z.exactOptional(z.string()),
    /** ISO time in UTC. */
    createdTime: z.string(),
  }),
);
export interface ActivationResult extends z.output<typeof activationResult> {}

/** What is live on a network, and all that was asked for there. */
export const activationsResult = shape(
  "ActivationsResult",
  z.object({
    /** The activation whose version serves now; absent when none does. */
    live: z.exactOptional(activationResult),
    /** The newest first. */
    activations: z.array(activationResult),
  }),
);
export interface ActivationsResult extends z.output<typeof activationsResult> {}

/** A limit of the account. */
export const limitResult = shape(
  "LimitResult",
  z.object({
    /** Such as `ew-id-per-account-limit`. */
    limitId: z.string(),
    /** What is limited. */
    limitName: z.string(),
    /** How much there may be of it. */
    limitValue: z.number(),
    /** How much of it is used, where that can be counted: EdgeWorkers that the API client can see, and versions of the EdgeWorker that was asked for. */
    used: z.exactOptional(z.number()),
    /** What is left then. */
    left: z.exactOptional(z.number()),
  }),
);
export interface LimitResult extends z.output<typeof limitResult> {}

/** A property whose rules refer to an EdgeWorker, and the versions of it that do. */
export const propertyUseResult = shape(
  "PropertyUseResult",
  z.object({
    /** Without `prp_`. */
    propertyId: z.int(),
    /** Its name. */
    propertyName: z.string(),
    /** The version on staging that does. */
    stagingVersion: z.exactOptional(z.int()),
    /** The version on production that does. */
    productionVersion: z.exactOptional(z.int()),
    /** The latest version, where it does. */
    latestVersion: z.exactOptional(z.int()),
  }),
);
export interface PropertyUseResult extends z.output<typeof propertyUseResult> {}
