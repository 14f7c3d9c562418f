/** The request log of a real run: one line for each attempt. It helps to see what a run does, and Akamai's support to find a request. */
import { printableJson, printablePart } from "../errors";

/** One attempt of a request, and how it ended. */
export interface RequestAttempt {
  /** Milliseconds since 1970 when it began. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** The status of the response, or the code of the error without one, such as `ECONNRESET`. */
  readonly outcome: number | string;
  /** From 1, over all repetitions of one request. */
  readonly attempt: number;
  /** What Akamai calls the request. */
  readonly requestId?: string | undefined;
}

/** Characters of a path with its query, and of the code of an error. */
const maxPathLength = 4000;
const maxCodeLength = 100;
/** Characters of a request id. */
const maxRequestIdLength = 200;

/** Query parameters that never get into the log. */
const secretParameters: ReadonlySet<string> = new Set(["accountSwitchKey"]);

/** A line of the log, without its end. Bodies, headers and credentials never get here. */
export function requestLogLine({
  beganMs,
  endedMs,
  method,
  path,
  query = {},
  outcome,
  attempt,
  requestId,
}: RequestAttempt): string {
  const shown = Object.entries(query).filter(([name]) => !secretParameters.has(name));
  const search = new URLSearchParams(shown).toString();
  const line = JSON.stringify({
    time: new Date(beganMs).toISOString(),
    method,
    path: printablePart(search === "" ? path : `${path}?${search}`, maxPathLength),
    ...(typeof outcome === "number" ? { status: outcome } : { error: printablePart(outcome, maxCodeLength) }),
    milliseconds: Math.round(endedMs - beganMs),
    attempt,
    ...(requestId === undefined ? {} : { requestId: printablePart(requestId, maxRequestIdLength) }),
  });
  return printableJson(line);
}
