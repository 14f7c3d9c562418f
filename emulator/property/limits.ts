/** Limits that are the same for every account. */
export const VERSIONS_LISTED = 500;
/** How long after an activation a fast fallback is possible. */
export const FAST_FALLBACK_SECONDS = 3600;
/** The longest time that it takes. */
export const FAST_FALLBACK_TAKES_SECONDS = 5;

/** The budget after a request: whole requests that remain, and when the next one is allowed (milliseconds). */
export interface Budget {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly next: number;
}

/** A bucket of requests that refills steadily. */
export class RequestBudget {
  #left: number | undefined;
  #at = 0;

  take(now: number, perMinute: number, burst: number): Budget {
    const refilled = this.#left === undefined ? burst : this.#left + ((now - this.#at) * perMinute) / 60_000;
    const available = Math.min(burst, refilled);
    const allowed = available >= 1;
    const left = allowed ? available - 1 : available;
    this.#left = left;
    this.#at = now;
    const next =
      left >= 1 ? now : perMinute === 0 ? now + 60_000 : now + Math.ceil(((1 - left) * 60_000) / perMinute);
    return { allowed, remaining: Math.floor(left), next };
  }
}
