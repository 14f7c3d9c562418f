import type { ApiError } from "../errors";
import type { ResponseHeaders } from "../runtime/httpClient";

/**
 * Milliseconds: as long as most waits of a resource may take. A service that asks to wait for longer has a limit per day: a request fails
 * at once, and the next run may succeed.
 */
export const maxRetryAfterMs = 1_200_000;

/**
 * How one rate limit behaves: a state, and what each event makes of it. All functions are pure; time and randomness are arguments. Times are in milliseconds
 * since 1970, `random` is a number in [0, 1).
 */
export interface LimitStrategy<State> {
  readonly start: (nowMs: number) => State;
  /** Requests in flight at most. Without it, the limit shares the slots of the rate limiter with the others. */
  readonly concurrency?: (state: State) => number;
  /** When the next request may go: now or earlier, later, or never (infinity) before an answer came. */
  readonly nextAt: (state: State, nowMs: number) => number;
  readonly onSent: (state: State, nowMs: number) => State;
  /** An answer came that does not refuse the rate: a success or any other error. */
  readonly onAnswered: (state: State, answer: Answered, nowMs: number, random: number) => State;
  /** The service asked to slow down. */
  readonly onThrottled: (state: State, refusal: Throttled, nowMs: number, random: number) => State;
  /** A request is no longer in flight, whatever became of it. */
  readonly onDone?: (state: State) => State;
  /** Whether an error is such a refusal. The request had no effect then, and goes back to the front of the queue. */
  readonly isThrottled: (error: unknown) => error is ApiError;
}

export interface Answered {
  readonly sentAt: number;
  readonly headers: ResponseHeaders;
}

export interface Throttled {
  readonly sentAt: number;
  /** Milliseconds that the service asked to wait; 0 where it named no time. */
  readonly retryAfterMs: number;
}

/** One rate limit of a service. All requests of one limit share a queue. */
export interface Limit<State> {
  readonly name: string;
  readonly strategy: LimitStrategy<State>;
}
