import { z } from "zod";
import { Agenda, type Due } from "../agenda";
import { table } from "../json";
import { type Lags, type Replicated, readPrimary, replicated, write } from "../replication";

export const NETWORKS = ["staging", "production"] as const;
export type Network = (typeof NETWORKS)[number];

export const DEFAULT_NAMESPACE = "default";
/** Six months, the fixed retention of the namespace `default`. */
const DEFAULT_RETENTION_SECONDS = 15_724_800;

const DatabasePolicy = z.strictObject({
  restrictDataAccess: z.boolean(),
  allowNamespacePolicyOverride: z.boolean(),
});
export type DatabasePolicy = z.infer<typeof DatabasePolicy>;

const Namespace = z.strictObject({
  namespace: z.string(),
  geoLocation: z.string(),
  retentionInSeconds: z.int(),
  groupId: z.int(),
  namespaceStatus: z.enum(["READY", "DELETING"]),
  /** ISO 8601, while a delete is scheduled. */
  scheduledDeleteTime: z.string().optional(),
  dataAccessPolicy: z.strictObject({
    restrictDataAccess: z.boolean(),
    policyType: z.enum(["inherited", "overridden"]),
  }),
});
export type Namespace = z.infer<typeof Namespace>;

const Item = z.strictObject({
  value: z.string(),
  /** How `value` holds the bytes: text where the bytes are UTF-8. */
  encoding: z.enum(["utf8", "base64"]),
  contentType: z.enum(["application/json", "text/plain"]),
  /** Milliseconds; `null` never. */
  expiresAt: z.number().nullable(),
});
export type Item = z.infer<typeof Item>;

/** Whether an item exists, and its retention is not over. */
export const isAlive = (item: Item | undefined, now: number): item is Item =>
  item !== undefined && (item.expiresAt === null || item.expiresAt > now);

const Token = z.strictObject({
  name: z.string(),
  uuid: z.string(),
  /** YYYY-MM-DD. */
  expiry: z.string(),
  allowOnStaging: z.boolean(),
  allowOnProduction: z.boolean(),
  namespacePermissions: z.record(z.string(), z.array(z.enum(["r", "w", "d"]))),
  /** `null`: not given, which means all. */
  restrictToEdgeWorkerIds: z.array(z.string()).nullable(),
  /** All in milliseconds. */
  issuedAt: z.number(),
  refreshedAt: z.number().nullable(),
  activatesAt: z.number(),
  activationFails: z.boolean(),
  /** It was activated before its last refresh: edge servers go on to accept it. */
  wasActive: z.boolean().optional(),
  /** The JWT of a legacy token; an enhanced token has none. */
  value: z.string().optional(),
});
export type Token = z.infer<typeof Token>;

const onNetworks = <S extends z.ZodType>(value: S) => z.strictObject({ staging: value, production: value });

/** The state of EdgeKV. Times are milliseconds since 1970. */
export const EdgeKvState = z.strictObject({
  database: z.strictObject({
    /** When the last initialization that was requested ends. `null`: none was requested. */
    readyAt: z.number().nullable(),
    /** Whether it ends as UNINITIALIZED. */
    fails: z.boolean(),
    cpcode: z.string(),
    dataAccessPolicy: DatabasePolicy,
  }),
  /** By name. */
  namespaces: onNetworks(z.record(z.string(), replicated(Namespace))),
  /** Since when the replicas open a new namespace to requests about its groups and items. By name, until all of them do. */
  openings: onNetworks(
    z.record(z.string(), z.strictObject({ at: z.number(), lag: z.number().min(0) })),
  ).optional(),
  /** By namespace, group and key. */
  items: onNetworks(z.record(z.string(), z.record(z.string(), z.record(z.string(), replicated(Item))))),
  /** By name. */
  tokens: z.record(z.string(), replicated(Token)),
});
export type EdgeKvState = z.infer<typeof EdgeKvState>;

/** EdgeKV of a new customer; initialized since `readyAt`, when that is given. */
export function freshEdgeKv(readyAt?: number): EdgeKvState {
  return {
    database: {
      readyAt: readyAt ?? null,
      fails: false,
      cpcode: "1284561",
      dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: false },
    },
    namespaces: { staging: table(), production: table() },
    items: { staging: table(), production: table() },
    tokens: table(),
  };
}

export type AccountStatus = "INITIALIZED" | "UNINITIALIZED" | "PENDING";

export function statusAt({ database: { readyAt, fails } }: EdgeKvState, now: number): AccountStatus {
  if (readyAt === null) return "UNINITIALIZED";
  if (now < readyAt) return "PENDING";
  return fails ? "UNINITIALIZED" : "INITIALIZED";
}

/** A namespace, for what becomes due to it. */
interface Place {
  readonly network: Network;
  readonly name: string;
}

/** The deletes that are scheduled. */
export const dueDeletes = new Agenda<EdgeKvState, Place>(function* (state): Iterable<Due<Place>> {
  for (const network of NETWORKS) {
    for (const [name, replicated] of Object.entries(state.namespaces[network])) {
      const at = scheduledAt(replicated);
      if (at !== undefined) yield { at, what: { network, name } };
    }
  }
});

const scheduledAt = (replicated: Replicated<Namespace> | undefined): number | undefined => {
  const time = Date.parse(readPrimary(replicated)?.scheduledDeleteTime ?? "");
  return Number.isNaN(time) ? undefined : time;
};

/** The ends of openings. */
export const dueOpenings = new Agenda<EdgeKvState, Place>(function* (state): Iterable<Due<Place>> {
  for (const network of NETWORKS) {
    for (const [name, { at, lag }] of Object.entries(state.openings?.[network] ?? {}))
      yield { at: at + lag, what: { network, name } };
  }
});

/** Creates the namespace `default` once EdgeKV is initialized, and carries out each scheduled delete that is due. */
export function advanceEdgeKv(state: EdgeKvState, now: number, lags: Lags): void {
  for (const network of NETWORKS) {
    const namespaces = state.namespaces[network];
    if (statusAt(state, now) === "INITIALIZED" && namespaces[DEFAULT_NAMESPACE] === undefined) {
      namespaces[DEFAULT_NAMESPACE] = [
        {
          at: state.database.readyAt ?? now,
          lag: 0,
          value: defaultNamespace(state.database.dataAccessPolicy),
        },
      ];
    }
  }
  for (const { network, name } of dueOpenings.take(state, now)) {
    const openings = state.openings?.[network] ?? {};
    const opening = openings[name];
    if (opening !== undefined && opening.at + opening.lag <= now) delete openings[name];
  }
  for (const { network, name } of dueDeletes.take(state, now)) {
    const replicated = state.namespaces[network][name];
    const time = scheduledAt(replicated);
    if (replicated === undefined || time === undefined || time > now) continue;
    write(replicated, null, time, lags.object);
    delete state.items[network][name];
  }
}

const defaultNamespace = ({ restrictDataAccess }: DatabasePolicy): Namespace => ({
  namespace: DEFAULT_NAMESPACE,
  geoLocation: "US",
  retentionInSeconds: DEFAULT_RETENTION_SECONDS,
  groupId: 0,
  namespaceStatus: "READY",
  dataAccessPolicy: { restrictDataAccess, policyType: "inherited" },
});
