import { z } from "zod";
import { EdgeKvState, freshEdgeKv } from "../edgekv/state";
import { EdgeWorkersState, freshEdgeWorkers, STATUSES } from "../edgeworkers/state";
import { parseTables, table } from "../json";
import { freshProperty, STATUSES as PROPERTY_STATUSES, PropertyState } from "../property/state";

/** What differs between accounts: limits that Akamai raises on request, entitlements, and misfortunes to come. */
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
  /** So many initializations to come end as UNINITIALIZED. Default 0. */
  failInitializations: z.int().min(0),
  /** So many token activations to come end as ERROR. Default 0. */
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
  /** Every rate limit is told in plain text. Default false: only those without an error code are. */
  plainTextLimits: z.boolean(),
  /** Bytes of a code bundle, and of the archive in it. Default 512 KiB and 1 MiB. */
  bundleBytes: z.int().min(0),
  bundleUncompressedBytes: z.int().min(0),
  /** An upload with the bytes of an existing version is refused. Default false. */
  refuseSameChecksum: z.boolean(),
  /** A delete of an EdgeWorker ID or version that is refused says 404, like one of what does not exist. Default false: 400. */
  vagueDeletes: z.boolean(),
  /** The account may use the production network. Default true. */
  productionNetwork: z.boolean(),
  /** So many activations, and deactivations, of EdgeWorker versions to come end as `failedStatus`. Default 0. */
  failActivations: z.int().min(0),
  failDeactivations: z.int().min(0),
  /** How those end; one that is no end (`PRESUBMIT`, `PENDING`, `IN_PROGRESS`) is where they stay for ever. Default `ERROR`. */
  failedStatus: z.enum(STATUSES),
  /** Requests to Property Manager: so many are allowed in a minute, of the machine's time as a rule (see `traffic`), and so many at once. Default 100 and 1000. */
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
  /** What is asked of a property without contract and group is answered 302 with a link that has them. Default false. */
  propertyRedirects: z.boolean(),
  /** A property version whose activation failed or was cancelled is locked, too. Default false. */
  lockAttempted: z.boolean(),
  /** A locked version can be written to with `dryRun`. Default false. */
  dryRunOnLocked: z.boolean(),
  /** Warnings that every activation of a property has, besides those of its rules. Default none. */
  activationWarnings: z.array(z.string()),
  /** So many activations and deactivations of properties to come end as `failedPropertyStatus`. Default 0. */
  failPropertyActivations: z.int().min(0),
  /** How those end; one that is no end (`PENDING`, `ZONE_2`, ...) is where they stay for ever. Default `FAILED`. */
  failedPropertyStatus: z.enum(PROPERTY_STATUSES),
});
export type EmulatorSettings = z.infer<typeof EmulatorSettings>;

const DEFAULT_SETTINGS: EmulatorSettings = {
  namespacesPerNetwork: 20,
  tokensPerAccount: 100,
  itemRatePerSecond: 73,
  itemValueCharacters: 262_144,
  legacyTokens: false,
  initialized: false,
  strictSyncDelete: false,
  tlsEntitlement: false,
  failInitializations: 0,
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
};

export const ApiClient = z.strictObject({
  /** Access per product. A product that is not named is not granted at all. */
  grants: z.record(z.string(), z.enum(["READ-WRITE", "READ-ONLY"])),
  /** "CP Code - View CP Codes". Without it, EdgeKV fails with 500 where it needs its CP code. */
  viewCpCodes: z.boolean(),
  /** EdgeKV capabilities per access group id. Absent: in every group all that the grant allows. */
  capabilities: z.record(z.string(), z.array(z.string())).optional(),
  /** The same for EdgeWorkers. */
  edgeWorkerCapabilities: z.record(z.string(), z.array(z.string())).optional(),
});
export type ApiClient = z.infer<typeof ApiClient>;

/** Everything that the emulator knows about the account. JSON, and the shape of `state`, of seed files and of what is kept on disk. */
export const Account = z.strictObject({
  /** The emulator's time, milliseconds since 1970; never goes back. */
  now: z.number(),
  /** State of the seeded random numbers. */
  prng: z.int(),
  accountId: z.string(),
  settings: EmulatorSettings,
  contracts: z.array(z.strictObject({ contractId: z.string() })),
  groups: z.array(z.strictObject({ groupId: z.int().positive(), groupName: z.string() })),
  resourceTiers: z.array(
    z.strictObject({
      resourceTierId: z.int(),
      resourceTierName: z.string(),
      edgeWorkerLimits: z.array(z.strictObject({ limitName: z.string(), limitValue: z.number(), limitUnit: z.string() })),
    }),
  ),
  /** By name, which is also the section of `.edgerc`. Their credentials are not part of the state. */
  clients: z.record(z.string(), ApiClient),
  edgekv: EdgeKvState,
  edgeworkers: EdgeWorkersState,
  property: PropertyState,
});
export type Account = z.infer<typeof Account>;

const milliseconds = (limitName: string, limitValue: number) => ({ limitName, limitValue, limitUnit: "MILLISECOND" });

const RESOURCE_TIERS: Account["resourceTiers"] = [
  [100, "Basic Compute", 60, 200, 10, 100],
  [200, "Dynamic Compute", 60, 500, 50, 4000],
].map(([id, name, initializationCpu, initializationWall, cpu, wall]) => ({
  resourceTierId: Number(id),
  resourceTierName: String(name),
  edgeWorkerLimits: [
    milliseconds("Maximum CPU time during initialization", Number(initializationCpu)),
    milliseconds("Maximum wall time during initialization", Number(initializationWall)),
    milliseconds("Maximum CPU time per event handler", Number(cpu)),
    milliseconds("Maximum wall time per event handler", Number(wall)),
  ],
}));

const grantsOf = (grant: "READ-WRITE" | "READ-ONLY") => ({ edgekv: grant, edgeworkers: grant, property: grant });

/** A new customer: two contracts, three access groups, two API clients, EdgeKV not initialized, a property that is live. */
export function freshAccount(seed: number, now: number, ...settings: object[]): Account {
  const all = EmulatorSettings.parse(Object.assign({}, DEFAULT_SETTINGS, ...settings));
  return {
    now,
    prng: seed | 0,
    accountId: "A-CCT1234",
    settings: all,
    contracts: [{ contractId: "1-3CV382" }, { contractId: "1-5C13O2" }],
    groups: [
      { groupId: 72297, groupName: "Team A" },
      { groupId: 98765, groupName: "Team B" },
      { groupId: 109795, groupName: "Shared" },
    ],
    resourceTiers: structuredClone(RESOURCE_TIERS),
    clients: table<ApiClient>([
      ["default", { grants: grantsOf("READ-WRITE"), viewCpCodes: true }],
      ["read-only", { grants: grantsOf("READ-ONLY"), viewCpCodes: true }],
    ]),
    edgekv: freshEdgeKv(all.initialized ? now : undefined),
    edgeworkers: freshEdgeWorkers(),
    property: freshProperty(now),
  };
}

/** Fills in what an earlier emulator did not keep yet. */
function filled(state: unknown): unknown {
  if (!isObject(state)) return state;
  const { settings = {}, now, property } = state as { settings?: unknown; now?: unknown; property?: unknown };
  return {
    ...state,
    ...(isObject(settings) && { settings: { ...DEFAULT_SETTINGS, ...settings } }),
    ...(property === undefined && typeof now === "number" && { property: freshProperty(now) }),
  };
}

/** Checks a state that came from outside, and makes its objects safe for every key. Throws an error that says what is wrong where. */
export function readAccount(given: unknown): Account {
  const state = filled(given);
  const result = Account.safeParse(state);
  if (!result.success) throw new Error(`not a state of the emulator: ${z.prettifyError(result.error)}`);
  return parseTables(JSON.stringify(state)) as Account;
}

/** Objects are merged, everything else in `patch` replaces what is in `base`. */
export function merge(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch;
  const result = table(Object.entries(base));
  for (const [key, value] of Object.entries(patch)) result[key] = key in result ? merge(result[key], value) : value;
  return result;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
