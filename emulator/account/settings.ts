import { z } from "zod";
import { STATUSES } from "../edgeworkers/state";
import { STATUSES as PROPERTY_STATUSES } from "../property/state";

/** What differs between accounts: limits that Akamai raises on request, entitlements, and faults of the services. */
export const EmulatorSettings = z.strictObject({
  /** Namespaces on each network, `default` included. Default 20. */
  namespacesPerNetwork: z.int().min(0),
  /** Access tokens, with those that expired less than 30 days ago. Default 100; Akamai does not publish the number. */
  tokensPerAccount: z.int().min(0),
  /** Item requests per second, of the machine's time as a rule (see `traffic`). Default 73. */
  itemRatePerSecond: z.number().positive(),
  /** Characters of an item's value. Default 262144. */
  itemValueCharacters: z.int().min(0),
  /** Tokens are JWTs that expire, as before August 2024. Default false. */
  legacyTokens: z.boolean(),
  /** A fresh account starts with EdgeKV initialized. Default false. */
  initialized: z.boolean(),
  /** `DELETE ...?sync=true` refuses a namespace that has items. Default false. */
  strictSyncDelete: z.boolean(),
  /** The account has Standard TLS Support: `restrictDataAccess` may be false. Default false. */
  tlsEntitlement: z.boolean(),
  /** How many of the next initializations end as UNINITIALIZED. Default 0. */
  failInitializations: z.int().min(0),
  /** The data plane's status for a namespace that does not exist: it is documented as 404, and as 400. Default 404. */
  edgeMissingNamespace: z.union([z.literal(400), z.literal(404)]),
  /** How many of the next token activations end as ERROR. Default 0. */
  failTokens: z.int().min(0),
  /** EdgeWorker IDs of the account. Default 200. */
  edgeWorkerIds: z.int().min(0),
  /** EdgeWorker IDs made in a minute, and in a day. Default 10 and 50. */
  edgeWorkerIdsPerMinute: z.int().min(0),
  edgeWorkerIdsPerDay: z.int().min(0),
  /** Versions of each EdgeWorker ID. Default 1000. */
  versionsPerEdgeWorker: z.int().min(0),
  /** Versions made in a minute. Default 20. */
  versionsPerMinute: z.int().min(0),
  /** EdgeWorker IDs that are active on each network. Default 200; Akamai does not publish the number. */
  activeEdgeWorkersPerNetwork: z.int().min(0),
  /** Activations on each network in a minute, and on both in a day. Default 20 and 500. */
  activationsPerMinute: z.int().min(0),
  activationsPerDay: z.int().min(0),
  /** Deactivations on each network in a minute, and on both in a day. Default 5 and 50. */
  deactivationsPerMinute: z.int().min(0),
  deactivationsPerDay: z.int().min(0),
  /** Every rate limit is answered in plain text. Default false: only those without an error code are. */
  plainTextLimits: z.boolean(),
  /** Bytes of a code bundle, and of the archive in it. Default 512 KiB and 1 MiB. */
  bundleBytes: z.int().min(0),
  bundleUncompressedBytes: z.int().min(0),
  /** An upload with the bytes of an existing version is refused. Default false. */
  refuseSameChecksum: z.boolean(),
  /** A delete of an EdgeWorker ID or version that is in use is 404, like one that does not exist. Default false: 400. */
  vagueDeletes: z.boolean(),
  /** The account may use the production network. Default true. */
  productionNetwork: z.boolean(),
  /** How many of the next activations, and deactivations, of EdgeWorker versions end as `failedStatus`. Default 0. */
  failActivations: z.int().min(0),
  failDeactivations: z.int().min(0),
  /** The status of those. With `PRESUBMIT`, `PENDING` or `IN_PROGRESS` they never end. Default `ERROR`. */
  failedStatus: z.enum(STATUSES),
  /** Requests to Property Manager in a minute (see `traffic` for its clock), and at once. Default 100 and 1000. */
  papiRequestsPerMinute: z.number().min(0),
  papiRequestBurst: z.int().min(0),
  /** Properties of each contract. Default 500; Akamai does not publish the number. */
  propertiesPerContract: z.int().min(0),
  /** Criteria and behaviors of a rule tree, and how deep its rules are nested. Default 1500 and 10; Akamai does not publish the numbers. */
  elementsPerProperty: z.int().min(0),
  nestedRules: z.int().min(0),
  /** An activation on production needs a compliance record. Default false. */
  complianceRecords: z.boolean(),
  /** A rule tree with an EdgeWorker ID that is not in the account has an error. Default false. */
  checkEdgeWorkerIds: z.boolean(),
  /** A request about a property without contract and group gets 302, with a link that has them. Default false. */
  propertyRedirects: z.boolean(),
  /** A property version whose activation failed or was cancelled is locked, too. Default false. */
  lockAttempted: z.boolean(),
  /** A locked version can be written to with `dryRun`. Default false. */
  dryRunOnLocked: z.boolean(),
  /** Warnings that every activation of a property has, besides those of its rules. Default none. */
  activationWarnings: z.array(z.string()),
  /** How many of the next activations and deactivations of properties end as `failedPropertyStatus`. Default 0. */
  failPropertyActivations: z.int().min(0),
  /** The status of those. With one on the way (`PENDING`, `ZONE_2`, ...) they never end. Default `FAILED`. */
  failedPropertyStatus: z.enum(PROPERTY_STATUSES),
  /** How a property's deactivation ends when it succeeds: `DEACTIVATED` in Akamai's API description, its clients wait for `ACTIVE`. Default `ACTIVE`. */
  deactivationEndsAs: z.enum(["ACTIVE", "DEACTIVATED"]),
});
export type EmulatorSettings = z.infer<typeof EmulatorSettings>;

export const DEFAULT_SETTINGS: EmulatorSettings = {
  namespacesPerNetwork: 20,
  tokensPerAccount: 100,
  itemRatePerSecond: 73,
  itemValueCharacters: 262_144,
  legacyTokens: false,
  initialized: false,
  strictSyncDelete: false,
  tlsEntitlement: false,
  failInitializations: 0,
  edgeMissingNamespace: 404,
  failTokens: 0,
  edgeWorkerIds: 200,
  edgeWorkerIdsPerMinute: 10,
  edgeWorkerIdsPerDay: 50,
  versionsPerEdgeWorker: 1000,
  versionsPerMinute: 20,
  activeEdgeWorkersPerNetwork: 200,
  activationsPerMinute: 20,
  activationsPerDay: 500,
  deactivationsPerMinute: 5,
  deactivationsPerDay: 50,
  plainTextLimits: false,
  bundleBytes: 524_288,
  bundleUncompressedBytes: 1_048_576,
  refuseSameChecksum: false,
  vagueDeletes: false,
  productionNetwork: true,
  failActivations: 0,
  failDeactivations: 0,
  failedStatus: "ERROR",
  papiRequestsPerMinute: 100,
  papiRequestBurst: 1000,
  propertiesPerContract: 500,
  elementsPerProperty: 1500,
  nestedRules: 10,
  complianceRecords: false,
  checkEdgeWorkerIds: false,
  propertyRedirects: false,
  lockAttempted: false,
  dryRunOnLocked: false,
  activationWarnings: [],
  failPropertyActivations: 0,
  failedPropertyStatus: "FAILED",
  deactivationEndsAs: "ACTIVE",
};
