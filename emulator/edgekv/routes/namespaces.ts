import { z } from "zod";
import { getOrCreate } from "../../json";
import { type Replicated, readPrimary, readReplica, write } from "../../replication";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { EdgeKvError, invalid, missingOrForbidden, noSuchNamespace } from "../errors";
import {
  CANCEL_BEFORE_SECONDS,
  DEFAULT_NAMESPACE,
  GroupId,
  NAMESPACE_NAME,
  NETWORKS,
  type Network,
  RetentionInSeconds,
  SCHEDULED_DELETE_SECONDS,
} from "../limits";
import { assertInitialized, bodyOf, networkOf } from "../request";
import { isAlive, type Namespace } from "../state";
import { assertCapability, assertGroupAccess, capabilitiesIn, capability } from "./accessGroups";
import { NO_STANDARD_TLS } from "./database";

const GEO_LOCATIONS: readonly string[] = ["US", "EU", "JP", "GLOBAL"];
const PATH = "/networks/:network/namespaces";

const Name = z.string({ error: "Namespace must be specified." }).regex(NAMESPACE_NAME, { error: "Name contains invalid characters." });

const NewNamespace = z.object({
  namespace: Name,
  retentionInSeconds: RetentionInSeconds,
  groupId: GroupId,
  geoLocation: z.string({ error: "Invalid geoLocation" }).nullish(),
  dataAccessPolicy: z
    .object({ restrictDataAccess: z.boolean({ error: "Invalid dataAccessPolicy" }) }, { error: "Invalid dataAccessPolicy" })
    .nullish(),
});

const ChangedNamespace = z.object({
  namespace: Name,
  retentionInSeconds: RetentionInSeconds,
  groupId: GroupId.nullish(),
  geoLocation: z.string({ error: "Invalid geoLocation" }).nullish(),
});

const conflict = (detail: string) => new EdgeKvError(409, "EKV_3000", detail);
const groupIsAuthorized = () => new EdgeKvError(400, "EKV_3000", "groupId changes must be made through the reauthorize endpoint.");

/** The namespace that the path names, on the network that the path names. */
function target(context: RequestContext) {
  const network = networkOf(context);
  const name = param(context, "namespaceId");
  return { network, name, replicated: context.account.edgekv.namespaces[network][name] };
}

/** Whether a delete was asked for and not yet carried out. */
export const isDeleting = (namespace: Namespace | undefined): boolean => namespace?.namespaceStatus === "DELETING";

function list(context: RequestContext): Response {
  assertInitialized(context);
  const network = networkOf(context);
  const details = ["on", "true"].includes(context.query.details ?? "");
  const namespaces = Object.values(context.account.edgekv.namespaces[network])
    .map((replicated) => readReplica(replicated, context.replica))
    .filter((namespace) => namespace !== undefined)
    .filter(({ groupId }) => capabilitiesIn(context, groupId).includes(capability("VIEW", "NAMESPACE", network)));
  return json(200, { namespaces: details ? namespaces : namespaces.map(({ namespace }) => ({ namespace })) });
}

function get(context: RequestContext): Response {
  assertInitialized(context);
  const { network, replicated } = target(context);
  const namespace = readReplica(replicated, context.replica);
  if (namespace === undefined) throw noSuchNamespace();
  assertCapability(context, namespace.groupId, capability("VIEW", "NAMESPACE", network));
  return json(200, namespace);
}

function geoLocationOf(network: Network, wanted: string | null | undefined): string {
  const geoLocation = wanted ?? "US";
  if (!GEO_LOCATIONS.includes(geoLocation)) {
    throw invalid("Specified geoLocation not supported. Please specify one of US, EU, JP, GLOBAL");
  }
  if (network === "staging" && geoLocation !== "US") throw invalid("The staging network only supports US location.");
  return geoLocation;
}

/** The policy of a new namespace: the database's, or an own one where the database allows it. */
function dataAccessPolicyOf(
  context: RequestContext,
  wanted: { restrictDataAccess: boolean } | null | undefined,
): Namespace["dataAccessPolicy"] {
  const { restrictDataAccess, allowNamespacePolicyOverride } = context.account.edgekv.database.dataAccessPolicy;
  if (!wanted) return { restrictDataAccess, policyType: "inherited" };
  if (!wanted.restrictDataAccess && !context.account.settings.tlsEntitlement) throw new EdgeKvError(400, "EKV_1005", NO_STANDARD_TLS);
  if (allowNamespacePolicyOverride) return { restrictDataAccess: wanted.restrictDataAccess, policyType: "overridden" };
  if (wanted.restrictDataAccess !== restrictDataAccess) throw invalid("The data access policy of the database does not allow overrides.");
  return { restrictDataAccess, policyType: "inherited" };
}

function create(context: RequestContext): Response {
  assertInitialized(context);
  const network = networkOf(context);
  const body = bodyOf(context, NewNamespace);
  const { namespace: name, groupId } = body;
  const { namespaces } = context.account.edgekv;
  const wanted: Namespace = {
    namespace: name,
    geoLocation: geoLocationOf(network, body.geoLocation),
    retentionInSeconds: body.retentionInSeconds,
    groupId,
    namespaceStatus: "READY",
    dataAccessPolicy: dataAccessPolicyOf(context, body.dataAccessPolicy),
  };
  assertGroupAccess(context, groupId);
  assertCapability(context, groupId, capability("CREATE", "NAMESPACE", network));

  const existing = readPrimary(namespaces[network][name]);
  if (existing) {
    if (isDeleting(existing)) throw conflict(`A namespace with the name ${name} already exists and is scheduled for deletion`);
    if (!sameConfiguration(existing, wanted, Boolean(body.dataAccessPolicy))) {
      throw conflict(`A namespace with the name ${name} already exists with a different configuration`);
    }
    return json(200, existing);
  }
  // One access group authorizes a name on both networks.
  if (NETWORKS.some((other) => (readPrimary(namespaces[other][name])?.groupId ?? groupId) !== groupId)) throw groupIsAuthorized();
  const { namespacesPerNetwork } = context.account.settings;
  if (Object.values(namespaces[network]).filter((replicated) => readPrimary(replicated)).length >= namespacesPerNetwork) {
    throw new EdgeKvError(
      413,
      "EKV_9000",
      `Each account is allowed ${namespacesPerNetwork} namespaces. This limit has already been reached.`,
    );
  }
  const replicated = getOrCreate(namespaces[network], name, () => []);
  write(replicated, wanted, context.now, context.lags.object);
  return json(200, wanted);
}

const sameConfiguration = (a: Namespace, b: Namespace, withPolicy: boolean): boolean =>
  a.geoLocation === b.geoLocation &&
  a.retentionInSeconds === b.retentionInSeconds &&
  a.groupId === b.groupId &&
  (!withPolicy || a.dataAccessPolicy.restrictDataAccess === b.dataAccessPolicy.restrictDataAccess);

function update(context: RequestContext): Response {
  assertInitialized(context);
  const { network, name, replicated } = target(context);
  const body = bodyOf(context, ChangedNamespace);
  if (body.namespace !== name) throw invalid("The namespace of the body must be the namespace of the path.");
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be modified.");
  const existing = readPrimary(replicated);
  if (replicated === undefined || existing === undefined) throw conflict("Cannot update a namespace that does not exist on the network");
  // A replica that has not heard of the namespace yet.
  if (readReplica(replicated, context.replica) === undefined) throw noSuchNamespace();
  assertCapability(context, existing.groupId, capability("MODIFY", "NAMESPACE", network));
  if (isDeleting(existing)) throw conflict("Cannot update a namespace that is scheduled for deletion");
  if ((body.groupId ?? existing.groupId) !== existing.groupId) throw groupIsAuthorized();
  if ((body.geoLocation ?? existing.geoLocation) !== existing.geoLocation)
    throw invalid("The geoLocation of a namespace cannot be changed.");

  const changed = { ...existing, retentionInSeconds: body.retentionInSeconds };
  if (changed.retentionInSeconds !== existing.retentionInSeconds) write(replicated, changed, context.now, context.lags.change);
  return json(200, changed);
}

/** The namespace that a delete, or what follows one, is about. Unlike elsewhere, a missing one is told like a missing permission. */
function deletable(context: RequestContext, verb: "VIEW" | "DELETE" = "DELETE") {
  const { network, name, replicated } = target(context);
  const existing = readPrimary(replicated);
  if (replicated === undefined || existing === undefined) throw missingOrForbidden(capability("DELETE", "NAMESPACE", network));
  assertCapability(context, existing.groupId, capability(verb, "NAMESPACE", network));
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be deleted.");
  return { network, name, replicated, existing };
}

function remove(context: RequestContext): Response {
  assertInitialized(context);
  const { account, now, lags } = context;
  const { network, name, replicated, existing } = deletable(context);
  const { items, database } = account.edgekv;
  if (context.query.sync === "true") {
    if (account.settings.strictSyncDelete && hasItems(context, network, name)) throw conflict(`Namespace ${name} is not empty`);
    write(replicated, null, now, lags.object);
    delete items[network][name];
    return json(200, {
      operationPerformed: "DELETED",
      description: `Namespace '${name}' was successfully deleted.`,
      id: database.cpcode,
    });
  }
  const scheduledDeleteTime = existing.scheduledDeleteTime ?? new Date(now + SCHEDULED_DELETE_SECONDS * 1000).toISOString();
  if (!isDeleting(existing)) write(replicated, { ...existing, namespaceStatus: "DELETING", scheduledDeleteTime }, now, lags.object);
  return json(202, { scheduledDeleteTime });
}

const hasItems = ({ account, now }: RequestContext, network: Network, name: string): boolean =>
  Object.values(account.edgekv.items[network][name] ?? {}).some((group) =>
    Object.values(group).some((replicated) => isAlive(readPrimary(replicated), now)),
  );

const notScheduled = (name: string) => new EdgeKvError(404, "EKV_3000", `Namespace ${name} is not scheduled for deletion.`);

const schedule = (scheduledDeleteTime: string, now: number): Response =>
  json(200, { scheduledDeleteTime }, { "Retry-After": String(Math.max(0, Math.ceil((Date.parse(scheduledDeleteTime) - now) / 1000))) });

function getSchedule(context: RequestContext): Response {
  assertInitialized(context);
  const { name, replicated } = deletable(context, "VIEW");
  const scheduledDeleteTime = readReplica(replicated, context.replica)?.scheduledDeleteTime;
  if (scheduledDeleteTime === undefined) throw notScheduled(name);
  return schedule(scheduledDeleteTime, context.now);
}

const Schedule = z.object({
  scheduledDeleteTime: z.iso.datetime({ error: "scheduledDeleteTime must be an ISO 8601 time in UTC." }),
});

function reschedule(context: RequestContext): Response {
  assertInitialized(context);
  const { name, replicated, existing } = deletable(context);
  const { scheduledDeleteTime } = bodyOf(context, Schedule);
  if (!isDeleting(existing)) throw notScheduled(name);
  const time = Date.parse(scheduledDeleteTime);
  if (time < context.now) throw invalid("scheduledDeleteTime must not be in the past.");
  if (time > context.now + SCHEDULED_DELETE_SECONDS * 1000) {
    throw invalid(`scheduledDeleteTime must not be more than ${SCHEDULED_DELETE_SECONDS} seconds away.`);
  }
  write(replicated, { ...existing, scheduledDeleteTime }, context.now, context.lags.object);
  return schedule(scheduledDeleteTime, context.now);
}

function cancel(context: RequestContext): Response {
  assertInitialized(context);
  const { name, replicated, existing } = deletable(context);
  const { scheduledDeleteTime, ...rest } = existing;
  if (scheduledDeleteTime === undefined) throw notScheduled(name);
  if (Date.parse(scheduledDeleteTime) - context.now < CANCEL_BEFORE_SECONDS * 1000) {
    throw new EdgeKvError(400, "EKV_3000", "A scheduled delete can only be cancelled until 5 minutes before its time.");
  }
  write(replicated, { ...rest, namespaceStatus: "READY" }, context.now, context.lags.change);
  return { status: 204 };
}

function reauthorize(context: RequestContext): Response {
  assertInitialized(context);
  const name = param(context, "namespaceId");
  const { groupId } = bodyOf(context, z.object({ groupId: GroupId }));
  const existing = NETWORKS.flatMap((network) => {
    const replicated = context.account.edgekv.namespaces[network][name];
    const value = readPrimary(replicated);
    return replicated && value ? [{ network, replicated, value }] : [];
  });
  if (existing.length === 0) throw missingOrForbidden(capability("AUTHORIZE", "NAMESPACE", "production"));
  for (const { network, value } of existing) assertCapability(context, value.groupId, capability("AUTHORIZE", "NAMESPACE", network));
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be modified.");
  assertGroupAccess(context, groupId);
  for (const { network } of existing) assertCapability(context, groupId, capability("AUTHORIZE", "NAMESPACE", network));
  for (const { replicated, value } of existing) {
    if (value.groupId !== groupId) write(replicated, { ...value, groupId }, context.now, context.lags.change);
  }
  return json(200, { groupId });
}

/** The namespace for the data plane, as this replica sees it. Closed from the moment when a delete is scheduled. */
export function openNamespace(context: RequestContext, network: Network): Namespace {
  const replicated: Replicated<Namespace> | undefined = context.account.edgekv.namespaces[network][param(context, "namespaceId")];
  const namespace = readReplica(replicated, context.replica);
  if (namespace === undefined || readPrimary(replicated) === undefined) throw noSuchNamespace();
  if (isDeleting(namespace) || isDeleting(readPrimary(replicated))) {
    throw new EdgeKvError(400, "EKV_9000", "The requested namespace is scheduled for deletion.");
  }
  return namespace;
}

export const namespaces: readonly Route[] = [
  { method: "GET", path: PATH, access: "read", handle: list },
  { method: "POST", path: PATH, access: "write", handle: create },
  { method: "GET", path: `${PATH}/:namespaceId`, access: "read", handle: get },
  { method: "PUT", path: `${PATH}/:namespaceId`, access: "write", handle: update },
  { method: "DELETE", path: `${PATH}/:namespaceId`, access: "write", handle: remove },
  { method: "GET", path: `${PATH}/:namespaceId/status/scheduled-delete`, access: "read", handle: getSchedule },
  { method: "PUT", path: `${PATH}/:namespaceId/status/scheduled-delete`, access: "write", handle: reschedule },
  { method: "DELETE", path: `${PATH}/:namespaceId/status/scheduled-delete`, access: "write", handle: cancel },
  { method: "PUT", path: "/auth/namespaces/:namespaceId", access: "write", handle: reauthorize },
];
