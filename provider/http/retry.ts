/**
 * Whether and when to send a request again: exponential backoff with full jitter. Pure: the time and a random number are arguments.
 *
 * What happens on 429, part two: a refusal of the rate goes back to its queue, see rateLimiter.ts. Any other 429 is repeated here; except that the account
 * has as many objects as it may have, which is never repeated.
 */
import type { ResponseHeaders } from "../runtime/httpClient";
import { retryAfterFromHeaders } from "./retryAfter";

/** How one attempt ended. */
export type Outcome =
  | { readonly kind: "response"; readonly status: number; readonly headers: ResponseHeaders }
  /** `reached` is false when there was no connection: the service cannot have received the request. */
  | { readonly kind: "failure"; readonly reached: boolean };

export interface Attempt {
  readonly method: string;
  /** Number of this attempt, from 1. */
  readonly number: number;
  /** Milliseconds since the first attempt began. */
  readonly elapsedMs: number;
  readonly outcome: Outcome;
}

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  /** No wait may end later than this many milliseconds after the first attempt began. */
  readonly maxElapsedMs: number;
  /** Upper bound of the first wait, in milliseconds; it doubles with each attempt. */
  readonly baseDelayMs: number;
  /** Upper bound of any wait that the service did not ask for. */
  readonly maxDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 6,
  maxElapsedMs: 180_000,
  baseDelayMs: 500,
  maxDelayMs: 20_000,
};

/** Of these APIs, GET, HEAD, PUT and DELETE are idempotent. */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"]);

/** The service failed, and the request may have had its effect. */
const transient: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Milliseconds to wait before the next attempt, or undefined when there must be none.
 *
 * - 429 had no effect: any method may be repeated, at the time that the headers name.
 * - 500, 502, 503, 504 and a broken connection leave the effect unknown: only idempotent methods are repeated.
 *   A POST fails: its caller looks for the effect before sending it again.
 * - Without a connection there was no effect: any method may be repeated.
 * - Waits that the service did not ask for are random, between zero and a bound that doubles with each attempt.
 *
 * @param random a number in [0, 1)
 * @param nowMs milliseconds since 1970, for headers that name a time
 */
export function retryDelay(
  attempt: Attempt,
  random: number,
  nowMs: number,
  policy: RetryPolicy = defaultRetryPolicy,
): number | undefined {
  if (attempt.number >= policy.maxAttempts || !mayRepeat(attempt)) return undefined;
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt.number - 1));
  const jitter = Math.floor(random * bound);
  const asked =
    attempt.outcome.kind === "response" ? retryAfterFromHeaders(attempt.outcome.headers, nowMs) : undefined;
  const delay = asked === undefined ? jitter : asked + jitter;
  return attempt.elapsedMs + delay > policy.maxElapsedMs ? undefined : delay;
}

function mayRepeat({ method, outcome }: Attempt): boolean {
  const isIdempotent = idempotent.has(method.toUpperCase());
  if (outcome.kind === "failure") return isIdempotent || !outcome.reached;
  return outcome.status === 429 || (isIdempotent && transient.has(outcome.status));
}
