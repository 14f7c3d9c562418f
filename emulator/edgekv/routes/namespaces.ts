import { z } from "zod";
import { member } from "../../json";
import { latest, type Versions, visible, write } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
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
import { bodyOf, demandInitialized, networkOf, param } from "../request";
import { isAlive, type Namespace } from "../state";
import { capabilitiesIn, capability, demandCapability, demandGroup } from "./accessGroups";
import { STANDARD_TLS_REFUSAL } from "./database";

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
function target(call: Call) {
  const network = networkOf(call);
  const name = param(call, "namespaceId");
  return { network, name, versions: call.account.edgekv.namespaces[network][name] };
}

/** Whether a delete was asked for and not yet carried out. */
export const isDeleting = (namespace: Namespace | undefined): boolean => namespace?.namespaceStatus === "DELETING";

function list(call: Call): Answer {
  demandInitialized(call);
  const network = networkOf(call);
  const details = ["on", "true"].includes(call.query.details ?? "");
  const namespaces = Object.values(call.account.edgekv.namespaces[network])
    .map((versions) => visible(versions, call.view))
    .filter((namespace) => namespace !== undefined)
    .filter(({ groupId }) => capabilitiesIn(call, groupId).includes(capability("VIEW", "NAMESPACE", network)));
  return json(200, { namespaces: details ? namespaces : namespaces.map(({ namespace }) => ({ namespace })) });
}

function get(call: Call): Answer {
  demandInitialized(call);
  const { network, versions } = target(call);
  const namespace = visible(versions, call.view);
  if (namespace === undefined) throw noSuchNamespace();
  demandCapability(call, namespace.groupId, capability("VIEW", "NAMESPACE", network));
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
function dataAccessPolicyOf(call: Call, wanted: { restrictDataAccess: boolean } | null | undefined): Namespace["dataAccessPolicy"] {
  const { restrictDataAccess, allowNamespacePolicyOverride } = call.account.edgekv.database.dataAccessPolicy;
  if (!wanted) return { restrictDataAccess, policyType: "inherited" };
  if (!wanted.restrictDataAccess && !call.account.settings.tlsEntitlement) throw new EdgeKvError(400, "EKV_1005", STANDARD_TLS_REFUSAL);
  if (allowNamespacePolicyOverride) return { restrictDataAccess: wanted.restrictDataAccess, policyType: "overridden" };
  if (wanted.restrictDataAccess !== restrictDataAccess) throw invalid("The data access policy of the database does not allow overrides.");
  return { restrictDataAccess, policyType: "inherited" };
}

function create(call: Call): Answer {
  demandInitialized(call);
  const network = networkOf(call);
  const body = bodyOf(call, NewNamespace);
  const { namespace: name, groupId } = body;
  const { namespaces } = call.account.edgekv;
  const wanted: Namespace = {
    namespace: name,
    geoLocation: geoLocationOf(network, body.geoLocation),
    retentionInSeconds: body.retentionInSeconds,
    groupId,
    namespaceStatus: "READY",
    dataAccessPolicy: dataAccessPolicyOf(call, body.dataAccessPolicy),
  };
  demandGroup(call, groupId);
  demandCapability(call, groupId, capability("CREATE", "NAMESPACE", network));

  const existing = latest(namespaces[network][name]);
  if (existing) {
    if (isDeleting(existing)) throw conflict(`A namespace with the name ${name} already exists and is scheduled for deletion`);
    if (!sameConfiguration(existing, wanted, Boolean(body.dataAccessPolicy))) {
      throw conflict(`A namespace with the name ${name} already exists with a different configuration`);
    }
    return json(200, existing);
  }
  // One access group authorizes a name on both networks.
  if (NETWORKS.some((other) => (latest(namespaces[other][name])?.groupId ?? groupId) !== groupId)) throw groupIsAuthorized();
  const { namespacesPerNetwork } = call.account.settings;
  if (Object.values(namespaces[network]).filter((versions) => latest(versions)).length >= namespacesPerNetwork) {
    throw new EdgeKvError(
      413,
      "EKV_9000",
      `Each account is allowed ${namespacesPerNetwork} namespaces. This limit has already been reached.`,
    );
  }
  const versions = member(namespaces[network], name, () => []);
  write(versions, wanted, call.now, call.lags.object);
  return json(200, wanted);
}

const sameConfiguration = (a: Namespace, b: Namespace, withPolicy: boolean): boolean =>
  a.geoLocation === b.geoLocation &&
  a.retentionInSeconds === b.retentionInSeconds &&
  a.groupId === b.groupId &&
  (!withPolicy || a.dataAccessPolicy.restrictDataAccess === b.dataAccessPolicy.restrictDataAccess);

function update(call: Call): Answer {
  demandInitialized(call);
  const { network, name, versions } = target(call);
  const body = bodyOf(call, ChangedNamespace);
  if (body.namespace !== name) throw invalid("The namespace of the body must be the namespace of the path.");
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be modified.");
  const existing = latest(versions);
  if (versions === undefined || existing === undefined) throw conflict("Cannot update a namespace that does not exist on the network");
  // A replica that has not heard of the namespace yet.
  if (visible(versions, call.view) === undefined) throw noSuchNamespace();
  demandCapability(call, existing.groupId, capability("MODIFY", "NAMESPACE", network));
  if (isDeleting(existing)) throw conflict("Cannot update a namespace that is scheduled for deletion");
  if ((body.groupId ?? existing.groupId) !== existing.groupId) throw groupIsAuthorized();
  if ((body.geoLocation ?? existing.geoLocation) !== existing.geoLocation)
    throw invalid("The geoLocation of a namespace cannot be changed.");

  const changed = { ...existing, retentionInSeconds: body.retentionInSeconds };
  if (changed.retentionInSeconds !== existing.retentionInSeconds) write(versions, changed, call.now, call.lags.change);
  return json(200, changed);
}

/** The namespace that a delete, or what follows one, is about. Unlike elsewhere, a missing one is told like a missing permission. */
function deletable(call: Call, verb: "VIEW" | "DELETE" = "DELETE") {
  const { network, name, versions } = target(call);
  const existing = latest(versions);
  if (versions === undefined || existing === undefined) throw missingOrForbidden(capability("DELETE", "NAMESPACE", network));
  demandCapability(call, existing.groupId, capability(verb, "NAMESPACE", network));
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be deleted.");
  return { network, name, versions, existing };
}

function remove(call: Call): Answer {
  demandInitialized(call);
  const { account, now, lags } = call;
  const { network, name, versions, existing } = deletable(call);
  const { items, database } = account.edgekv;
  if (call.query.sync === "true") {
    if (account.settings.strictSyncDelete && hasItems(call, network, name)) throw conflict(`Namespace ${name} is not empty`);
    write(versions, null, now, lags.object);
    delete items[network][name];
    return json(200, {
      operationPerformed: "DELETED",
      description: `Namespace '${name}' was successfully deleted.`,
      id: database.cpcode,
    });
  }
  const scheduledDeleteTime = existing.scheduledDeleteTime ?? new Date(now + SCHEDULED_DELETE_SECONDS * 1000).toISOString();
  if (!isDeleting(existing)) write(versions, { ...existing, namespaceStatus: "DELETING", scheduledDeleteTime }, now, lags.object);
  return json(202, { scheduledDeleteTime });
}

const hasItems = ({ account, now }: Call, network: Network, name: string): boolean =>
  Object.values(account.edgekv.items[network][name] ?? {}).some((group) =>
    Object.values(group).some((versions) => isAlive(latest(versions), now)),
  );

const notScheduled = (name: string) => new EdgeKvError(404, "EKV_3000", `Namespace ${name} is not scheduled for deletion.`);

const schedule = (scheduledDeleteTime: string, now: number): Answer =>
  json(200, { scheduledDeleteTime }, { "Retry-After": String(Math.max(0, Math.ceil((Date.parse(scheduledDeleteTime) - now) / 1000))) });

function getSchedule(call: Call): Answer {
  demandInitialized(call);
  const { name, versions } = deletable(call, "VIEW");
  const scheduledDeleteTime = visible(versions, call.view)?.scheduledDeleteTime;
  if (scheduledDeleteTime === undefined) throw notScheduled(name);
  return schedule(scheduledDeleteTime, call.now);
}

const Schedule = z.object({
  scheduledDeleteTime: z.iso.datetime({ error: "scheduledDeleteTime must be an ISO 8601 time in UTC." }),
});

function reschedule(call: Call): Answer {
  demandInitialized(call);
  const { name, versions, existing } = deletable(call);
  const { scheduledDeleteTime } = bodyOf(call, Schedule);
  if (!isDeleting(existing)) throw notScheduled(name);
  const time = Date.parse(scheduledDeleteTime);
  if (time < call.now) throw invalid("scheduledDeleteTime must not be in the past.");
  if (time > call.now + SCHEDULED_DELETE_SECONDS * 1000) {
    throw invalid(`scheduledDeleteTime must not be more than ${SCHEDULED_DELETE_SECONDS} seconds away.`);
  }
  write(versions, { ...existing, scheduledDeleteTime }, call.now, call.lags.object);
  return schedule(scheduledDeleteTime, call.now);
}

function cancel(call: Call): Answer {
  demandInitialized(call);
  const { name, versions, existing } = deletable(call);
  const { scheduledDeleteTime, ...rest } = existing;
  if (scheduledDeleteTime === undefined) throw notScheduled(name);
  if (Date.parse(scheduledDeleteTime) - call.now < CANCEL_BEFORE_SECONDS * 1000) {
    throw new EdgeKvError(400, "EKV_3000", "A scheduled delete can only be cancelled until 5 minutes before its time.");
  }
  write(versions, { ...rest, namespaceStatus: "READY" }, call.now, call.lags.change);
  return { status: 204 };
}

function reauthorize(call: Call): Answer {
  demandInitialized(call);
  const name = param(call, "namespaceId");
  const { groupId } = bodyOf(call, z.object({ groupId: GroupId }));
  const existing = NETWORKS.flatMap((network) => {
    const versions = call.account.edgekv.namespaces[network][name];
    const value = latest(versions);
    return versions && value ? [{ network, versions, value }] : [];
  });
  if (existing.length === 0) throw missingOrForbidden(capability("AUTHORIZE", "NAMESPACE", "production"));
  for (const { network, value } of existing) demandCapability(call, value.groupId, capability("AUTHORIZE", "NAMESPACE", network));
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be modified.");
  demandGroup(call, groupId);
  for (const { network } of existing) demandCapability(call, groupId, capability("AUTHORIZE", "NAMESPACE", network));
  for (const { versions, value } of existing) {
    if (value.groupId !== groupId) write(versions, { ...value, groupId }, call.now, call.lags.change);
  }
  return json(200, { groupId });
}

/** The namespace for the data plane, as this replica sees it. Closed from the moment when a delete is scheduled. */
export function openNamespace(call: Call, network: Network): Namespace {
  const versions: Versions<Namespace> | undefined = call.account.edgekv.namespaces[network][param(call, "namespaceId")];
  const namespace = visible(versions, call.view);
  if (namespace === undefined || latest(versions) === undefined) throw noSuchNamespace();
  if (isDeleting(namespace) || isDeleting(latest(versions))) {
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
