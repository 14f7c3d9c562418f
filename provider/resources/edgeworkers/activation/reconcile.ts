/** What EdgeWorkers adds to the activation engine: its error codes, and the network's own word on what is live. */
import {
  activate,
  deactivate,
  findLive,
  isUnderWay,
  listActivations,
  listDeactivations,
} from "../../../api/edgeworkers/activations";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { isNotYetVisible, retryWhileStale } from "../../../consistency/write";
import { ApiError, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import {
  type ActivationAdapter,
  ensureLive,
  ensureOff,
  type Live,
  requestOnce,
  type Status,
} from "../../activation";
import { awaitProbe } from "../../probe/probe";
import {
  activationRequest,
  deactivationRequest,
  findLiveEventually,
  listUnderWay,
  type Request,
} from "./observe";
import type { ActivationInputs, ActivationState } from "./schema";

type Adapter = ActivationAdapter<number, Status, readonly Request[], ActivationState>;

export function resourceIdOf({
  edgeWorkerId,
  network,
}: Pick<ActivationInputs, "edgeWorkerId" | "network">): string {
  return `${edgeWorkerId}/${network}`;
}

export function activateVersion(context: Context, inputs: ActivationInputs): Promise<ActivationState> {
  return ensureLive(context, adapterOf(context, inputs));
}

export function deactivateVersion(context: Context, state: ActivationState): Promise<void> {
  return ensureOff(context, adapterOf(context, state));
}

function adapterOf(context: Context, inputs: ActivationInputs): Adapter {
  const { edgeWorkerId, network, version, timeoutSeconds } = inputs;
  const liveOf = ({
    version: one,
    activationId,
    status,
  }: {
    version: string;
    activationId: number;
    status: string;
  }) => ({ version: one, state: { ...inputs, activationId, status } }) satisfies Live<ActivationState>;
  return {
    subject: `EdgeWorker ${edgeWorkerId}`,
    resourceId: resourceIdOf(inputs),
    network,
    version,
    timeout: {
      activate: timeoutSeconds,
      deactivate: Math.max(timeoutSeconds, propagation.deactivation.seconds),
    },
    maxInterval: 30,
    pauseAfter: (error, _retries, seconds) =>
      isUnderWayOrDone(error) && seconds < propagation.edgeWorkerChanged.seconds ? 2 : undefined,

    // ---- Observe ----
    observe: () => listUnderWay(context, inputs),
    underWay: (requests) => requests,
    async findLive() {
      const live = await findLive(context.http, edgeWorkerId, network);
      return live && liveOf(live);
    },
    async findLiveEventually(observe) {
      const requests = await observe();
      const live = await findLiveEventually(context, inputs);
      return live && { live: liveOf(live), network: requests };
    },
    // A stale replica does not show yet what was requested a moment ago.
    isEnding: async () =>
      (await findEventually(context, async () => (await listUnderWay(context, inputs))[0])) !== undefined,
    isUnderWay,
    hasSucceeded: (_operation, { status }) => status === "COMPLETE",

    // ---- Ensure ----
    request: (operation) =>
      operation === "activate" ? requestActivation(context, inputs) : requestDeactivation(context, inputs),
    goalOf: ({ label }) => `${label} of version ${version} on ${network} to be COMPLETE`,
    meaningOf: async ({ operation }, { status }) =>
      operation === "activate" ? meaningOf(status) : undefined,
    confirmLive: (request, setStatus) => confirmLive(context, inputs, request, setStatus),
    liveState: ({ id }) => ({ ...inputs, activationId: id, status: "COMPLETE" }),
    failedState: ({ id }, status) => ({ ...inputs, activationId: id, status }),

    // ---- Delete ----
    isOffAlready: (error) => error instanceof ApiError && error.code === "EW1032",
    confirmOff: () => confirmOff(context, inputs),
  };
}

/** EW1021: it is being activated; EW1022: it is live; EW1031: it is being deactivated. Stale replicas may not show that yet. */
function isUnderWayOrDone(error: unknown): error is ApiError {
  return error instanceof ApiError && ["EW1021", "EW1022", "EW1031"].includes(error.code ?? "");
}

// ---- Ensure ----

async function requestActivation(context: Context, inputs: ActivationInputs): Promise<Request> {
  const { edgeWorkerId, network, version, note, autoPin, after } = inputs;
  if (after !== undefined)
    await awaitProbe(context, after, `EdgeWorker ${edgeWorkerId}`, { edgeWorkerId, version });
  const list = () => listActivations(context.http, edgeWorkerId, network);
  const newest = Math.max(0, ...(await list()).map(({ activationId }) => activationId));
  const send = () => activate(context.http, edgeWorkerId, { network, version, note, autoPin });
  try {
    const begun = await requestOnce(context, {
      // The id or the version may have been created a moment ago.
      send: () =>
        retryWhileStale(context, {
          send,
          isStale: isNotYetVisible,
          window: propagation.edgeWorkerStale.seconds,
        }),
      list,
      isNew: (one) => one.version === version && one.activationId > newest,
    });
    return activationRequest(context, edgeWorkerId, begun);
  } catch (error) {
    if (!isNotYetVisible(error)) throw error;
    const problem = `there is no version ${version} of EdgeWorker ${edgeWorkerId}, or it was deleted`;
    throw new PreconditionError(`${problem} (${(error as Error).message})`, { cause: error });
  }
}

async function confirmLive(
  context: Context,
  { edgeWorkerId, network, version }: ActivationInputs,
  { id }: Request,
  setStatus: (status: string) => void,
): Promise<void> {
  setStatus("NOT_LIVE");
  await pollUntil(context, {
    what: `version ${version} to be the live one on ${network}`,
    observe: async (): Promise<Observation<undefined>> => {
      const live = await findLive(context.http, edgeWorkerId, network);
      if (live?.version === version) return { state: version, is: "reached", value: undefined };
      if (live === undefined || live.activationId < id)
        return { state: live?.version ?? "none", is: "pending" };
      setStatus("SUPERSEDED");
      const who = live.createdBy === undefined ? "somebody" : live.createdBy;
      return {
        state: `${live.version}: ${who} activated that meanwhile (activation ${live.activationId})`,
        is: "failed",
      };
    },
    timeout: propagation.edgeWorkerChanged.seconds,
    consecutiveMatches: 2,
    hint: "Somebody may have taken it off meanwhile: run `pulumi refresh` to see what is live.",
  });
}

/** What an end without success means. */
function meaningOf(status: string): string {
  switch (status) {
    case "CANCELLED":
    case "CANCELED":
      return "somebody cancelled it. The next `up` asks again";
    case "DELETED_BY_AKAMAI":
      return "Akamai took it away. Ask Akamai's support before you activate it again";
    default:
      return "EdgeWorkers could not bring it to the network. What was live before still is; the next `up` asks again";
  }
}

// ---- Delete ----

async function requestDeactivation(context: Context, inputs: ActivationInputs): Promise<Request> {
  const { edgeWorkerId, network, version, note } = inputs;
  const list = async () =>
    (await listDeactivations(context.http, edgeWorkerId, network)).filter((one) => one.version === version);
  const newest = Math.max(0, ...(await list()).map(({ deactivationId }) => deactivationId));
  const begun = await requestOnce(context, {
    send: () => deactivate(context.http, edgeWorkerId, { network, version, note }),
    list,
    isNew: ({ deactivationId }) => deactivationId > newest,
  });
  return deactivationRequest(context, edgeWorkerId, begun);
}

async function confirmOff(
  context: Context,
  { edgeWorkerId, network, version }: ActivationInputs,
): Promise<void> {
  await pollUntil(context, {
    what: `version ${version} to be off ${network}`,
    observe: async () => {
      const seen = await findLive(context.http, edgeWorkerId, network);
      return seen?.version === version
        ? { state: "live", is: "pending" }
        : { state: "off", is: "reached", value: undefined };
    },
    timeout: propagation.edgeWorkerChanged.seconds,
    consecutiveMatches: 2,
  });
}
