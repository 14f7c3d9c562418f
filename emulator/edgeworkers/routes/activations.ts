import { z } from "zod";
import { readPrimary, write } from "../../replication";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { badRequest } from "../errors";
import { assertCountLimit, countOperation } from "../limits";
import { bodyOf, NetworkName, Note } from "../request";
import {
  activationHistory,
  deploymentsOn,
  type EdgeWorkerData,
  isOngoing,
  type Network,
  statusOf,
} from "../state";
import {
  assertIdle,
  assertNetworkAllowed,
  deploymentStarted,
  get,
  list,
  nameOf,
  resolveNamed,
  start,
  toJson,
} from "./deployments";
import { resolveForWrite } from "./edgeWorkers";
import { visibleVersion } from "./versions";

const NewDeployment = z.object({
  network: NetworkName,
  version: z.string({ error: "version must be specified." }).min(1, { error: "version must be specified." }),
  note: Note,
  autoPin: z.boolean({ error: "autoPin must be a boolean." }).nullish(),
});
const Rollback = z.object({ network: NetworkName, note: Note });

type Wanted = Pick<z.infer<typeof NewDeployment>, "network" | "version" | "note" | "autoPin">;

const optional = ({ note, autoPin }: Wanted) => ({
  ...(note && { note }),
  ...(typeof autoPin === "boolean" && { autoPin }),
});

/** EdgeWorker IDs of which a version is on a network, or on its way there. */
function activeEdgeWorkerIds({ account, now }: RequestContext, network: Network): string[] {
  const isActive = (data: EdgeWorkerData) =>
    activationHistory(data, network, now).active !== undefined ||
    deploymentsOn(data, network).some((one) => one.kind === "activation" && isOngoing(statusOf(one, now)));
  return Object.entries(account.edgeworkers.belongings).flatMap(([id, data]) => (isActive(data) ? [id] : []));
}

function activateVersion(
  context: RequestContext,
  edgeWorkerId: number,
  data: EdgeWorkerData,
  wanted: Wanted,
): Response {
  const { network, version } = wanted;
  assertNetworkAllowed(context, network);
  visibleVersion(context, data, version);
  assertIdle(context, data, network, version);
  if (activationHistory(data, network, context.now).active?.version === version) {
    throw badRequest(`This version is already active on ${nameOf(network)}`, "EW1022");
  }
  const active = activeEdgeWorkerIds(context, network);
  if (!active.includes(String(edgeWorkerId))) {
    const detail = "The limit of activations on this network has been reached.";
    assertCountLimit(
      "X-Limit-Activation-Per-Network",
      context.account.settings.activeEdgeWorkersPerNetwork,
      active.length,
      "EW3001",
      detail,
    );
  }
  const headers = countOperation(context, "activation", network);
  return deploymentStarted(
    context,
    edgeWorkerId,
    start(context, data, "activation", { version, network, ...optional(wanted) }),
    headers,
  );
}

function activate(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveForWrite(context, "ACTIVATE");
  return activateVersion(context, edgeWorkerId, data, bodyOf(context, NewDeployment));
}

/** Activates the version that was active before the current one, or the last one when none is active. */
function rollBack(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveForWrite(context, "ACTIVATE");
  const { network, note } = bodyOf(context, Rollback);
  const { past, active: live } = activationHistory(data, network, context.now);
  const version = past.findLast((activation) => activation.version !== live?.version)?.version;
  if (version === undefined)
    throw badRequest(`There is no version that was active on ${nameOf(network)} before.`);
  return activateVersion(context, edgeWorkerId, data, { network, version, note });
}

function deactivate(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveForWrite(context, "ACTIVATE");
  const wanted = bodyOf(context, NewDeployment);
  const { network, version } = wanted;
  assertNetworkAllowed(context, network);
  visibleVersion(context, data, version);
  assertIdle(context, data, network, version);
  if (activationHistory(data, network, context.now).active?.version !== version) {
    throw badRequest(`This version is already deactivated on ${nameOf(network)}`, "EW1032");
  }
  const headers = countOperation(context, "deactivation", network);
  return deploymentStarted(
    context,
    edgeWorkerId,
    start(context, data, "deactivation", { version, network, ...optional(wanted) }),
    headers,
  );
}

function cancel(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveForWrite(context, "ACTIVATE");
  const { replicated } = resolveNamed(context, data, "activation");
  const activation = readPrimary(replicated);
  const status = activation && statusOf(activation, context.now);
  if (activation === undefined || (status !== "PRESUBMIT" && status !== "PENDING")) {
    throw badRequest(`An activation can only be cancelled while it is pending; its status is ${status}.`);
  }
  const cancelled = { ...activation, cancelledAt: context.now };
  write(replicated, cancelled, context.now, context.lags.object);
  return json(200, toJson(context, cancelled, edgeWorkerId));
}

const ID = "/ids/:edgeWorkerId";

export const activations: readonly Route[] = [
  { method: "GET", path: `${ID}/activations`, access: "read", handle: list("activation") },
  { method: "POST", path: `${ID}/activations`, access: "write", handle: activate },
  { method: "POST", path: `${ID}/activations/rollback`, access: "write", handle: rollBack },
  { method: "GET", path: `${ID}/activations/:activationId`, access: "read", handle: get("activation") },
  { method: "DELETE", path: `${ID}/activations/:activationId`, access: "write", handle: cancel },
  { method: "GET", path: `${ID}/deactivations`, access: "read", handle: list("deactivation") },
  { method: "POST", path: `${ID}/deactivations`, access: "write", handle: deactivate },
  { method: "GET", path: `${ID}/deactivations/:deactivationId`, access: "read", handle: get("deactivation") },
];
