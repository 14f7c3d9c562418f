import { z } from "zod";
import { readReplica, write } from "../../replication";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { EdgeKvError, invalid, notFound } from "../errors";
import { CANCEL_BEFORE_SECONDS, SCHEDULED_DELETE_SECONDS } from "../limits";
import { isDeleting, resolveForDelete, scheduleDelete } from "../namespaces";
import { assertInitialized, bodyOf } from "../request";

const PATH = "/networks/:network/namespaces/:namespaceId/status/scheduled-delete";

const notScheduled = (name: string) => notFound(`Namespace ${name} is not scheduled for deletion.`);

const schedule = (scheduledDeleteTime: string, now: number): Response =>
  json(
    200,
    { scheduledDeleteTime },
    { "Retry-After": String(Math.max(0, Math.ceil((Date.parse(scheduledDeleteTime) - now) / 1000))) },
  );

function get(context: RequestContext): Response {
  assertInitialized(context);
  const { name, replicated } = resolveForDelete(context, "VIEW");
  const scheduledDeleteTime = readReplica(replicated, context.replica)?.scheduledDeleteTime;
  if (scheduledDeleteTime === undefined) throw notScheduled(name);
  return schedule(scheduledDeleteTime, context.now);
}

const Schedule = z.object({
  scheduledDeleteTime: z.iso.datetime({ error: "scheduledDeleteTime must be an ISO 8601 time in UTC." }),
});

function reschedule(context: RequestContext): Response {
  assertInitialized(context);
  const found = resolveForDelete(context);
  const { scheduledDeleteTime } = bodyOf(context, Schedule);
  if (!isDeleting(found.existing)) throw notScheduled(found.name);
  const time = Date.parse(scheduledDeleteTime);
  if (time < context.now) throw invalid("scheduledDeleteTime must not be in the past.");
  if (time > context.now + SCHEDULED_DELETE_SECONDS * 1000) {
    throw invalid(`scheduledDeleteTime must not be more than ${SCHEDULED_DELETE_SECONDS} seconds away.`);
  }
  scheduleDelete(context, found, scheduledDeleteTime);
  return schedule(scheduledDeleteTime, context.now);
}

function cancel(context: RequestContext): Response {
  assertInitialized(context);
  const { name, replicated, existing } = resolveForDelete(context);
  const { scheduledDeleteTime, ...rest } = existing;
  if (scheduledDeleteTime === undefined) throw notScheduled(name);
  if (Date.parse(scheduledDeleteTime) - context.now < CANCEL_BEFORE_SECONDS * 1000) {
    throw new EdgeKvError(
      400,
      "EKV_3000",
      "A scheduled delete can only be cancelled until 5 minutes before its time.",
    );
  }
  write(replicated, { ...rest, namespaceStatus: "READY" }, context.now, context.lags.change);
  return { status: 204 };
}

export const scheduledDeletes: readonly Route[] = [
  { method: "GET", path: PATH, access: "read", handle: get },
  { method: "PUT", path: PATH, access: "write", handle: reschedule },
  { method: "DELETE", path: PATH, access: "write", handle: cancel },
];
