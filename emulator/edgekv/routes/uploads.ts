import { getOrCreate, table } from "../../json";
import { randomBetween, randomUuid } from "../../prng";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { assertCapability, capability } from "../access";
import { hasEnded, statusOf, viewOf } from "../bulk/jobs";
import { isTrue, maxItemsOf, readUpload } from "../bulk/readUpload";
import type { UploadJob } from "../bulk/uploadJob";
import { conflict, invalid, notFound } from "../errors";
import { openNamespace } from "../namespaces";
import { assertInitialized, networkOf } from "../request";

const NAMESPACE = "/networks/:network/namespaces/:namespaceId";
/** Errors of a job that are shown unless the request asks for another number. */
const SHOWN_ERRORS = 100;

/** The namespace of the path, for a client with the capability for its data. */
function target(context: RequestContext, verb: "READ" | "WRITE") {
  assertInitialized(context);
  const network = networkOf(context);
  if (context.query.sandboxId !== undefined) throw invalid("This endpoint does not support Sandbox.");
  const { namespace, groupId } = openNamespace(context, network);
  assertCapability(context, groupId, capability(verb, "DATA", network));
  return { network, namespace };
}

/** The jobs of the namespace, the newest first. */
function jobsOf(context: RequestContext, verb: "READ" | "WRITE" = "READ"): UploadJob[] {
  const { network, namespace } = target(context, verb);
  return Object.values(context.account.edgekv.uploads ?? {})
    .filter((job) => job.network === network && job.namespace === namespace)
    .sort((a, b) => b.startedAt - a.startedAt);
}

function upload(context: RequestContext): Response {
  const { account, now, lags, query } = context;
  const { settings, edgekv } = account;
  const { network, namespace } = target(context, "WRITE");
  const running = jobsOf(context, "WRITE").filter((job) => !hasEnded(job, now));
  if (running.length >= settings.uploadsAtOnce)
    throw conflict(`The namespace has ${running.length} uploads already. Please try again later.`);
  const { records, errors } = readUpload(context);
  const seconds = randomBetween(account, lags.upload) + lags.upload.min * (records.length / 100_000);
  const [isStalled, fails] = [settings.stallUploads > 0, settings.failUploads > 0];
  if (isStalled) settings.stallUploads -= 1;
  else if (fails) settings.failUploads -= 1;
  const job: UploadJob = {
    jobId: randomUuid(account),
    network,
    namespace,
    dryRun: isTrue(query.dryRun),
    startedAt: now,
    endsAt: isStalled ? null : now + seconds * 1000,
    fails: fails && !isStalled,
    records,
    successesCount: fails && !isStalled ? 0 : records.length,
    errors,
  };
  edgekv.uploads ??= table<UploadJob>();
  getOrCreate(edgekv.uploads, job.jobId, () => job);
  const { jobId } = job;
  return json(
    202,
    { jobType: "UPLOAD", jobStatus: "STARTED", jobId },
    { Location: `/edgekv/v1/networks/${network}/namespaces/${namespace}/jobs/${jobId}` },
  );
}

const list = (context: RequestContext): Response =>
  json(200, {
    jobs: jobsOf(context).map((job) => ({
      jobId: job.jobId,
      jobType: "UPLOAD",
      jobStatus: statusOf(job, context.now),
    })),
  });

/** 207 once the job has ended and items failed. */
function show(context: RequestContext): Response {
  const jobId = param(context, "jobId");
  const job = jobsOf(context).find((one) => one.jobId === jobId);
  if (job === undefined) throw notFound(`Job with ID ${jobId} does not exist.`);
  const shown = maxItemsOf(context, SHOWN_ERRORS);
  const errors = isTrue(context.query.includeErrors) ? job.errors.slice(0, shown) : undefined;
  const isPartial = hasEnded(job, context.now) && job.errors.length > 0;
  return json(isPartial ? 207 : 200, viewOf(job, context.now, errors));
}

/** Many items in one request, and the jobs that write them. */
export const uploads: readonly Route[] = [
  { method: "POST", path: `${NAMESPACE}/upload`, access: "write", opaqueBody: "size", handle: upload },
  { method: "GET", path: `${NAMESPACE}/upload`, access: "read", handle: list },
  { method: "GET", path: `${NAMESPACE}/jobs/:jobId`, access: "read", handle: show },
];
