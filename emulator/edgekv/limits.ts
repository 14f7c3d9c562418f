import type { RequestContext } from "../service";
import { payloadTooLarge, rateLimitExceeded } from "./errors";

export const SANDBOX_RETENTION_SECONDS = 172_800;

/** How long after the request a namespace is deleted. The time can be moved, but not further away than this. */
export const SCHEDULED_DELETE_SECONDS = 259_200;
/** A scheduled delete can be cancelled until this long before its time. */
export const CANCEL_BEFORE_SECONDS = 300;

export const LISTED_ITEMS = 100;
/** The listing of groups is derived from this many items of a namespace. */
export const SAMPLED_ITEMS = 10_000;

export const NAMESPACES_PER_TOKEN = 20;
export const EDGEWORKER_IDS_PER_TOKEN = 8;
export const ENHANCED_EXPIRY = "9999-12-31";
export const REFRESH_MONTHS = 2;
export const LEGACY_EXPIRY_MONTHS = 6;
/** How long an expired token can still be listed, and counts. */
export const EXPIRED_TOKEN_SECONDS = 30 * 86_400;

/** The hits of the last second. */
export class RateWindow {
  #hits: number[] = [];

  /** Counts a hit; returns how many the last second had, with this one. */
  hit(now: number): number {
    this.#hits = this.#hits.filter((at) => at > now - 1000);
    this.#hits.push(now);
    return this.#hits.length;
  }
}

/** Checks that one more namespace fits on a network. */
export function assertNamespaceLimit({ account: { settings } }: RequestContext, count: number): void {
  const limit = settings.namespacesPerNetwork;
  if (count >= limit)
    throw payloadTooLarge(
      `Each account is allowed ${limit} namespaces. This limit has already been reached.`,
    );
}

/** Checks that one more access token fits into the account. */
export function assertTokenLimit({ account: { settings } }: RequestContext, count: number): void {
  const limit = settings.tokensPerAccount;
  if (count >= limit)
    throw payloadTooLarge(`Each account is allowed ${limit} tokens. This limit has already been reached.`);
}

export function assertValueLength({ account: { settings } }: RequestContext, value: Buffer): void {
  const limit = settings.itemValueCharacters;
  if (value.toString("utf8").length > limit)
    throw payloadTooLarge(`Value cannot exceed ${limit} characters.`);
}

/** Counts an item request, and checks that the last second had no more than the limit. */
export function assertItemRate(
  { account: { settings }, trafficAt }: RequestContext,
  window: RateWindow,
): void {
  const limit = settings.itemRatePerSecond;
  const hits = window.hit(trafficAt);
  if (hits > limit) throw rateLimitExceeded(hits, limit);
}
