import { randomBetween } from "../prng";
import { readPrimary } from "../replication";
import type { RequestContext } from "../service";
import { badRequest, forbidden } from "./errors";
import {
  type Deployment,
  deploymentsOn,
  type EdgeWorkerData,
  isOngoing,
  type Network,
  statusOf,
} from "./state";

export type Kind = Deployment["kind"];

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

/** Whether a deployment has a number of its own: one that brings an earlier revision back has that of the revision. */
export const isNumbered = (deployment: Deployment | undefined, kind: Kind): boolean =>
  deployment?.kind === kind && deployment.revisionId === undefined;

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
