import { json, type RequestContext, type Response, type Route } from "../../service";
import { badRequest, EdgeWorkersError } from "../errors";
import { numberParam } from "../request";

const byHandler = (what: string) => `${what}, grouped by EdgeWorker ID and event handler.`;

const REPORTS = [
  ["Overall summary", "Invocations, durations and memory of one EdgeWorker."],
  ["Initialization and execution times by EdgeWorker ID and event handler", byHandler("Times")],
  ["Execution statuses by EdgeWorker ID and event handler", byHandler("Statuses")],
  ["Memory usage by EdgeWorker ID and event handler", byHandler("Memory")],
  [
    "Initialization and execution times with percentiles by EdgeWorker ID and event handler",
    byHandler("Times with percentiles"),
  ],
  ["Memory usage with percentiles by EdgeWorker ID and event handler", byHandler("Memory with percentiles")],
  ["Sub-requests", "The number of sub-requests."],
].map(([name, description], index) => ({ reportId: index + 1, name, description }));

const STATUSES = [
  "success",
  "genericError",
  "unknownEdgeWorkerId",
  "unimplementedEventHandler",
  "runtimeError",
  "executionError",
  "timeoutError",
  "resourceLimitHit",
  "cpuTimeoutError",
  "wallTimeoutError",
  "initCpuTimeoutError",
  "initWallTimeoutError",
];
const HANDLERS = [
  "onClientRequest",
  "onOriginRequest",
  "onOriginResponse",
  "onClientResponse",
  "responseProvider",
];

const NOTHING = Object.fromEntries(
  [
    "avg",
    "min",
    "max",
    "twentyFivePercentile",
    "fiftyPercentile",
    "seventyFivePercentile",
    "ninetyFivePercentile",
    "ninetyNinePercentile",
  ].map((name) => [name, 0]),
);
const NONE = { total: 0 };

/** No code runs here, so every number is 0, and no event handler has data. */
const SUMMARY = {
  invocations: NONE,
  successes: NONE,
  errors: NONE,
  initDuration: NOTHING,
  execDuration: NOTHING,
  memory: NOTHING,
};

const PERCENTILES = Object.fromEntries(
  Object.entries(NOTHING).filter(([name]) => name.endsWith("Percentile")),
);
const statisticsOf = (...names: string[]) =>
  Object.fromEntries([...names, ...HANDLERS].map((name) => [name, PERCENTILES]));

/** By report id: one has a summary, the last one a count, and the others a list with an entry for the EdgeWorker. */
function dataOf(reportId: number, edgeWorkerId: number): { data: object; summaryStatistics?: object } {
  if (reportId === 1) return { data: SUMMARY };
  if (reportId === 7) return { data: { subRequests: NONE } };
  const data = [{ edgeWorkerId, data: {} }];
  if (reportId === 5) return { data, summaryStatistics: statisticsOf("init", "totalExecTime") };
  if (reportId === 6) return { data, summaryStatistics: statisticsOf("totalMemoryUsage") };
  return { data };
}

/** `42`, or `42-1.0` for a version. */
function edgeWorkerQuery({ query }: RequestContext): number {
  if (!query.edgeWorker) throw badRequest("edgeWorker must be specified.");
  const id = /^([1-9]\d{0,14})(-.+)?$/.exec(query.edgeWorker)?.[1];
  if (id === undefined) throw badRequest("edgeWorker must be an EdgeWorker ID, or an ID and a version.");
  return Number(id);
}

function timeQuery({ query }: RequestContext, name: string): string | undefined {
  const text = query[name];
  if (text !== undefined && Number.isNaN(Date.parse(text)))
    throw badRequest(`${name} must be an ISO 8601 time.`);
  return text;
}

function assertOneOf({ query }: RequestContext, name: string, values: readonly string[]): void {
  const text = query[name];
  if (text !== undefined && !values.includes(text))
    throw badRequest(`${name} must be one of ${values.join(", ")}.`);
}

function get(context: RequestContext): Response {
  const report = REPORTS.find(({ reportId }) => reportId === numberParam(context, "reportId"));
  if (report === undefined)
    throw new EdgeWorkersError(404, "not-found", "Unable to find the requested report");
  const start = timeQuery(context, "start");
  const end = timeQuery(context, "end") ?? new Date(context.now).toISOString();
  if (start === undefined) throw badRequest("start must be specified.");
  if (Date.parse(start) > Date.parse(end)) throw badRequest("start must not be after end.");
  const edgeWorkerId = edgeWorkerQuery(context);
  assertOneOf(context, "status", STATUSES);
  assertOneOf(context, "eventHandler", HANDLERS);
  return json(200, { ...report, start, end, ...dataOf(report.reportId, edgeWorkerId) });
}

export const reports: readonly Route[] = [
  { method: "GET", path: "/reports", access: "read", handle: () => json(200, { reports: REPORTS }) },
  { method: "GET", path: "/reports/:reportId", access: "read", handle: get },
];
