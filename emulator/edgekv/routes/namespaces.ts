import { z } from "zod";
import { getOrCreate } from "../../json";
import { readPrimary, readReplica, write } from "../../replication";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { assertCapability, assertGroupAccess, capabilitiesIn, capability } from "../access";
import {
  conflict,
  EdgeKvError,
  invalid,
  missingOrForbidden,
  noSuchNamespace,
  standardTlsNotAllowed,
} from "../errors";
import { assertNamespaceLimit, SCHEDULED_DELETE_SECONDS } from "../limits";
import { beginOpening, isDeleting, resolveForDelete, resolveNamespace, scheduleDelete } from "../namespaces";
import { assertInitialized, bodyOf, networkOf } from "../request";
import { DEFAULT_NAMESPACE, isAlive, type Namespace, NETWORKS, type Network } from "../state";
import { ChangedNamespace, GroupId, NewNamespace } from "../validation";

const GEO_LOCATIONS: readonly string[] = ["US", "EU", "JP", "GLOBAL"];
const PATH = "/networks/:network/namespaces";

const groupIsAuthorized = () =>
  new EdgeKvError(400, "EKV_3000", "groupId changes must be made through the reauthorize endpoint.");

function list(context: RequestContext): Response {
  assertInitialized(context);
  const network = networkOf(context);
  const details = ["on", "true"].includes(context.query.details ?? "");
  const namespaces = Object.values(context.account.edgekv.namespaces[network])
    .map((replicated) => readReplica(replicated, context.replica))
    .filter((namespace) => namespace !== undefined)
    .filter(({ groupId }) =>
      capabilitiesIn(context, groupId).includes(capability("VIEW", "NAMESPACE", network)),
    );
  return json(200, { namespaces: details ? namespaces : namespaces.map(({ namespace }) => ({ namespace })) });
}

function get(context: RequestContext): Response {
  assertInitialized(context);
  const { network, replicated } = resolveNamespace(context);
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
  if (network === "staging" && geoLocation !== "US")
    throw invalid("The staging network only supports US location.");
  return geoLocation;
}

/** The policy of a new namespace: the database's, or an own one where the database allows it. */
function dataAccessPolicyOf(
  context: RequestContext,
  wanted: { restrictDataAccess: boolean } | null | undefined,
): Namespace["dataAccessPolicy"] {
  const { restrictDataAccess, allowNamespacePolicyOverride } =
    context.account.edgekv.database.dataAccessPolicy;
  if (!wanted) return { restrictDataAccess, policyType: "inherited" };
  if (!wanted.restrictDataAccess && !context.account.settings.tlsEntitlement) throw standardTlsNotAllowed();
  if (allowNamespacePolicyOverride)
    return { restrictDataAccess: wanted.restrictDataAccess, policyType: "overridden" };
  if (wanted.restrictDataAccess !== restrictDataAccess)
    throw invalid("The data access policy of the database does not allow overrides.");
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
    if (isDeleting(existing))
      throw conflict(`A namespace with the name ${name} already exists and is scheduled for deletion`);
    if (!sameConfiguration(existing, wanted, Boolean(body.dataAccessPolicy))) {
      throw conflict(`A namespace with the name ${name} already exists with a different configuration`);
    }
    return json(200, existing);
  }
  // One access group authorizes a name on both networks.
  if (NETWORKS.some((other) => (readPrimary(namespaces[other][name])?.groupId ?? groupId) !== groupId))
    throw groupIsAuthorized();
  assertNamespaceLimit(
    context,
    Object.values(namespaces[network]).filter((states) => readPrimary(states)).length,
  );
  const replicated = getOrCreate(namespaces[network], name, () => []);
  write(replicated, wanted, context.now, context.lags.object);
  beginOpening(context, network, name);
  return json(200, wanted);
}

const sameConfiguration = (a: Namespace, b: Namespace, withPolicy: boolean): boolean =>
  a.geoLocation === b.geoLocation &&
  a.retentionInSeconds === b.retentionInSeconds &&
  a.groupId === b.groupId &&
  (!withPolicy || a.dataAccessPolicy.restrictDataAccess === b.dataAccessPolicy.restrictDataAccess);

function update(context: RequestContext): Response {
  assertInitialized(context);
  const { network, name, replicated } = resolveNamespace(context);
  const body = bodyOf(context, ChangedNamespace);
  if (body.namespace !== name) throw invalid("The namespace of the body must be the namespace of the path.");
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be modified.");
  const existing = readPrimary(replicated);
  if (replicated === undefined || existing === undefined)
    throw conflict("Cannot update a namespace that does not exist on the network");
  // A stale replica does not show the namespace yet.
  if (readReplica(replicated, context.replica) === undefined) throw noSuchNamespace();
  assertCapability(context, existing.groupId, capability("MODIFY", "NAMESPACE", network));
  if (isDeleting(existing)) throw conflict("Cannot update a namespace that is scheduled for deletion");
  if ((body.groupId ?? existing.groupId) !== existing.groupId) throw groupIsAuthorized();
  if ((body.geoLocation ?? existing.geoLocation) !== existing.geoLocation)
    throw invalid("The geoLocation of a namespace cannot be changed.");

  const changed = { ...existing, retentionInSeconds: body.retentionInSeconds };
  if (changed.retentionInSeconds !== existing.retentionInSeconds)
    write(replicated, changed, context.now, context.lags.change);
  return json(200, changed);
}

function remove(context: RequestContext): Response {
  assertInitialized(context);
  const { account, now, lags } = context;
  const found = resolveForDelete(context);
  const { network, name, replicated, existing } = found;
  const { items, database } = account.edgekv;
  if (context.query.sync === "true") {
    if (account.settings.strictSyncDelete && hasItems(context, network, name))
      throw conflict(`Namespace ${name} is not empty`);
    write(replicated, null, now, lags.object);
    delete items[network][name];
    return json(200, {
      operationPerformed: "DELETED",
      description: `Namespace '${name}' was successfully deleted.`,
      id: database.cpcode,
    });
  }
  const scheduledDeleteTime =
    existing.scheduledDeleteTime ?? new Date(now + SCHEDULED_DELETE_SECONDS * 1000).toISOString();
  if (!isDeleting(existing)) scheduleDelete(context, found, scheduledDeleteTime);
  return json(202, { scheduledDeleteTime });
}

const hasItems = ({ account, now }: RequestContext, network: Network, name: string): boolean =>
  Object.values(account.edgekv.items[network][name] ?? {}).some((group) =>
    Object.values(group).some((replicated) => isAlive(readPrimary(replicated), now)),
  );

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
  for (const { network, value } of existing)
    assertCapability(context, value.groupId, capability("AUTHORIZE", "NAMESPACE", network));
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be modified.");
  assertGroupAccess(context, groupId);
  for (const { network } of existing)
    assertCapability(context, groupId, capability("AUTHORIZE", "NAMESPACE", network));
  for (const { replicated, value } of existing) {
    if (value.groupId !== groupId) write(replicated, { ...value, groupId }, context.now, context.lags.change);
  }
  return json(200, { groupId });
}

export const namespaces: readonly Route[] = [
  { method: "GET", path: PATH, access: "read", handle: list },
  { method: "POST", path: PATH, access: "write", handle: create },
  { method: "GET", path: `${PATH}/:namespaceId`, access: "read", handle: get },
  { method: "PUT", path: `${PATH}/:namespaceId`, access: "write", handle: update },
  { method: "DELETE", path: `${PATH}/:namespaceId`, access: "write", handle: remove },
  { method: "PUT", path: "/auth/namespaces/:namespaceId", access: "write", handle: reauthorize },
];
