/**
 * Whether and when to send a request again, as a function of values: what was sent, what came back, how much time has gone by.
 * The clock and the dice are arguments, so that the whole policy is one table in the tests.
 */

/** What became of one attempt. */
export type Outcome =
  | { readonly kind: "response"; readonly status: number; readonly headers: Readonly<Record<string, string | undefined>> }
  /** `reached` is false when the connection was never made, so that the service cannot have seen the request. */
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

/** GET, HEAD, PUT and DELETE of these APIs may be repeated: the second has the effect of the first. */
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"]);

/** Answers of a service that was not able to answer; a request that may have had its effect. */
const troubled: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Milliseconds to wait before the next attempt, or undefined when there must be none.
 *
 * - 429 was refused before it had an effect: any method may go again, at the time the headers name. (What is refused for its speed waits in line instead: see
 *   quota.ts.)
 * - 500, 502, 503, 504 and a connection that broke leave the effect unknown: only what is safe to repeat goes again.
 *   A POST is left to its caller, who looks for the effect first.
 * - A connection that was never made had no effect: any method may go again.
 * - Waits that the service did not ask for are drawn evenly between zero and a bound that doubles ("full jitter").
 *
 * @param random a number in [0, 1)
 * @param nowMs the time of day, needed where a header names a time of day
 */
export function retryDelay(attempt: Attempt, random: number, nowMs: number, policy: RetryPolicy = defaultRetryPolicy): number | undefined {
  if (attempt.number >= policy.maxAttempts || !mayRepeat(attempt)) return undefined;
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt.number - 1));
  const jitter = Math.floor(random * bound);
  const asked = attempt.outcome.kind === "response" ? askedDelay(attempt.outcome.headers, nowMs) : undefined;
  const delay = asked === undefined ? jitter : asked + jitter;
  return attempt.elapsedMs + delay > policy.maxElapsedMs ? undefined : delay;
}

function mayRepeat({ method, outcome }: Attempt): boolean {
  const safe = repeatable.has(method.toUpperCase());
  if (outcome.kind === "failure") return safe || !outcome.reached;
  return outcome.status === 429 || (safe && troubled.has(outcome.status));
}

/**
 * The wait that the service asked for: `Retry-After` (seconds or a date), PAPI's `X-RateLimit-Next` (ISO time) or the
 * `X-RateLimit-…-Reset` family of EdgeWorkers (ISO time); the latest of them.
 */
export function askedDelay(given: Readonly<Record<string, string | undefined>>, nowMs: number): number | undefined {
  const headers = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const waits = [...headers].flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (name === "retry-after" && /^\d+$/.test(value.trim())) return [Number(value) * 1000];
    const limit = /^(x-ratelimit-.*)-reset$/.exec(name)?.[1];
    if (name !== "retry-after" && name !== "x-ratelimit-next" && limit === undefined) return [];
    // A limit that is not used up is not the one that was hit: its reset may be a day away.
    if (name !== "retry-after" && Number(headers.get(`${limit ?? "x-ratelimit"}-remaining`) ?? 0) > 0) return [];
    const at = Date.parse(value);
    return Number.isNaN(at) ? [] : [Math.max(0, at - nowMs)];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** The same where it is only said in words, as EdgeWorkers does: `Please try after 2024-01-16T15:20:55.945Z`. */
export function saidDelay(text: string, nowMs: number): number | undefined {
  const at = Date.parse(/\btry after (\d{4}-\d\d-\d\dT[\d:.]+Z)/.exec(text)?.[1] ?? "");
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
