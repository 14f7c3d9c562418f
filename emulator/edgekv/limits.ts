import { z } from "zod";

export const NETWORKS = ["staging", "production"] as const;
export type Network = (typeof NETWORKS)[number];

export const DEFAULT_NAMESPACE = "default";
/** Six months, the fixed retention of the namespace `default`. */
export const DEFAULT_RETENTION_SECONDS = 15_724_800;
export const SANDBOX_RETENTION_SECONDS = 172_800;

/** A namespace is deleted so long after the request; the time can be moved, but not further away than this. */
export const SCHEDULED_DELETE_SECONDS = 259_200;
/** A scheduled delete can be cancelled until so long before. */
export const CANCEL_BEFORE_SECONDS = 300;

export const LISTED_ITEMS = 100;
/** The groups of a namespace are found by looking at so many items. */
export const SAMPLED_ITEMS = 10_000;

export const NAMESPACES_PER_TOKEN = 20;
export const EDGEWORKER_IDS_PER_TOKEN = 8;
export const ENHANCED_EXPIRY = "9999-12-31";
export const REFRESH_MONTHS = 2;
export const LEGACY_EXPIRY_MONTHS = 6;
/** An expired token can still be listed, and counts, for so long. */
export const EXPIRED_TOKEN_SECONDS = 30 * 86_400;

export const NAMESPACE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/;
export const TOKEN_NAME = /^[A-Za-z0-9_-]{1,32}$/;
export const GROUP_NAME = /^[A-Za-z0-9_-]{1,128}$/;
export const ITEM_KEY = /^[A-Za-z0-9_-]{1,512}$/;
export const SANDBOX_ID = /^[A-Za-z0-9_-]+$/;

const RETENTION = "Retention period must be 0, or between 86400 and 315360000 seconds.";

/** Seconds: 0 (for ever), or one day to ten years. */
export const RetentionInSeconds = z
  .int({ error: ({ input }) => (input === undefined || input === null ? "Retention period must be specified." : RETENTION) })
  .refine((seconds) => seconds === 0 || (seconds >= 86_400 && seconds <= 315_360_000), { error: RETENTION });

export const GroupId = z
  .int({ error: "Group ID must be an integer of at least 0." })
  .min(0, { error: "Group ID must be an integer of at least 0." });

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
