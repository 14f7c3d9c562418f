/** An activation under way: how it is begun once, and how it comes to its end. */

import {
  type Activation,
  activate,
  type Deactivation,
  deactivate,
  findActivation,
  findDeactivation,
  findLive,
  isUnderWay,
  listActivations,
  listDeactivations,
} from "../../../api/edgeworkers/activations";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { createOnce, isNotYetVisible, retryWhileStale } from "../../../consistency/write";

import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";

import type { ActivationInputs, ActivationState } from "./schema";

/** Seconds within which every server shows an activation that was asked for. */
const existenceShowsWithin = 30;
/** Seconds; a deactivation is waited for so long at least. */
const leastForDeactivation = 60 * 60;
const pollIntervals = { interval: 2, maxInterval: 30 } as const;

type ActivationRef = Pick<ActivationInputs, "edgeWorkerId" | "network" | "timeoutSeconds">;

// ---- to be live ----

/** Live already is done; on its way is waited for; something else on its way comes to its end first; only then is it asked for. */
export async function ensureLive(wanted: ActivationInputs, context: Context): Promise<ActivationState> {
  const { edgeWorkerId, network, version } = wanted;
  let until: number | undefined;
  for (;;) {
    const running = await awaitOthers(wanted, version, context);
    if (running !== undefined) return untilLive(running, wanted, context);
    const live = await findLive(context.http, edgeWorkerId, network);
    if (live?.version === version) {
      // What was asked for a moment ago, and will end this, some servers do not show yet.
      const ending = await findEventually(context, async () => (await underWay(wanted, context))[0]);
      if (ending === undefined) return { ...wanted, activationId: live.activationId, status: live.status };
      continue;
    }
    try {
      return await untilLive(await begin(wanted, context), wanted, context);
    } catch (error) {
      // It is on its way, live, or being taken off, which no server has shown yet.
      // Counted from the first such answer: what was waited for before, such as a limit of the account, may have taken long.
      until ??= context.clock.now() + propagation.edgeWorkerChanged.seconds * 1000;
      if (!isUnderWayOrDone(error) || context.clock.now() >= until) throw error;
      await context.clock.sleep(2000);
    }
  }
}

/** EW1021: it is being activated; EW1022: it is live; EW1031: it is being deactivated. */
function isUnderWayOrDone(error: unknown): error is ApiError {
  return error instanceof ApiError && ["EW1021", "EW1022", "EW1031"].includes(error.code ?? "");
}

/** Something that goes on with a version on a network. */
interface UnderWay {
  readonly version: string;
  readonly doing: "on its way to" | "being taken off";
  /** Absent for a deactivation. */
  readonly activation?: Activation;
  readonly find: () => Promise<{ readonly status: string } | undefined>;
}

/** The newest activation and the newest deactivation that have not come to their end. */
async function underWay({ edgeWorkerId: id, network }: ActivationRef, { http }: Context): Promise<UnderWay[]> {
  const [activation] = (await listActivations(http, id, network)).filter(isUnderWay);
  const [deactivation] = (await listDeactivations(http, id, network)).filter(isUnderWay);
  const all: UnderWay[] = [];
  if (activation !== undefined) {
    const find = () => findActivation(http, id, activation.activationId);
    all.push({ version: activation.version, doing: "on its way to", activation, find });
  }
  if (deactivation !== undefined) {
    const find = () => findDeactivation(http, id, deactivation.deactivationId);
    all.push({ version: deactivation.version, doing: "being taken off", find });
  }
  return all;
}

/** Waits for every other activation and deactivation on the network; returns one of the wanted version that is under way. */
async function awaitOthers(place: ActivationRef, wanted: string | undefined, context: Context): Promise<Activation | undefined> {
  const { network, timeoutSeconds } = place;
  for (;;) {
    const [first, ...others] = await underWay(place, context);
    if (first === undefined) return undefined;
    const { version, doing, activation, find } = first;
    if (activation !== undefined && version === wanted && others.length === 0) {
      const { activationId } = activation;
      context.logger.info(`version ${version} is on its way to ${network} already (activation ${activationId}): waiting for it.`);
      return activation;
    }
    context.logger.info(`version ${version} is ${doing} ${network}: waiting for that first.`);
    await pollUntil(context, {
      what: `version ${version}, which is ${doing} ${network}, to come to its end`,
      observe: async () => {
        const seen = await find();
        if (seen !== undefined && isUnderWay(seen)) return { state: seen.status, is: "pending" };
        return { state: seen?.status ?? "gone", is: "reached", value: undefined };
      },
      ...pollIntervals,
      timeout: timeoutSeconds,
    });
    // The list may still show it under way.
    await context.clock.sleep(1000);
  }
}

/** Asks for the activation, once. */
async function begin({ edgeWorkerId, network, version, note, autoPin }: ActivationInputs, context: Context): Promise<Activation> {
  const list = () => listActivations(context.http, edgeWorkerId, network);
  const before = Math.max(0, ...(await list()).map(({ activationId }) => activationId));
  const asked = () => activate(context.http, edgeWorkerId, { network, version, note, autoPin });
  try {
    return await createOnce(context, {
      // The id, or the version, may have been made a moment ago.
      send: () => retryWhileStale(context, { send: asked, isStale: isNotYetVisible, window: propagation.edgeWorkerStale.seconds }),
      find: async () => (await list()).find((one) => one.version === version && one.activationId > before),
      window: existenceShowsWithin,
    });
  } catch (error) {
    if (!isNotYetVisible(error)) throw error;
    throw new PreconditionError(
      `there is no version ${version} of EdgeWorker ${edgeWorkerId}, or it was deleted (${(error as Error).message})`,
      {
        cause: error,
      },
    );
  }
}

/** Until it serves. What does not come to that end stays in the state, and the next run looks after it. */
async function untilLive(begun: Activation, wanted: ActivationInputs, context: Context): Promise<ActivationState> {
  const { edgeWorkerId, network, version, timeoutSeconds } = wanted;
  const { activationId } = begun;
  let status = begun.status;
  const asked = context.clock.now();
  try {
    await pollUntil(context, {
      what: `activation ${activationId} of version ${version} on ${network} to be COMPLETE`,
      observe: async (): Promise<Observation<undefined>> => {
        const seen = await findActivation(context.http, edgeWorkerId, activationId);
        if (seen === undefined) return notSeen(asked, context);
        status = seen.status;
        if (status === "COMPLETE") return { state: status, is: "reached", value: undefined };
        return { state: `${status}${meaningOf(status)}`, is: isUnderWay(seen) ? "pending" : "failed" };
      },
      ...pollIntervals,
      timeout: timeoutSeconds,
      hint: "It may still come: the next `up` waits on, or finds it done.",
    });
    await pollUntil(context, {
      what: `version ${version} to be the live one on ${network}`,
      observe: async (): Promise<Observation<undefined>> => {
        const live = await findLive(context.http, edgeWorkerId, network);
        if (live?.version === version) return { state: version, is: "reached", value: undefined };
        if (live === undefined || live.activationId < activationId) return { state: live?.version ?? "none", is: "pending" };
        status = "SUPERSEDED";
        const who = live.createdBy === undefined ? "somebody" : live.createdBy;
        return { state: `${live.version}: ${who} activated that meanwhile (activation ${live.activationId})`, is: "failed" };
      },
      timeout: propagation.edgeWorkerChanged.seconds,
      consecutiveMatches: 2,
      hint: "Somebody may have taken it off meanwhile; `pulumi refresh` tells.",
    });
    return { ...wanted, activationId, status: "COMPLETE" };
  } catch (error) {
    const kept = status === "COMPLETE" ? "NOT_LIVE" : status;
    throw new PartialFailure(`${edgeWorkerId}/${network}`, { ...wanted, activationId, status: kept }, error);
  }
}

/** What one server does not show may be too new for it; later on it is gone. */
function notSeen(asked: number, context: Context): Observation<never> {
  if (context.clock.now() - asked < existenceShowsWithin * 1000) return { state: "not to be seen", is: "pending" };
  return { state: "not to be seen. Run again: what is there by then is gone on with", is: "failed" };
}

/** What an end that is none means. */
function meaningOf(status: string): string {
  switch (status) {
    case "PRESUBMIT":
    case "PENDING":
    case "IN_PROGRESS":
      return "";
    case "CANCELLED":
    case "CANCELED":
      return ": somebody cancelled it. The next `up` asks again";
    case "DELETED_BY_AKAMAI":
      return ": Akamai took it away. Ask Akamai's support before you activate it again";
    default:
      return ": EdgeWorkers could not bring it to the network. What was live before still is; the next `up` asks again";
  }
}

// ---- to be off ----

/** Takes the version of the state off the network; what somebody else put there is left alone. */
export async function ensureOff(state: ActivationState, context: Context): Promise<void> {
  const { edgeWorkerId, network, version, note } = state;
  const list = async () => (await listDeactivations(context.http, edgeWorkerId, network)).filter((one) => one.version === version);
  let until: number | undefined;
  for (;;) {
    await awaitOthers(state, undefined, context);
    const live = await findEventually(context, () => findLive(context.http, edgeWorkerId, network));
    if (live === undefined) return;
    if (live.version !== version) {
      throw new PreconditionError(
        `version ${live.version} is live on ${network}, not ${version} as the state says. Run \`pulumi refresh\` to take note of it, then destroy again to take it off`,
      );
    }
    const before = Math.max(0, ...(await list()).map(({ deactivationId }) => deactivationId));
    try {
      const begun = await createOnce(context, {
        send: () => deactivate(context.http, edgeWorkerId, { network, version, note }),
        find: async () => (await list()).find(({ deactivationId }) => deactivationId > before),
        window: existenceShowsWithin,
      });
      await untilDeactivated(begun, state, context);
      return await untilOff(state, context);
    } catch (error) {
      const code = error instanceof ApiError ? error.code : undefined;
      // It is off already, whatever some servers still show.
      if (code === "EW1032") return untilOff(state, context);
      // On its way to the network, or off it, which no server has shown yet.
      until ??= context.clock.now() + propagation.edgeWorkerChanged.seconds * 1000;
      if ((code !== "EW1031" && code !== "EW1021") || context.clock.now() >= until) throw error;
      await context.clock.sleep(2000);
    }
  }
}

async function untilDeactivated({ deactivationId }: Deactivation, state: ActivationState, context: Context): Promise<void> {
  const { edgeWorkerId, network, version, timeoutSeconds } = state;
  const asked = context.clock.now();
  await pollUntil(context, {
    what: `deactivation ${deactivationId} of version ${version} on ${network} to be COMPLETE`,
    observe: async (): Promise<Observation<undefined>> => {
      const seen = await findDeactivation(context.http, edgeWorkerId, deactivationId);
      if (seen === undefined) return notSeen(asked, context);
      if (seen.status === "COMPLETE") return { state: seen.status, is: "reached", value: undefined };
      return { state: seen.status, is: isUnderWay(seen) ? "pending" : "failed" };
    },
    ...pollIntervals,
    timeout: Math.max(timeoutSeconds, leastForDeactivation),
  });
}

async function untilOff({ edgeWorkerId, network, version }: ActivationState, context: Context): Promise<void> {
  await pollUntil(context, {
    what: `version ${version} to be off ${network}`,
    observe: async () => {
      const seen = await findLive(context.http, edgeWorkerId, network);
      return seen?.version === version ? { state: "live", is: "pending" } : { state: "off", is: "reached", value: undefined };
    },
    timeout: propagation.edgeWorkerChanged.seconds,
    consecutiveMatches: 2,
  });
}
