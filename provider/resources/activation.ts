/**
 * The activation engine: what activations of every product have in common. It waits for what is under way, adopts a request for the
 * wanted version, requests once, and follows that until the version is live. Each product adds an adapter: see its `reconcile.ts`.
 */
import { type Observation, pollUntil } from "../consistency/poll";
import { propagation } from "../consistency/propagation";
import { pause, retryWhileBusy } from "../consistency/retry";
import { createOnce } from "../consistency/write";
import { PartialFailure, PreconditionError } from "../errors";
import type { Context } from "../runtime/context";

export type Operation = "activate" | "deactivate";

/** An activation or deactivation that was requested from the service. */
export interface ActivationRequest<Id, Seen extends Status> {
  readonly id: Id;
  /** Such as `activation 3` or `atv_67037`. */
  readonly label: string;
  readonly operation: Operation;
  readonly version: number | string;
  /** As the service showed it last. */
  readonly status: string;
  readonly find: () => Promise<Seen | undefined>;
}

export interface Status {
  readonly status: string;
}

/** The version that is live, and the state of a resource that wants it. */
export interface Live<State> {
  readonly version: number | string;
  readonly state: State;
}

/**
 * What a product adds to the engine, for one resource.
 * `Seen` is an activation or deactivation as the service shows it. `Network` is what one observation of the network shows.
 */
export interface ActivationAdapter<Id, Seen extends Status, Network, State> {
  /** Such as `property www.example.com`: begins lines of progress. */
  readonly subject: string;
  readonly resourceId: string;
  readonly network: string;
  readonly version: number | string;
  /** Seconds to wait for a request to end. */
  readonly timeout: Readonly<Record<Operation, number>>;
  /** Seconds between two reads at most. */
  readonly maxInterval: number;
  /** Seconds until the next attempt when the service is busy; undefined when the error is final. See `BusyRetry`. */
  readonly pauseAfter: (error: unknown, retries: number, seconds: number) => number | undefined;

  // ---- Observe ----
  observe(): Promise<Network>;
  /** What has not ended, in the order in which to wait for it. */
  underWay(network: Network): readonly ActivationRequest<Id, Seen>[];
  /** Whether an observation does not show yet what ended before it. */
  isStale?(network: Network, ended: Seen): boolean;
  findLive(network: Network): Promise<Live<State> | undefined>;
  /** The same before a deactivation: absence is confirmed. `observe` waits until nothing is under way. */
  findLiveEventually(
    observe: () => Promise<Network>,
  ): Promise<{ readonly live: Live<State>; readonly network: Network } | undefined>;
  /** Whether a request, which no replica showed yet, is going to end what is live. */
  isEnding?(): Promise<boolean>;
  isUnderWay(seen: Seen): boolean;
  hasSucceeded(operation: Operation, seen: Seen): boolean;

  // ---- Ensure ----
  /** Sends one request: see `requestOnce`. */
  request(operation: Operation, network: Network): Promise<ActivationRequest<Id, Seen>>;
  /** Such as `atv_67037 to be ACTIVE`. */
  goalOf(request: ActivationRequest<Id, Seen>): string;
  /** Reports a status that is new. */
  report?(request: ActivationRequest<Id, Seen>, status: string): void;
  /** What an end without success means, and what to do. */
  meaningOf(request: ActivationRequest<Id, Seen>, seen: Seen): Promise<string | undefined>;
  /** Waits until the network confirms that the version is live. */
  confirmLive?(request: ActivationRequest<Id, Seen>, setStatus: (status: string) => void): Promise<void>;
  liveState(request: ActivationRequest<Id, Seen>, seen: Seen): State;
  /** The state of a request that did not succeed. The next run continues from it. */
  failedState(request: ActivationRequest<Id, Seen>, status: string, before: Network): Record<string, unknown>;

  // ---- Delete ----
  /** Whether the service refuses a deactivation because the version is off already. */
  isOffAlready?(error: unknown): boolean;
  /** Waits until the network confirms that the version is off. */
  confirmOff?(): Promise<void>;
  reportOff?(): void;
}

// ---- Ensure ----

/** Makes the version live. What is live or under way already is adopted. Otherwise one activation is requested. */
export function ensureLive<Id, Seen extends Status, Network, State>(
  context: Context,
  adapter: ActivationAdapter<Id, Seen, Network, State>,
): Promise<State> {
  const attempt = async () => {
    for (;;) {
      const { network, adopted } = await awaitOthers(context, adapter, "activate");
      if (adopted !== undefined) return followUntilLive(context, adapter, adopted, network);
      const live = await adapter.findLive(network);
      if (live?.version !== adapter.version) {
        return followUntilLive(context, adapter, await adapter.request("activate", network), network);
      }
      if (!(await adapter.isEnding?.())) return live.state;
    }
  };
  return retryWhileBusy(context, { attempt, pauseAfter: adapter.pauseAfter });
}

/** Waits for all that is under way on the network. A request for the wanted operation and version is returned at once. */
async function awaitOthers<Id, Seen extends Status, Network, State>(
  context: Context,
  adapter: ActivationAdapter<Id, Seen, Network, State>,
  wanted: Operation | undefined,
): Promise<{ readonly network: Network; readonly adopted?: ActivationRequest<Id, Seen> }> {
  let ended: Seen | undefined;
  let endedAt = 0;
  for (;;) {
    const network = await adapter.observe();
    const [first, ...others] = adapter.underWay(network);
    if (first === undefined) {
      const isCurrent = ended === undefined || adapter.isStale?.(network, ended) !== true;
      const showsUntil = endedAt + propagation.activationRequested.seconds * 1000;
      if (isCurrent || context.clock.now() >= showsUntil) return { network };
      await pause(context, 1);
      continue;
    }
    const isAdopted = first.operation === wanted && first.version === adapter.version && others.length === 0;
    const doing = `${first.operation === "activate" ? "on its way to" : "being taken off"} ${adapter.network}`;
    context.logger.info(
      `${adapter.subject}: version ${first.version} is ${doing} already (${first.label}); waiting for ${isAdopted ? "it" : "that first"}.`,
    );
    if (isAdopted) return { network, adopted: first };
    ended = await pollUntil(context, {
      what: `${first.label} (version ${first.version} ${doing}) to come to its end`,
      observe: async (): Promise<Observation<Seen | undefined>> => {
        const seen = await first.find();
        if (seen !== undefined && adapter.isUnderWay(seen)) return { state: seen.status, is: "pending" };
        return { state: seen?.status ?? "gone", is: "reached", value: seen };
      },
      interval: 2,
      maxInterval: adapter.maxInterval,
      timeout: adapter.timeout.activate,
    });
    endedAt = context.clock.now();
    await pause(context, 1);
  }
}

/** Sends a request that must not have its effect twice. When its answer got lost, the request that is new is the one. */
export function requestOnce<One>(
  context: Context,
  {
    send,
    list,
    isNew,
  }: { send: () => Promise<One>; list: () => Promise<readonly One[]>; isNew: (one: One) => boolean },
): Promise<One> {
  const find = async () => (await list()).find(isNew);
  return createOnce(context, { send, find, window: propagation.activationRequested.seconds });
}

/** Follows an activation until the version is live. One that does not succeed stays in the state for the next run. */
async function followUntilLive<Id, Seen extends Status, Network, State>(
  context: Context,
  adapter: ActivationAdapter<Id, Seen, Network, State>,
  request: ActivationRequest<Id, Seen>,
  before: Network,
): Promise<State> {
  let { status } = request;
  const setStatus = (seen: string) => {
    status = seen;
  };
  try {
    const seen = await follow(context, adapter, request, setStatus);
    await adapter.confirmLive?.(request, setStatus);
    return adapter.liveState(request, seen);
  } catch (error) {
    throw new PartialFailure(adapter.resourceId, adapter.failedState(request, status, before), error);
  }
}

/** Waits until a request succeeds, and reports each new status. */
function follow<Id, Seen extends Status, Network, State>(
  context: Context,
  adapter: ActivationAdapter<Id, Seen, Network, State>,
  request: ActivationRequest<Id, Seen>,
  setStatus: (status: string) => void,
): Promise<Seen> {
  const requestedAt = context.clock.now();
  let last: string | undefined;
  return pollUntil(context, {
    what: adapter.goalOf(request),
    observe: async (): Promise<Observation<Seen>> => {
      const seen = await request.find();
      if (seen === undefined) {
        const isNew = context.clock.now() - requestedAt < propagation.activationRequested.seconds * 1000;
        if (isNew) return { state: "not to be seen", is: "pending" };
        return {
          state: "not to be seen. Run again: the next run adopts what is there by then",
          is: "failed",
        };
      }
      const { status } = seen;
      if (status !== last) adapter.report?.(request, status);
      last = status;
      setStatus(status);
      if (adapter.hasSucceeded(request.operation, seen)) return { state: status, is: "reached", value: seen };
      if (adapter.isUnderWay(seen)) return { state: status, is: "pending" };
      const meaning = await adapter.meaningOf(request, seen);
      return { state: meaning === undefined ? status : `${status}: ${meaning}`, is: "failed" };
    },
    interval: 2,
    maxInterval: adapter.maxInterval,
    timeout: adapter.timeout[request.operation],
    hint: "It may still come: the next run waits on, or finds it done.",
  });
}

// ---- Delete ----

/** Takes the version of the state off the network. A version that somebody else activated is left alone. */
export function ensureOff<Id, Seen extends Status, Network, State>(
  context: Context,
  adapter: ActivationAdapter<Id, Seen, Network, State>,
): Promise<void> {
  const { network, version } = adapter;
  const attempt = async () => {
    const found = await adapter.findLiveEventually(
      async () => (await awaitOthers(context, adapter, undefined)).network,
    );
    if (found === undefined) return adapter.reportOff?.();
    if (found.live.version !== version) {
      throw new PreconditionError(
        `version ${found.live.version} is live on ${network}, not ${version} as in the state. Run \`pulumi refresh\` to record it, then destroy again to take it off`,
      );
    }
    try {
      await follow(context, adapter, await adapter.request("deactivate", found.network), () => undefined);
    } catch (error) {
      if (adapter.isOffAlready?.(error) !== true) throw error;
    }
    await adapter.confirmOff?.();
  };
  return retryWhileBusy(context, { attempt, pauseAfter: adapter.pauseAfter });
}
