/** What EdgeWorkers adds to the activation engine: its error codes, and the network's own word on what is live. */
import {
  type Activation,
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
  type Operation,
  requestOnce,
  type Status,
} from "../../activation";
import {
  activationRequest,
  deactivationRequest,
  findLiveEventually,
  isComplete,
  type NetworkHistory,
  type Request,
  readHistory,
  underWayIn,
} from "./observe";
import type { ActivationInputs, ActivationState } from "./schema";

type Adapter = ActivationAdapter<number, Status, NetworkHistory, ActivationState>;

export function resourceIdOf({
  edgeWorkerId,
  network,
}: Pick<ActivationInputs, "edgeWorkerId" | "network">): string {
  return `${edgeWorkerId}/${network}`;
}

export function activateVersion(context: Context, inputs: ActivationInputs): Promise<ActivationState> {
  return ensureLive(context, adapterOf(context, inputs, "activate"));
}

export function deactivateVersion(context: Context, state: ActivationState): Promise<void> {
  return ensureOff(context, adapterOf(context, state, "deactivate"));
}

function adapterOf(context: Context, inputs: ActivationInputs, wanted: Operation): Adapter {
  const { edgeWorkerId, network, version, timeoutSeconds } = inputs;
  // Until the service refuses a request, one list of activations is enough: a refusal tells what it does not show.
  let isRefused = false;
  const needsDeactivations = (activations: readonly Activation[]) =>
    isRefused || (wanted === "activate" && activations.some(isComplete));
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
    pauseAfter: (error, _retries, seconds) => {
      if (!isUnderWayOrDone(error) || seconds >= propagation.edgeWorkerChanged.seconds) return undefined;
      isRefused = true;
      return 2;
    },

    // ---- Observe ----
    observe: () => readHistory(context, inputs, needsDeactivations),
    underWay: (history) => underWayIn(context, edgeWorkerId, history),
    async findLive({ activations }) {
      // What was never complete is not live. The service refuses what is.
      const mayBeLive = activations.some((one) => one.version === version && isComplete(one));
      const live = mayBeLive || isRefused ? await findLive(context.http, edgeWorkerId, network) : undefined;
      return live && liveOf(live);
    },
    async findLiveEventually(observe) {
      const history = await observe();
      const last = history.activations.find(isComplete);
      // The last one that came to the network is live, unless it was taken off: then the service refuses the request.
      const live = last?.version === version && !isRefused ? last : await findLiveEventually(context, inputs);
      return live && { live: liveOf(live), network: history };
    },
    // A stale replica does not show yet what was requested a moment ago.
    isEnding: async () =>
      (await findEventually(context, async () => {
        const history = await readHistory(context, inputs, () => true);
        return underWayIn(context, edgeWorkerId, history)[0];
      })) !== undefined,
    isUnderWay,
    hasSucceeded: (_operation, { status }) => status === "COMPLETE",

    // ---- Ensure ----
    request: (operation, history) =>
      operation === "activate"
        ? requestActivation(context, inputs, history)
        : requestDeactivation(context, inputs, history),
    goalOf: ({ label }) => `${label} of version ${version} on ${network} to be COMPLETE`,
    meaningOf: async ({ operation }, { status }) =>
      operation === "activate" ? meaningOf(status) : undefined,
    confirmLive: (request, setStatus) => confirmLive(context, inputs, request, setStatus),
    liveState: ({ id }) => ({ ...inputs, activationId: id, status: "COMPLETE" }),
    failedState: ({ id }, status) => ({ ...inputs, activationId: id, status }),

    // ---- Delete ----
    isOffAlready(error) {
      const isOff = error instanceof ApiError && error.code === "EW1032";
      isRefused ||= isOff;
      return isOff;
    },
    // A deactivation that is COMPLETE has done it. A refusal may come while one is under way.
    confirmOff: async () => (isRefused ? confirmOff(context, inputs) : undefined),
  };
}

/** EW1021: it is being activated; EW1022: it is live; EW1031: it is being deactivated. Stale replicas may not show that yet. */
function isUnderWayOrDone(error: unknown): error is ApiError {
  return error instanceof ApiError && ["EW1021", "EW1022", "EW1031"].includes(error.code ?? "");
}

// ---- Ensure ----

async function requestActivation(
  context: Context,
  inputs: ActivationInputs,
  { activations }: NetworkHistory,
): Promise<Request> {
  const { edgeWorkerId, network, version, note, autoPin } = inputs;
  const list = () => listActivations(context.http, edgeWorkerId, network);
  const newest = Math.max(0, ...activations.map(({ activationId }) => activationId));
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
    matchesAfterLag: 2,
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

async function requestDeactivation(
  context: Context,
  inputs: ActivationInputs,
  { activations }: NetworkHistory,
): Promise<Request> {
  const { edgeWorkerId, network, version, note } = inputs;
  // An earlier deactivation is older than the activation that it is to end.
  const since = activations.find((one) => one.version === version && isComplete(one))?.createdTime ?? "";
  const begun = await requestOnce(context, {
    send: () => deactivate(context.http, edgeWorkerId, { network, version, note }),
    list: () => listDeactivations(context.http, edgeWorkerId, network),
    isNew: (one) =>
      one.version === version && (isUnderWay(one) || (isComplete(one) && one.createdTime >= since)),
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
