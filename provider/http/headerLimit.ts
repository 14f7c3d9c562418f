/**
 * A rate limit that the service announces: X-RateLimit headers give the requests that a window still allows, and when it allows more. An exhausted window stops
 * the whole queue until that time; one request then asks how things stand. Pure.
 */
import { isThrottled } from "../errors";
import { type LimitStrategy, maxRetryAfterMs, type Throttled } from "./limitStrategy";
import { type AnnouncedLimit, limitsFromHeaders } from "./retryAfter";

export interface RateLimitWindow {
  /** Requests that the window allows by the last answer, those in flight included. Infinite while no headers came. */
  readonly remaining: number;
  readonly inFlight: number;
  /** When a request may probe an exhausted window, in milliseconds. */
  readonly probeAt: number;
  /** Milliseconds between two probes, while no answer came. */
  readonly probeIntervalMs: number;
  /** When the window was last found exhausted. The answer to an earlier request adds nothing. */
  readonly exhaustedAt: number;
  /** Refusals since a request succeeded. */
  readonly refusals: number;
}

/** Milliseconds between two probes, and of the pause after a refusal that names no time, or a time that is over by this machine's clock. */
const minPauseMs = 100;
const maxPauseMs = 20_000;
const maxProbeIntervalMs = 5000;
/** A wait grows by at most this part of it, and by at most so many milliseconds: programs that share a limit then don't come all at once. */
const jitter = 0.05;
const maxJitterMs = 500;

export const openWindow: RateLimitWindow = {
  remaining: Number.POSITIVE_INFINITY,
  inFlight: 0,
  probeAt: Number.POSITIVE_INFINITY,
  probeIntervalMs: 0,
  exhaustedAt: Number.NEGATIVE_INFINITY,
  refusals: 0,
};

export const headerLimit: LimitStrategy<RateLimitWindow> = {
  start: () => openWindow,
  nextAt,
  onSent,
  onAnswered: (window, { sentAt, headers }, nowMs, random) =>
    onAnswered(window, limitsFromHeaders(headers, nowMs), sentAt, nowMs, random),
  onThrottled,
  onDone,
  isThrottled,
};

/** Infinity means: not before an answer came. */
export function nextAt({ remaining, inFlight, probeAt }: RateLimitWindow, nowMs: number): number {
  return remaining > inFlight ? nowMs : probeAt;
}

export function onSent(window: RateLimitWindow, nowMs: number): RateLimitWindow {
  const { remaining, inFlight, probeAt, probeIntervalMs } = window;
  return {
    ...window,
    inFlight: inFlight + 1,
    probeAt: remaining > inFlight ? probeAt : nowMs + probeIntervalMs,
  };
}

/** A request is no longer in flight, whatever became of it. */
export function onDone(window: RateLimitWindow): RateLimitWindow {
  return { ...window, inFlight: window.inFlight - 1 };
}

/** An answer came that was no refusal of the rate: a success or any other error. */
export function onAnswered(
  window: RateLimitWindow,
  { remaining, retryAfterMs }: AnnouncedLimit,
  sentAt: number,
  nowMs: number,
  random: number,
): RateLimitWindow {
  if (sentAt <= window.exhaustedAt) return window;
  if (remaining === 0 && retryAfterMs !== undefined && retryAfterMs <= maxRetryAfterMs)
    return { ...exhaust(window, retryAfterMs, nowMs, random), refusals: 0 };
  // An answer without headers leaves an open window as it was, and opens an exhausted one. A window that is exhausted for hours is left to the service to refuse.
  const left =
    remaining === undefined && window.remaining > 0
      ? window.remaining
      : remaining || Number.POSITIVE_INFINITY;
  return { ...openWindow, exhaustedAt: window.exhaustedAt, inFlight: window.inFlight, remaining: left };
}

/** The service asked to slow down. Pauses double while nothing succeeds, as a time in the past must not cause a busy loop. */
export function onThrottled(
  window: RateLimitWindow,
  { sentAt, retryAfterMs }: Throttled,
  nowMs: number,
  random: number,
): RateLimitWindow {
  if (sentAt <= window.exhaustedAt) return exhaust(window, retryAfterMs, nowMs, random);
  const pause = Math.min(maxPauseMs, minPauseMs * 2 ** window.refusals);
  const exhausted = exhaust({ ...window, probeAt: nowMs }, Math.max(retryAfterMs, pause), nowMs, random);
  return { ...exhausted, refusals: window.refusals + 1 };
}

function exhaust(window: RateLimitWindow, waitMs: number, nowMs: number, random: number): RateLimitWindow {
  const at = nowMs + waitMs + random * Math.min(maxJitterMs, jitter * waitMs);
  return {
    ...window,
    remaining: 0,
    probeAt: window.remaining > 0 ? at : Math.max(window.probeAt, at),
    probeIntervalMs: Math.min(maxProbeIntervalMs, Math.max(minPauseMs, waitMs)),
    exhaustedAt: nowMs,
  };
}
