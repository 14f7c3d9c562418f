/**
 * Ends waits and backoffs when the engine cancels the run, as on the first Ctrl-C. Otherwise the engine would wait for them, for half an hour and more, and
 * people press again: the second Ctrl-C ends the engine, and the state misses what was created.
 */
import { subscribe } from "node:diagnostics_channel";
import { PreconditionError } from "../errors";

/** What tells of a cancelled run. */
export interface CancelSignals {
  /** The engine calls `Cancel` of the provider protocol. */
  onEngineCancel(act: () => void): void;
  /** Somebody sends SIGINT to this process itself. */
  onInterrupt(act: () => void): void;
}

/** A signal that is aborted when the run is cancelled. Its reason is the error of every wait and request that is left. */
export function watchCancellation({ onEngineCancel, onInterrupt }: CancelSignals): AbortSignal {
  const controller = new AbortController();
  const cancel = () =>
    controller.abort(
      new PreconditionError(
        "the run was cancelled, so nothing more was sent. What was done so far is kept: the next `pulumi up` goes on from there",
      ),
    );
  onEngineCancel(cancel);
  onInterrupt(cancel);
  return controller.signal;
}

const cancelCall = "/pulumirpc.ResourceProvider/Cancel";

/** @param isActing whether the provider is at work for the engine */
export const engineSignals = (isActing: () => boolean): CancelSignals => ({
  // Pulumi's dynamic provider answers the call and passes it on to nobody. Node.js publishes each call that an HTTP/2 server gets;
  // where it is too old for that, a wait goes on as it did.
  onEngineCancel: (act) =>
    subscribe("http2.server.stream.start", (message) => {
      const { headers } = message as { headers?: Readonly<Record<string, unknown>> };
      if (headers?.[":path"] === cancelCall) act();
    }),
  // The engine ends a provider by SIGINT too, after each run, and waits 5 s for one that stays. At rest it goes at once; else
  // the next SIGINT ends it, as without a listener.
  onInterrupt: (act) =>
    void process.once("SIGINT", () => {
      act();
      if (!isActing()) process.kill(process.pid, "SIGINT");
    }),
});
