import type { EmulatorSettings } from "../account/settings";
import { getOrCreate } from "../json";
import type { RequestContext } from "../service";
import { EdgeWorkersError, PlainTextLimit } from "./errors";
import type { Network } from "./state";

export const DESCRIPTION_CHARACTERS = 128;
/** A token that expires within this time causes a warning. */
export const EXPIRES_SOON_SECONDS = 30 * 86_400;

const MINUTE = 60;
const DAY = 86_400;

/** The settings that are numbers. */
type Limit = {
  [Name in keyof EmulatorSettings]: EmulatorSettings[Name] extends number ? Name : never;
}[keyof EmulatorSettings];

interface Rate {
  /** The common start of the headers' names. */
  readonly header: string;
  readonly seconds: number;
  readonly limit: Limit;
  /** Each network is counted by itself. */
  readonly perNetwork?: true;
  readonly error?: { code: string; detail: string };
}

/** By operation. */
const RATES = {
  id: [
    { header: "X-RateLimit-Ew-Id-Per-Minute", seconds: MINUTE, limit: "edgeWorkerIdsPerMinute" },
    { header: "X-RateLimit-Ew-Id-Per-Day", seconds: DAY, limit: "edgeWorkerIdsPerDay" },
  ],
  version: [{ header: "X-RateLimit-Version-Per-Minute", seconds: MINUTE, limit: "versionsPerMinute" }],
  activation: [
    {
      header: "X-RateLimit-Activation-Per-Network-Per-Minute",
      seconds: MINUTE,
      limit: "activationsPerMinute",
      perNetwork: true,
      error: {
        code: "EW3101",
        detail: "The limit of activations per minute on this network has been reached.",
      },
    },
    {
      header: "X-RateLimit-Activation-Per-Day",
      seconds: DAY,
      limit: "activationsPerDay",
      error: { code: "EW3102", detail: "The limit of activations per day has been reached." },
    },
  ],
  deactivation: [
    {
      header: "X-RateLimit-Deactivation-Per-Network-Per-Minute",
      seconds: MINUTE,
      limit: "deactivationsPerMinute",
      perNetwork: true,
    },
    { header: "X-RateLimit-Deactivation-Per-Day", seconds: DAY, limit: "deactivationsPerDay" },
  ],
} satisfies Record<string, readonly Rate[]>;

type Operation = keyof typeof RATES;

/**
 * Counts an operation, or throws 429 when it exceeds a limit. Returns the headers with what remains. Unlike the traffic
 * of items, it always runs on the emulator's time: nobody waits a day of real time for a limit of a day.
 */
export function countOperation(
  { account, now }: RequestContext,
  operation: Operation,
  network?: Network,
): Record<string, string> {
  const { hits } = account.edgeworkers;
  const keyOf = ({ perNetwork }: Rate) => (perNetwork && network ? `${operation} ${network}` : operation);
  const windows = (RATES[operation] as readonly Rate[]).map((rate) => ({
    rate,
    limit: account.settings[rate.limit],
    times: (hits[keyOf(rate)] ?? []).filter((at) => at > now - rate.seconds * 1000),
  }));
  const full = windows.find(({ limit, times }) => times.length >= limit);
  if (full === undefined) {
    for (const key of new Set(windows.map(({ rate }) => keyOf(rate)))) {
      const times = getOrCreate(hits, key, () => []);
      hits[key] = [...times.filter((at) => at > now - DAY * 1000), now];
    }
    for (const { times } of windows) times.push(now);
  }
  const headers = Object.assign(
    {},
    ...windows.map(({ rate, limit, times }) => ({
      ...limitHeaders(rate.header, limit, times.length),
      [`${rate.header}-Reset`]: new Date((times.at(-1) ?? now) + rate.seconds * 1000).toISOString(),
    })),
  );
  if (full === undefined) return headers;
  const { code, detail } = full.rate.error ?? {};
  if (code !== undefined && detail !== undefined && !account.settings.plainTextLimits) {
    throw new EdgeWorkersError(429, "too-many-requests", detail, code, headers);
  }
  const oldest = full.times.at(-full.limit) ?? now;
  throw new PlainTextLimit(oldest + full.rate.seconds * 1000, headers);
}

const limitHeaders = (header: string, limit: number, used: number): Record<string, string> => ({
  [`${header}-Limit`]: String(limit),
  [`${header}-Remaining`]: String(Math.max(0, limit - used)),
});

/** Checks a limit of number. Returns the headers with what remains after one more. */
export function assertCountLimit(
  header: string,
  limit: number,
  used: number,
  code: string,
  detail: string,
): Record<string, string> {
  if (used >= limit)
    throw new EdgeWorkersError(429, "too-many-requests", detail, code, limitHeaders(header, limit, used));
  return limitHeaders(header, limit, used + 1);
}

/** The body of `GET /limits`. */
export const limitsResponse = ({ account: { settings } }: RequestContext) => [
  {
    limitId: "ew-id-per-account-limit",
    limitName: "Maximum number of EdgeWorker IDs per account",
    limitValue: settings.edgeWorkerIds,
  },
  {
    limitId: "version-per-ew-id-limit",
    limitName: "Maximum number of versions per EdgeWorker ID",
    limitValue: settings.versionsPerEdgeWorker,
  },
  {
    limitId: "activation-per-network-per-minute-limit",
    limitName: "Maximum number of activations each minute on a network per account",
    limitValue: settings.activationsPerMinute,
  },
  {
    limitId: "activation-per-day-limit",
    limitName: "Maximum number of activations each day per account",
    limitValue: settings.activationsPerDay,
  },
];
