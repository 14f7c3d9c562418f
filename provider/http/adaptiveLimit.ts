/**
 * A rate limit that shows only when the service refuses: AIMD, "additive increase, multiplicative decrease", as TCP does it. Until the first refusal only the
 * concurrency counts, and it grows with every answer. From then on there is a rate as well: it climbs slowly, and each refusal lowers it. Pure.
 */
import { ApiError, isQuotaExceeded } from "../errors";
import type { LimitStrategy, Throttled } from "./limitStrategy";

export interface AdaptiveRate {
  /** Infinite before the first refusal. */
  readonly requestsPerSecond: number;
  /** Requests in flight at most. */
  readonly concurrency: number;
  readonly maxConcurrency: number;
  /** When the next request may go, in milliseconds. */
  readonly nextAt: number;
  /** When the rate was last lowered. A refusal of an earlier request adds nothing. */
  readonly loweredAt: number;
  /** Milliseconds of the last pause; 0 after an answer that was no refusal. */
  readonly pauseMs: number;
  /** Answers that were no refusals: in the second that began at `secondBegan`, and in the second before it. */
  readonly secondBegan: number;
  readonly acceptedThisSecond: number;
  readonly acceptedLastSecond: number;
}

/** A refusal multiplies the rate by this. */
const decreaseFactor = 0.92;
/** One refusal never multiplies it by less. */
const minDecreaseFactor = 0.5;
/** Growth of the rate in each second without a refusal: a part of the rate, and at least `minGrowth` requests per second. */
const growth = 0.02;
const minGrowth = 0.4;
/**
 * Milliseconds within which a rate at the limit is refused again. When that refusal does not come, the limit is far above: others may have used up the second
 * of the first refusal. The growth then increases with the square of the time, as in TCP CUBIC, up to `maxGrowthFactor`.
 */
const cooldownMs = 8000;
const maxGrowthFactor = 10;
const minRequestsPerSecond = 1;
/** Milliseconds. The service counts the last second; its count has to fall before a request succeeds. */
const firstPauseMs = 1000;
const minPauseMs = 100;
const maxPauseMs = 10_000;
/** Milliseconds that a late timer may make up for. */
const burstMs = 20;

export interface AdaptiveLimitOptions {
  /** Requests in flight at the beginning, and at most. */
  readonly concurrency: number;
  readonly maxConcurrency: number;
}

export function adaptiveLimit({
  concurrency,
  maxConcurrency,
}: AdaptiveLimitOptions): LimitStrategy<AdaptiveRate> {
  return {
    start: (nowMs) => startRate(nowMs, concurrency, maxConcurrency),
    concurrency: (rate) => rate.concurrency,
    nextAt: (rate) => rate.nextAt,
    onSent,
    onAnswered: (rate, _answer, nowMs) => onAnswered(rate, nowMs),
    onThrottled,
    isThrottled: (error): error is ApiError =>
      error instanceof ApiError && error.is(429) && !isQuotaExceeded(error),
  };
}

export function startRate(nowMs: number, concurrency: number, maxConcurrency: number): AdaptiveRate {
  return {
    requestsPerSecond: Number.POSITIVE_INFINITY,
    concurrency: Math.min(concurrency, maxConcurrency),
    maxConcurrency,
    nextAt: nowMs,
    loweredAt: Number.NEGATIVE_INFINITY,
    pauseMs: 0,
    secondBegan: nowMs,
    acceptedThisSecond: 0,
    acceptedLastSecond: 0,
  };
}

export function onSent(rate: AdaptiveRate, nowMs: number): AdaptiveRate {
  return { ...rate, nextAt: Math.max(rate.nextAt, nowMs - burstMs) + 1000 / rate.requestsPerSecond };
}

/** An answer came that was no refusal: a success or any other error. */
export function onAnswered(rate: AdaptiveRate, nowMs: number): AdaptiveRate {
  const { requestsPerSecond, concurrency, maxConcurrency, loweredAt } = rate;
  const growthFactor = Math.min(maxGrowthFactor, Math.max(1, ((nowMs - loweredAt) / cooldownMs) ** 2));
  return {
    ...count(rate, nowMs, 1),
    requestsPerSecond: requestsPerSecond + growthFactor * Math.max(minGrowth / requestsPerSecond, growth),
    concurrency: Math.min(maxConcurrency, concurrency + 1),
    pauseMs: 0,
  };
}

/** The service asked to slow down. */
export function onThrottled(
  rate: AdaptiveRate,
  { sentAt, retryAfterMs }: Throttled,
  nowMs: number,
  random: number,
): AdaptiveRate {
  const waiting = { ...rate, nextAt: Math.max(rate.nextAt, retryAfterMs === 0 ? 0 : nowMs + retryAfterMs) };
  if (sentAt <= rate.loweredAt) return waiting;
  const counted = count(waiting, nowMs, 0);
  const { requestsPerSecond, pauseMs } = counted;
  const achieved = decreaseFactor * acceptedWithinSecond(counted, nowMs);
  const isFirst = requestsPerSecond === Number.POSITIVE_INFINITY;
  const lowered = isFirst
    ? achieved
    : Math.min(decreaseFactor * requestsPerSecond, Math.max(minDecreaseFactor * requestsPerSecond, achieved));
  const pause = isFirst ? firstPauseMs : Math.min(maxPauseMs, Math.max(minPauseMs, 2 * pauseMs));
  return {
    ...counted,
    requestsPerSecond: Math.max(minRequestsPerSecond, lowered),
    nextAt: Math.max(counted.nextAt, nowMs + pause * (0.75 + random / 2)),
    loweredAt: nowMs,
    pauseMs: pause,
  };
}

/** Requests accepted in the last second. The second before counts as far as it reaches into it. */
function acceptedWithinSecond(
  { secondBegan, acceptedThisSecond, acceptedLastSecond }: AdaptiveRate,
  nowMs: number,
): number {
  return acceptedThisSecond + acceptedLastSecond * Math.max(0, 1 - (nowMs - secondBegan) / 1000);
}

function count(rate: AdaptiveRate, nowMs: number, accepted: number): AdaptiveRate {
  const age = nowMs - rate.secondBegan;
  if (age < 1000) return { ...rate, acceptedThisSecond: rate.acceptedThisSecond + accepted };
  return {
    ...rate,
    secondBegan: nowMs - (age % 1000),
    acceptedThisSecond: accepted,
    acceptedLastSecond: age < 2000 ? rate.acceptedThisSecond : 0,
  };
}
