import { randomBetween, shuffle } from "../../prng";
import { readPrimary, readReplica } from "../../replication";
import { json, type RequestContext, type Response } from "../../service";
import { badRequest, forbidden, notFound } from "../errors";
import { created, networkQuery, numberParam, timestamp } from "../request";
import {
  activationHistory,
  type Deployment,
  deploymentsOn,
  type EdgeWorkerData,
  isOngoing,
  NETWORKS,
  type Network,
  progress,
  type Status,
  statusOf,
} from "../state";
import { resolveEdgeWorker } from "./edgeWorkers";

/** Activations and deactivations share their course, lists and checks. */
export type Kind = Deployment["kind"];

export function toJson(
  { account, now }: RequestContext,
  deployment: Deployment,
  edgeWorkerId: number,
  { status, since } = progress(deployment, now),
) {
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

/** Whether a deployment has a number of its own: one that brings an earlier revision back has that of the revision. */
export const isNumbered = (deployment: Deployment | undefined, kind: Kind): boolean =>
  deployment?.kind === kind && deployment.revisionId === undefined;

export const nameOf = (network: Network): string => network.toLowerCase();

/** Checks that the version is not already on its way to or from the network. */
export function assertIdle(
  { now }: RequestContext,
  data: EdgeWorkerData,
  network: Network,
  version: string,
): void {
  const ongoing = deploymentsOn(data, network).findLast(
    (one) => one.version === version && isOngoing(statusOf(one, now)),
  );
  if (ongoing?.kind === "activation")
    throw badRequest(`This version is already being activated on ${nameOf(network)}`, "EW1021");
  if (ongoing?.kind === "deactivation")
    throw badRequest(`This version is currently being deactivated on ${nameOf(network)}`, "EW1031");
}

export function assertNetworkAllowed({ account }: RequestContext, network: Network): void {
  if (network === "PRODUCTION" && !account.settings.productionNetwork) {
    throw forbidden("EW0101", "The production network is not available to you.");
  }
}

/** Starts a deployment. Deployments to a network run one after the other, in the order of their requests. */
export function start(
  context: RequestContext,
  data: EdgeWorkerData,
  kind: Kind,
  values: Pick<Deployment, "version" | "network" | "note" | "autoPin" | "revisionId">,
  /** Of the revision that is brought back. */
  numberOfRevision?: number,
): Deployment {
  const { account, now, lags, user } = context;
  const { settings } = account;
  const before = deploymentsOn(data, values.network).filter(
    (one) => isOngoing(statusOf(one, now)) && !isOngoing(one.outcome),
  );
  const failures = kind === "activation" ? "failActivations" : "failDeactivations";
  const fails = settings[failures] > 0;
  if (fails) settings[failures] -= 1;
  const deployment: Deployment = {
    ...values,
    kind,
    number:
      numberOfRevision ??
      data.deployments.filter((replicated) => isNumbered(readPrimary(replicated), kind)).length + 1,
    createdBy: user,
    createdAt: now,
    endsAt: Math.max(
      now + Math.round(randomBetween(account, lags.deployment) * 1000),
      ...before.map(({ endsAt }) => endsAt),
    ),
    outcome: fails ? settings.failedStatus : "COMPLETE",
  };
  data.deployments.push([{ at: now, lag: lags.object * 1000, value: deployment }]);
  return deployment;
}

/** The response that starts a deployment. Its status is the first one, even where it takes no time. */
export function deploymentStarted(
  context: RequestContext,
  edgeWorkerId: number,
  deployment: Deployment,
  headers: Record<string, string>,
): Response {
  const begun = { status: "PRESUBMIT" as const, since: deployment.createdAt };
  return created(
    `/ids/${edgeWorkerId}/${deployment.kind}s/${deployment.number}`,
    toJson(context, deployment, edgeWorkerId, begun),
    headers,
  );
}

export const list = (kind: Kind) => (context: RequestContext) => {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW_ACTIVATION");
  const network = networkQuery(context);
  const { version, activeOnNetwork } = context.query;
  const live = NETWORKS.map((name) => activationHistory(data, name, context.now).active?.number);
  const found = data.deployments
    .map((replicated) => readReplica(replicated, context.replica))
    .filter((one) => one !== undefined)
    .filter((one) => isNumbered(one, kind))
    .filter((one) => version === undefined || one.version === version)
    .filter((one) => network === undefined || one.network === network)
    .filter(
      (one) =>
        kind !== "activation" ||
        activeOnNetwork !== "true" ||
        live[NETWORKS.indexOf(one.network)] === one.number,
    );
  return json(200, {
    [`${kind}s`]: shuffle(context.account, found).map((one) => toJson(context, one, edgeWorkerId)),
  });
};

/** The deployment that the path names. */
export function resolveNamed(context: RequestContext, data: EdgeWorkerData, kind: Kind) {
  const number = numberParam(context, `${kind}Id`);
  const replicated = data.deployments.find(
    (one) => isNumbered(readPrimary(one), kind) && readPrimary(one)?.number === number,
  );
  const deployment = readReplica(replicated, context.replica);
  if (replicated === undefined || deployment === undefined)
    throw notFound("EW2004", `Unable to find the requested ${kind}`);
  return { replicated, deployment };
}

export const get = (kind: Kind) => (context: RequestContext) => {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW_ACTIVATION");
  return json(200, toJson(context, resolveNamed(context, data, kind).deployment, edgeWorkerId));
};
