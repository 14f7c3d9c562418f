/**
 * Whether the host of a run answers at all. A host that never did is down for the whole run: the first request that gives up reports
 * it in full, and all others fail at once. A connection that worked before is another matter: it is repeated as any failure.
 */
import { ConnectionError } from "../errors";
import { formatDuration } from "../runtime/clock";
import type { ApiRequest } from "../runtime/httpClient";
import { lineOf } from "./failure";
import type { RetryPolicy } from "./retry";

/** Milliseconds that the first request of a run tries to reach the host. */
const firstContactMs = 30_000;

export interface Reachability {
  /** How long to try: less while the host has never answered. */
  policy(usual: RetryPolicy): RetryPolicy;
  /** Something answered: the host is there. */
  reached(): void;
  /** Settles when the host is found to be down. */
  readonly down: Promise<void>;
  /** The error of a request that is not sent, when the host is known to be down. */
  refusal(request: ApiRequest): ConnectionError | undefined;
  /** The error of a request that never got a connection, after all its attempts. */
  failed(request: ApiRequest, error: ConnectionError, attempts: number, elapsedMs: number): ConnectionError;
}

/**
 * @param host named in errors
 * @param advice what to check, such as where the host is set and which proxy is used
 */
export function watchReachability(host: string, advice: string | undefined): Reachability {
  const { promise: down, resolve } = Promise.withResolvers<void>();
  let isReached = false;
  let reason: string | undefined;
  const refusal = (request: ApiRequest) =>
    reason === undefined
      ? undefined
      : new ConnectionError(
          lineOf(request),
          reason,
          `it was not sent, because ${host} could not be reached before`,
          false,
          "The first error of this run has the cause, and what to check.",
        );
  return {
    policy: (usual) =>
      isReached ? usual : { ...usual, maxElapsedMs: Math.min(usual.maxElapsedMs, firstContactMs) },
    reached: () => {
      isReached = true;
    },
    down,
    refusal,
    failed: (request, error, attempts, elapsedMs) => {
      if (isReached) return error;
      const known = refusal(request);
      if (known !== undefined) return known;
      reason = error.reason;
      resolve();
      const tried = attempts === 1 ? "" : ` in ${attempts} attempts over ${formatDuration(elapsedMs / 1000)}`;
      return new ConnectionError(
        error.request,
        error.reason,
        `${host} could not be reached${tried}: ${error.detail}`,
        false,
        error.hint,
        advice,
      );
    },
  };
}
