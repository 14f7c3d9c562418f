/** Reads rate limits from headers and bodies of answers. Pure. */
import type { ResponseHeaders } from "../runtime/httpClient";

/** Milliseconds: a year. A longer wait means the same, and a number of any size is no date. */
const maxWaitMs = 366 * 86_400_000;
/** Requests: more than any limit allows. */
const maxRemaining = 1_000_000_000;

/** The limit that is closest to its end, by the headers of a response. */
export interface AnnouncedLimit {
  /** Requests that the limit still allows. */
  readonly remaining?: number | undefined;
  /** Milliseconds until it allows more. */
  readonly retryAfterMs?: number | undefined;
}

/** Of several families of headers, such as per minute and per day, the one with the least remaining counts. */
export function limitsFromHeaders(headers: ResponseHeaders, nowMs: number): AnnouncedLimit {
  const remaining = Object.entries(headers).flatMap(([name, value]) =>
    /^x-ratelimit-(.*-)?remaining$/i.test(name) && value !== undefined && /^\d+$/.test(value)
      ? [Math.min(maxRemaining, Number(value))]
      : [],
  );
  return {
    remaining: remaining.length === 0 ? undefined : Math.min(...remaining),
    retryAfterMs: retryAfterFromHeaders(headers, nowMs),
  };
}

/**
 * Milliseconds that the service asks to wait: the latest of `Retry-After` (seconds or a date), Property Manager's `X-RateLimit-Next` and the
 * `X-RateLimit-…-Reset` family of EdgeWorkers (ISO times). Undefined where it names no time.
 */
export function retryAfterFromHeaders(given: ResponseHeaders, nowMs: number): number | undefined {
  const headers = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const waits = [...headers].flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (name === "retry-after" && /^\d+$/.test(value.trim())) return [boundWait(Number(value) * 1000)];
    const limit = /^(x-ratelimit-.*)-reset$/.exec(name)?.[1];
    if (name !== "retry-after" && name !== "x-ratelimit-next" && limit === undefined) return [];
    // A limit that still has room is not the one that was hit: its reset may be a day away.
    if (name !== "retry-after" && Number(headers.get(`${limit ?? "x-ratelimit"}-remaining`) ?? 0) > 0)
      return [];
    const at = Date.parse(value);
    return Number.isNaN(at) ? [] : [boundWait(at - nowMs)];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** The same from a body, where EdgeWorkers names the time in words only: `Please try after 2024-01-16T15:20:55.945Z`. */
export function retryAfterFromBody(text: string, nowMs: number): number | undefined {
  const at = Date.parse(/\btry after (\d{4}-\d\d-\d\dT[\d:.]+Z)/.exec(text)?.[1] ?? "");
  return Number.isNaN(at) ? undefined : boundWait(at - nowMs);
}

const boundWait = (waitMs: number): number => Math.min(maxWaitMs, Math.max(0, waitMs));
