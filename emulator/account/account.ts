import { z } from "zod";
import { LATEST } from "../clock";
import { EdgeKvState, freshEdgeKv } from "../edgekv/state";
import { offeredTiers } from "../edgeworkers/resourceTiers";
import { EdgeWorkersState, freshEdgeWorkers } from "../edgeworkers/state";
import { parseTables, table } from "../json";
import { listed, problemsOf } from "../problems";
import { freshProperty } from "../property/seed";
import { PropertyState } from "../property/state";
import { DEFAULT_SETTINGS, EmulatorSettings } from "./settings";

/** The name of an API client: a line of `.edgerc`. */
const SectionName = z.string().regex(/^(?![\s\p{C}[\]])[^\p{C}\p{Zl}\p{Zp}[\]]{1,100}$/u, {
  error: "must be the name of a section: 1 to 100 characters, without line ends and brackets",
});

export const ApiClient = z.strictObject({
  /** Access per service. There is no access to a service that is not named. */
  grants: z.record(z.string(), z.enum(["READ-WRITE", "READ-ONLY"])),
  /** "CP Code - View CP Codes". Without it, EdgeKV fails with 500 where it needs its CP code. */
  viewCpCodes: z.boolean(),
  /** EdgeKV capabilities per access group id. Absent: in every group all that the grant allows. */
  capabilities: z.record(z.string(), z.array(z.string())).optional(),
  /** The same for EdgeWorkers. */
  edgeWorkerCapabilities: z.record(z.string(), z.array(z.string())).optional(),
});
export type ApiClient = z.infer<typeof ApiClient>;

/** The whole account. This is the JSON of `state`, of seed files and of the kept state. */
export const Account = z.strictObject({
  /** The emulator's time, milliseconds since 1970; never goes back. */
  now: z
    .number()
    .refine((time) => time >= 0 && time <= LATEST, { error: "must be a time from 1970 to the year 9999" }),
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
      edgeWorkerLimits: z.array(
        z.strictObject({ limitName: z.string(), limitValue: z.number(), limitUnit: z.string() }),
      ),
    }),
  ),
  /** By name, which is also the section of `.edgerc`. Their credentials are not part of the state. */
  clients: z.record(SectionName, ApiClient),
  edgekv: EdgeKvState,
  edgeworkers: EdgeWorkersState,
  property: PropertyState,
});
export type Account = z.infer<typeof Account>;

const grantsOf = (grant: "READ-WRITE" | "READ-ONLY") => ({
  edgekv: grant,
  edgeworkers: grant,
  property: grant,
});

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
    resourceTiers: offeredTiers(),
    clients: table<ApiClient>([
      ["default", { grants: grantsOf("READ-WRITE"), viewCpCodes: true }],
      ["read-only", { grants: grantsOf("READ-ONLY"), viewCpCodes: true }],
    ]),
    edgekv: freshEdgeKv(all.initialized ? now : undefined),
    edgeworkers: freshEdgeWorkers(),
    property: freshProperty(now),
  };
}

/** Adds what a state of an earlier version lacks. */
function withDefaults(state: unknown): unknown {
  if (!isObject(state)) return state;
  const { settings = {}, now, property } = state as { settings?: unknown; now?: unknown; property?: unknown };
  return {
    ...state,
    ...(isObject(settings) && { settings: { ...DEFAULT_SETTINGS, ...settings } }),
    ...(property === undefined && typeof now === "number" && { property: freshProperty(now) }),
  };
}

/** A state, a seed file or settings that are not valid. The message names the source and each wrong key. */
export class StateError extends Error {}

/** Checks a state from outside, and makes its objects safe for every key. `source` begins the message. */
export function readAccount(given: unknown, source = "The given value"): Account {
  const state = withDefaults(given);
  const problems = problemsOf(Account, state);
  if (problems.length > 0) throw new StateError(listed(`${source} is not a state of the emulator`, problems));
  return parseTables(JSON.stringify(state)) as Account;
}

/** Objects are merged, everything else in `patch` replaces what is in `base`. */
export function merge(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch;
  const result = table(Object.entries(base));
  for (const [key, value] of Object.entries(patch))
    result[key] = key in result ? merge(result[key], value) : value;
  return result;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
