import { z } from "zod";
import { randomBetween } from "../../prng";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { EdgeWorkersError } from "../errors";
import { bodyOf, created, NetworkName, numberParam, timestamp } from "../request";
import type { Logging } from "../state";
import { resolveEdgeWorker, resolveForWrite } from "./edgeWorkers";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] as const;
const TIMEOUT = "timeout must be an ISO 8601 time in UTC.";
const NewLogging = z.object({
  level: z.enum(LEVELS, { error: `level must be one of ${LEVELS.join(", ")}.` }),
  network: NetworkName,
  timeout: z.iso.datetime({ error: TIMEOUT }).nullish(),
  ds2Id: z.union([z.string(), z.int()], { error: "ds2Id must be a number." }).transform(String).nullish(),
});

/** A logging on its way to the network is PRESUBMIT, then COMPLETE, and EXPIRED once its time is over. */
function statusOf({ endsAt, timeout }: Logging, now: number): string {
  if (timeout !== undefined && Date.parse(timeout) <= now) return "EXPIRED";
  return now < endsAt ? "PRESUBMIT" : "COMPLETE";
}

const toJson = ({ now }: RequestContext, edgeWorkerId: number, logging: Logging, index: number) => ({
  edgeWorkerId,
  level: logging.level,
  schema: "v2",
  network: logging.network,
  loggingId: String(index + 1),
  ...(logging.ds2Id !== undefined && { ds2Id: logging.ds2Id }),
  createdTime: timestamp(logging.createdAt),
  ...(logging.timeout !== undefined && { timeout: logging.timeout }),
  lastModifiedBy: logging.createdBy,
  lastModifiedTime: timestamp(logging.createdAt),
  status: statusOf(logging, now),
});

function list(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW");
  return json(
    200,
    (data.loggings ?? []).map((logging, index) => toJson(context, edgeWorkerId, logging, index)),
  );
}

function get(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW");
  const number = numberParam(context, "loggingId");
  const logging = data.loggings?.[number - 1];
  if (logging === undefined)
    throw new EdgeWorkersError(404, "not-found", "Unable to find the requested logging");
  return json(200, toJson(context, edgeWorkerId, logging, number - 1));
}

function create(context: RequestContext): Response {
  const { account, now, lags, user } = context;
  const { edgeWorkerId, data } = resolveForWrite(context, "EDIT");
  const { level, network, timeout, ds2Id } = bodyOf(context, NewLogging);
  const logging: Logging = {
    level,
    network,
    ...(ds2Id && { ds2Id }),
    ...(timeout && { timeout }),
    createdBy: user,
    createdAt: now,
    endsAt: now + Math.round(randomBetween(account, lags.deployment) * 1000),
  };
  data.loggings = [...(data.loggings ?? []), logging];
  const number = data.loggings.length;
  return created(
    `/ids/${edgeWorkerId}/loggings/${number}`,
    toJson(context, edgeWorkerId, logging, number - 1),
  );
}

const LOGGINGS = "/ids/:edgeWorkerId/loggings";

export const loggings: readonly Route[] = [
  { method: "GET", path: LOGGINGS, access: "read", handle: list },
  { method: "POST", path: LOGGINGS, access: "write", handle: create },
  { method: "GET", path: `${LOGGINGS}/:loggingId`, access: "read", handle: get },
  {
    method: "GET",
    path: "/ids/:edgeWorkerId/active-customers",
    access: "read",
    // No ID of this account is shared with other customers.
    handle(context) {
      resolveEdgeWorker(context, "VIEW");
      return json(200, { activeCustomers: [] });
    },
  },
];
