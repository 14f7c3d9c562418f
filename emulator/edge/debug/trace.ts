import { readTraceToken } from "../../edgeworkers/traceTokens";
import type { SubRequestRecord } from "../request/subRequests";
import type { LogLine, Measured, Status } from "../runtime/protocol";
import { matchesWildcards } from "../wildcards";

/** One handler that ran, or would have. */
export interface EventRecord {
  readonly event: string;
  readonly edgeWorkerId: number;
  readonly version: string;
  readonly name: string;
  readonly tier: number;
  readonly status: Status;
  readonly message: string | undefined;
  readonly initialization: Measured;
  readonly measured: Measured;
  readonly logs: readonly LogLine[];
}

const PRAGMA: Readonly<Record<string, string>> = {
  onClientRequest: "akamai-x-ew-onclientrequest",
  onOriginRequest: "akamai-x-ew-onoriginrequest",
  onOriginResponse: "akamai-x-ew-onoriginresponse",
  onClientResponse: "akamai-x-ew-onclientresponse",
};

/** The debug headers of a response. */
export function debugHeaders(
  pragmas: ReadonlySet<string>,
  isTraced: boolean,
  events: readonly EventRecord[],
  subRequests: readonly SubRequestRecord[],
  logLevel: string | undefined,
): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const record of events) {
    if (!wants(pragmas, record.event)) continue;
    const name = record.event === "responseProvider" ? "ResponseProvider" : record.event;
    headers[`x-akamai-edgeworker-${name}-info`] = [infoOf(record, isTraced)];
    const log = isTraced ? logText(record.logs, logLevel) : "";
    if (log !== "") headers[`x-akamai-edgeworker-${record.event}-log`] = [log];
  }
  const [first] = events;
  if (isTraced && pragmas.has("akamai-x-ew-debug-subs") && subRequests.length > 0 && first !== undefined)
    headers["x-akamai-edgeworker-subrequests"] = [subRequestsText(first.edgeWorkerId, subRequests)];
  return headers;
}

const wants = (pragmas: ReadonlySet<string>, event: string): boolean =>
  event === "responseProvider"
    ? pragmas.has("akamai-x-ew-debug") || pragmas.has("akamai-x-ew-debug-rp")
    : pragmas.has("akamai-x-ew-debug") || pragmas.has(PRAGMA[event] ?? "");

/** Without a trace token only whether it succeeded. */
export function infoOf(record: EventRecord, isTraced: boolean): string {
  const { edgeWorkerId, version, name, status, message, tier, initialization, measured } = record;
  const start = `ew=${edgeWorkerId} v${version}:${name}; status=`;
  const isPlain = status === "Success" || status === "UnimplementedEventHandler";
  if (!isTraced) return printable(`${start}${isPlain ? status : "Failed"}`);
  const values = {
    status_msg: message === undefined ? "-" : message.trim().replace(/[\s;]+/g, "+"),
    res_tier: tier,
    init_wall_time: rounded(initialization.wallMs),
    wall_time: rounded(measured.wallMs),
    init_cpu_time: rounded(initialization.cpuMs),
    cpu_time: rounded(measured.cpuMs),
    memory_usage: measured.memoryBytes,
  };
  return printable(
    [`${start}${status}`, ...Object.entries(values).map(([key, value]) => `${key}=${value}`)].join("; "),
  );
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, (one) => encodeURIComponent(one));

const LEVELS = ["trace", "debug", "info", "warn", "error"];
const LETTERS: Readonly<Record<string, string>> = {
  log: "D",
  debug: "D",
  info: "I",
  warn: "W",
  error: "E",
  trace: "T",
};
const LOG_BYTES = 1024;

/** `D:main.js:4 text`, the further lines after `|`. A file is named where it differs from the line before. */
export function logText(lines: readonly LogLine[], level: string | undefined): string {
  const least = level === undefined ? 0 : LEVELS.indexOf(level);
  const shown = lines.filter((line) => LEVELS.indexOf(line.level === "log" ? "debug" : line.level) >= least);
  const parts = shown.map(({ level: own, file, line, text }, at) => {
    const same = shown[at - 1]?.file === file;
    return `${LETTERS[own]}:${same ? "" : file}:${line} ${printable(text).replaceAll("|", "%7C")}`;
  });
  return parts.join("|").slice(0, LOG_BYTES);
}

const SHORT: Readonly<Record<string, string>> = {
  onClientRequest: "CReq",
  onOriginRequest: "OReq",
  onOriginResponse: "ORsp",
  onClientResponse: "CRsp",
  responseProvider: "RP",
};

export const subRequestsText = (id: number, records: readonly SubRequestRecord[]): string =>
  records
    .map(({ event, id: number, method, url, status, milliseconds }) => {
      const time = rounded(milliseconds);
      return `ew=${id}; evt=${SHORT[event]}; id=${number}; method="${method}"; url="${url}"; rsp=${status}; dur=${time}; total_dur=${time}`;
    })
    .join(", ");

/** The words of the `Pragma` headers. */
export const pragmasOf = (values: readonly string[] | undefined): ReadonlySet<string> =>
  new Set((values ?? []).flatMap((line) => line.toLowerCase().split(",")).map((word) => word.trim()));

/** Whether a trace token of the emulator's allows details: signed by it, for the host, the path and the network, and not expired. */
export function isTraceToken(
  token: string | undefined,
  asked: {
    readonly host: string;
    readonly path: string;
    readonly network: string;
    readonly propertyId: number;
  },
  now: number,
): boolean {
  const claims = readTraceToken(token ?? "");
  if (claims === undefined) return false;
  const { exp, hostnames, propertyId, acl, network } = claims;
  const isHost = Array.isArray(hostnames)
    ? hostnames.includes("/*") || hostnames.includes(asked.host)
    : String(propertyId).replace(/^prp_/, "") === String(asked.propertyId);
  const isNetwork = network === undefined || String(network).toLowerCase() === asked.network;
  return (
    Number(exp) * 1000 > now &&
    isHost &&
    isNetwork &&
    matchesWildcards(String(acl ?? "/*"), asked.path, false)
  );
}
