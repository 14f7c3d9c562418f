/** The lifecycle of uploads. Their items are written at once, when the job ends. */
import { statusAfter, type Transitions } from "../../account/lifecycle";
import { getOrCreate, table } from "../../json";
import { type Lags, type Replicated, readPrimary, write } from "../../replication";
import { isDeleting } from "../namespaces";
import type { EdgeKvState, Item, Namespace } from "../state";
import type { UploadJob, UploadRecord } from "./uploadJob";

const TRANSITIONS: Transitions<string> = [
  ["STARTED", 0],
  ["IN_PROGRESS", 0.3],
];

/** A job is listed for so long after it was started. */
const RETAINED_SECONDS = 7 * 86_400;

export function statusOf(job: UploadJob, now: number): string {
  const { startedAt, endsAt, fails } = job;
  if (endsAt === null) return "STARTED";
  return statusAfter(TRANSITIONS, { startedAt, endsAt, outcome: fails ? "FAILED" : "COMPLETED" }, now).status;
}

export const hasEnded = ({ endsAt }: UploadJob, now: number): boolean => endsAt !== null && endsAt <= now;

/** The JSON of a job. */
export function viewOf(job: UploadJob, now: number, errors: UploadJob["errors"] | undefined): object {
  const counts = hasEnded(job, now) && { successesCount: job.successesCount, errorsCount: job.errors.length };
  return {
    jobId: job.jobId,
    jobType: "UPLOAD",
    jobStatus: statusOf(job, now),
    ...counts,
    ...(hasEnded(job, now) && errors !== undefined && { errors }),
  };
}

/** Writes the items of each upload that has ended, in the order of the ends. */
export function advanceUploads(state: EdgeKvState, now: number, lags: Lags): void {
  const jobs = state.uploads;
  if (jobs === undefined) return;
  const ended = Object.values(jobs).filter((job) => hasEnded(job, now) && job.records.length > 0);
  for (const job of ended.sort((a, b) => (a.endsAt ?? 0) - (b.endsAt ?? 0))) {
    const namespace = readPrimary(state.namespaces[job.network][job.namespace]);
    if (namespace === undefined || isDeleting(namespace)) {
      job.fails = true;
      job.successesCount = 0;
    }
    if (!job.fails && !job.dryRun && namespace !== undefined) writeRecords(state, job, namespace, lags);
    job.records = [];
  }
  for (const job of Object.values(jobs)) {
    const isOld = now - job.startedAt > RETAINED_SECONDS * 1000;
    if (isOld || readPrimary(state.namespaces[job.network][job.namespace]) === undefined)
      delete jobs[job.jobId];
  }
}

function writeRecords(state: EdgeKvState, job: UploadJob, namespace: Namespace, lags: Lags): void {
  const at = job.endsAt ?? 0;
  const groups = getOrCreate(
    state.items[job.network],
    job.namespace,
    table<Record<string, Replicated<Item>>>,
  );
  for (const record of job.records) {
    const items = getOrCreate(groups, record.group, table<Replicated<Item>>);
    write(
      getOrCreate(items, record.key, () => []),
      itemOf(record, namespace, at),
      at,
      lags.item,
    );
  }
}

function itemOf({ value, retentionInSeconds }: UploadRecord, namespace: Namespace, at: number): Item {
  const retention = retentionInSeconds ?? namespace.retentionInSeconds;
  return {
    value,
    encoding: "utf8",
    contentType: isJsonText(value) ? "application/json" : "text/plain",
    expiresAt: retention === 0 ? null : at + retention * 1000,
  };
}

/** CSV has no types: an object or a list counts as JSON. */
function isJsonText(value: string): boolean {
  if (!/^\s*[[{]/.test(value)) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
