import { z } from "zod";
import { latest, roll, shuffle, visible, write } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
import { badRequest, forbidden, notFound } from "../errors";
import { admit, demandRoom } from "../limits";
import { bodyOf, created, NetworkName, Note, networkQuery, numberParam, timestamp } from "../request";
import {
  type Belongings,
  type Deployment,
  deploymentsOn,
  isOngoing,
  livesOn,
  NETWORKS,
  type Network,
  progress,
  type Status,
  statusOf,
} from "../state";
import { changeable, target } from "./edgeWorkers";
import { seenVersion } from "./versions";

type Kind = Deployment["kind"];

const NewDeployment = z.object({
  network: NetworkName,
  version: z.string({ error: "version must be specified." }).min(1, { error: "version must be specified." }),
  note: Note,
  autoPin: z.boolean({ error: "autoPin must be a boolean." }).nullish(),
});
const Rollback = z.object({ network: NetworkName, note: Note });

function shown(deployment: Deployment, edgeWorkerId: number, { account, now }: Call, { status, since } = progress(deployment, now)) {
  const { kind, number, version, network, note, createdBy, createdAt } = deployment;
  return {
    edgeWorkerId,
    version,
    [`${kind}Id`]: number,
    accountId: account.accountId,
    status: status satisfies Status,
    network,
    ...(note !== undefined && { note }),
    createdBy,
    createdTime: timestamp(createdAt),
    lastModifiedTime: timestamp(since),
  };
}

const nameOf = (network: Network): string => network.toLowerCase();

/** What makes it wait, or senseless, to bring a version to a network or to take it away from there. */
function demandQuiet({ now }: Call, own: Belongings, network: Network, version: string): void {
  const ongoing = deploymentsOn(own, network).findLast((one) => one.version === version && isOngoing(statusOf(one, now)));
  if (ongoing?.kind === "activation") throw badRequest(`This version is already being activated on ${nameOf(network)}`, "EW1021");
  if (ongoing?.kind === "deactivation") throw badRequest(`This version is currently being deactivated on ${nameOf(network)}`, "EW1031");
}

function demandNetwork({ account }: Call, network: Network): void {
  if (network === "PRODUCTION" && !account.settings.productionNetwork) {
    throw forbidden("EW0101", "The production network is not available to you.");
  }
}

/** Starts a deployment. Those of a network are carried out one after the other, in the order in which they were asked for. */
function start(call: Call, own: Belongings, kind: Kind, values: Pick<Deployment, "version" | "network" | "note" | "autoPin">): Deployment {
  const { account, now, lags, user } = call;
  const { settings } = account;
  const { least, most } = lags.deployment;
  const before = deploymentsOn(own, values.network).filter((one) => isOngoing(statusOf(one, now)) && !isOngoing(one.outcome));
  const failures = kind === "activation" ? "failActivations" : "failDeactivations";
  const fails = settings[failures] > 0;
  if (fails) settings[failures] -= 1;
  const deployment: Deployment = {
    ...values,
    kind,
    number: own.deployments.filter((states) => latest(states)?.kind === kind).length + 1,
    createdBy: user,
    createdAt: now,
    endsAt: Math.max(now + Math.round((least + roll(account) * (most - least)) * 1000), ...before.map(({ endsAt }) => endsAt)),
    outcome: fails ? settings.failedStatus : "COMPLETE",
  };
  own.deployments.push([{ at: now, lag: lags.object * 1000, value: deployment }]);
  return deployment;
}

/** The reply that starts a deployment: it has only begun, even where it takes no time. */
function started(call: Call, edgeWorkerId: number, deployment: Deployment, headers: Record<string, string>): Answer {
  const begun = { status: "PRESUBMIT" as const, since: deployment.createdAt };
  return created(`/ids/${edgeWorkerId}/${deployment.kind}s/${deployment.number}`, shown(deployment, edgeWorkerId, call, begun), headers);
}

type Wanted = Pick<z.infer<typeof NewDeployment>, "network" | "version" | "note" | "autoPin">;

const optional = ({ note, autoPin }: Wanted) => ({
  ...(note && { note }),
  ...(typeof autoPin === "boolean" && { autoPin }),
});

/** EdgeWorker IDs of which a version is on a network, or on its way there. */
function activeOn({ account, now }: Call, network: Network): string[] {
  const isActive = (own: Belongings) =>
    livesOn(own, network, now).live !== undefined ||
    deploymentsOn(own, network).some((one) => one.kind === "activation" && isOngoing(statusOf(one, now)));
  return Object.entries(account.edgeworkers.belongings).flatMap(([id, own]) => (isActive(own) ? [id] : []));
}

function activateVersion(call: Call, edgeWorkerId: number, own: Belongings, wanted: Wanted): Answer {
  const { network, version } = wanted;
  demandNetwork(call, network);
  seenVersion(call, own, version);
  demandQuiet(call, own, network, version);
  if (livesOn(own, network, call.now).live?.version === version) {
    throw badRequest(`This version is already active on ${nameOf(network)}`, "EW1022");
  }
  const active = activeOn(call, network);
  if (!active.includes(String(edgeWorkerId))) {
    const detail = "The limit of activations on this network has been reached.";
    demandRoom("X-Limit-Activation-Per-Network", call.account.settings.activeEdgeWorkersPerNetwork, active.length, "EW3001", detail);
  }
  const headers = admit(call, "activation", network);
  return started(call, edgeWorkerId, start(call, own, "activation", { version, network, ...optional(wanted) }), headers);
}

function activate(call: Call): Answer {
  const { edgeWorkerId, own } = changeable(call, "ACTIVATE");
  return activateVersion(call, edgeWorkerId, own, bodyOf(call, NewDeployment));
}

/** Activates the version that was live before the one that is, or the last one when none is. */
function rollBack(call: Call): Answer {
  const { edgeWorkerId, own } = changeable(call, "ACTIVATE");
  const { network, note } = bodyOf(call, Rollback);
  const { past, live } = livesOn(own, network, call.now);
  const version = past.findLast((activation) => activation.version !== live?.version)?.version;
  if (version === undefined) throw badRequest(`There is no version that was active on ${nameOf(network)} before.`);
  return activateVersion(call, edgeWorkerId, own, { network, version, note });
}

function deactivate(call: Call): Answer {
  const { edgeWorkerId, own } = changeable(call, "ACTIVATE");
  const wanted = bodyOf(call, NewDeployment);
  const { network, version } = wanted;
  demandNetwork(call, network);
  seenVersion(call, own, version);
  demandQuiet(call, own, network, version);
  if (livesOn(own, network, call.now).live?.version !== version) {
    throw badRequest(`This version is already deactivated on ${nameOf(network)}`, "EW1032");
  }
  const headers = admit(call, "deactivation", network);
  return started(call, edgeWorkerId, start(call, own, "deactivation", { version, network, ...optional(wanted) }), headers);
}

const list = (kind: Kind) => (call: Call) => {
  const { edgeWorkerId, own } = target(call, "VIEW_ACTIVATION");
  const network = networkQuery(call);
  const { version, activeOnNetwork } = call.query;
  const live = NETWORKS.map((name) => livesOn(own, name, call.now).live?.number);
  const found = own.deployments
    .map((states) => visible(states, call.view))
    .filter((one) => one?.kind === kind)
    .filter((one) => one !== undefined)
    .filter((one) => version === undefined || one.version === version)
    .filter((one) => network === undefined || one.network === network)
    .filter((one) => kind !== "activation" || activeOnNetwork !== "true" || live[NETWORKS.indexOf(one.network)] === one.number);
  return json(200, { [`${kind}s`]: shuffle(call.account, found).map((one) => shown(one, edgeWorkerId, call)) });
};

/** The deployment that the path names. */
function named(call: Call, own: Belongings, kind: Kind) {
  const number = numberParam(call, `${kind}Id`);
  const states = own.deployments.find((one) => latest(one)?.kind === kind && latest(one)?.number === number);
  const seen = visible(states, call.view);
  if (states === undefined || seen === undefined) throw notFound("EW2004", `Unable to find the requested ${kind}`);
  return { states, seen };
}

const get = (kind: Kind) => (call: Call) => {
  const { edgeWorkerId, own } = target(call, "VIEW_ACTIVATION");
  return json(200, shown(named(call, own, kind).seen, edgeWorkerId, call));
};

function cancel(call: Call): Answer {
  const { edgeWorkerId, own } = changeable(call, "ACTIVATE");
  const { states } = named(call, own, "activation");
  const activation = latest(states);
  const status = activation && statusOf(activation, call.now);
  if (activation === undefined || (status !== "PRESUBMIT" && status !== "PENDING")) {
    throw badRequest(`An activation can only be cancelled while it is pending; its status is ${status}.`);
  }
  const cancelled = { ...activation, cancelledAt: call.now };
  write(states, cancelled, call.now, call.lags.object);
  return json(200, shown(cancelled, edgeWorkerId, call));
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
