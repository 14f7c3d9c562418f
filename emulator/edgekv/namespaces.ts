import { table } from "../json";
import { type Replicated, readPrimary, readReplica, write } from "../replication";
import { param, type RequestContext } from "../service";
import { assertCapability, capability } from "./access";
import { EdgeKvError, invalid, missingOrForbidden, noSuchNamespace } from "./errors";
import { networkOf } from "./request";
import { DEFAULT_NAMESPACE, dueDeletes, dueOpenings, type Namespace, type Network } from "./state";

/** Whether a delete is scheduled. */
export const isDeleting = (namespace: Namespace | undefined): boolean =>
  namespace?.namespaceStatus === "DELETING";

/** The namespace that the path names, on the network that the path names. */
export function resolveNamespace(context: RequestContext) {
  const network = networkOf(context);
  const name = param(context, "namespaceId");
  return { network, name, replicated: context.account.edgekv.namespaces[network][name] };
}

/** The namespace that a request about its delete names. Here, a missing namespace is answered like a missing permission. */
export function resolveForDelete(context: RequestContext, verb: "VIEW" | "DELETE" = "DELETE") {
  const { network, name, replicated } = resolveNamespace(context);
  const existing = readPrimary(replicated);
  if (replicated === undefined || existing === undefined)
    throw missingOrForbidden(capability("DELETE", "NAMESPACE", network));
  assertCapability(context, existing.groupId, capability(verb, "NAMESPACE", network));
  if (name === DEFAULT_NAMESPACE) throw invalid("The default namespace cannot be deleted.");
  return { network, name, replicated, existing };
}

/** Schedules the delete of a namespace, or changes its time. */
export function scheduleDelete(
  { account: { edgekv }, now, lags }: RequestContext,
  { network, name, replicated, existing }: ReturnType<typeof resolveForDelete>,
  scheduledDeleteTime: string,
): void {
  write(replicated, { ...existing, namespaceStatus: "DELETING", scheduledDeleteTime }, now, lags.object);
  dueDeletes.add(edgekv, Date.parse(scheduledDeleteTime), { network, name });
}

/** A new namespace: the replicas open it to requests about its groups and items one by one. */
export function beginOpening({ account, now, lags }: RequestContext, network: Network, name: string): void {
  const { edgekv } = account;
  edgekv.openings ??= { staging: table(), production: table() };
  const lag = lags.newNamespace * 1000;
  edgekv.openings[network][name] = { at: now, lag };
  dueOpenings.add(edgekv, now + lag, { network, name });
}

/** The namespace of a request about its groups or items, when the replica has opened it. */
export function openedNamespace(context: RequestContext, network: Network): Namespace | undefined {
  const { account, replica } = context;
  const name = param(context, "namespaceId");
  const replicated: Replicated<Namespace> | undefined = account.edgekv.namespaces[network][name];
  const opening = account.edgekv.openings?.[network][name];
  const isOpening = opening !== undefined && opening.at + replica.staleness * opening.lag > replica.now;
  return isOpening || readPrimary(replicated) === undefined ? undefined : readReplica(replicated, replica);
}

/** The namespace for requests about its items, as the replica shows it. A scheduled delete ends the access at once. */
export function openNamespace(context: RequestContext, network: Network): Namespace {
  const namespace = openedNamespace(context, network);
  if (namespace === undefined) throw noSuchNamespace();
  const replicated = context.account.edgekv.namespaces[network][namespace.namespace];
  if (isDeleting(namespace) || isDeleting(readPrimary(replicated))) {
    throw new EdgeKvError(400, "EKV_9000", "The requested namespace is scheduled for deletion.");
  }
  return namespace;
}
