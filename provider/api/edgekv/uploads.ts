/** Many items in one request. A job writes them, and names those that it could not write. */
import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";
import type { Network } from "./namespaces";

export interface NamespaceRef {
  readonly network: Network;
  readonly namespace: string;
}

/** The path of a namespace's data. */
export const dataPath = ({ network, namespace }: NamespaceRef) =>
  `/edgekv/v1/networks/${network}/namespaces/${encodeURIComponent(namespace)}`;

const Text = z.union([z.string(), z.number()]).transform(String);
const Count = z.coerce.number().int().nonnegative();
const JobView = z.object({
  jobStatus: z.string(),
  successesCount: Count.nullish(),
  errorsCount: Count.nullish(),
  errors: z.array(z.object({ failureRecord: z.unknown(), message: z.string().nullish() })).nullish(),
});

/** A record that a job could not write. */
export interface UploadFailure {
  /** Undefined when the service does not name the record in a known form. */
  readonly item: { readonly group: string; readonly key: string } | undefined;
  readonly message: string;
}

export interface Upload {
  /** As the service calls it, such as `COMPLETED`. */
  readonly status: string;
  readonly is: "pending" | "completed" | "failed";
  readonly successes: number;
  readonly errors: number;
  readonly failures: readonly UploadFailure[];
}

/**
 * Starts an upload, and returns the id of its job. Items are written idempotently, so it may be sent again.
 * @param csv records of group, key, value, packed with gzip
 */
export async function startUpload(http: HttpClient, ref: NamespaceRef, csv: Uint8Array): Promise<string> {
  const reply = await http.send({
    method: "POST",
    path: `${dataPath(ref)}/upload`,
    raw: { contentType: "text/csv", bytes: csv },
    headers: { "content-encoding": "gzip" },
    accept: "*/*",
  });
  const path = reply.headers.location?.split(/[?#]/)[0];
  const located = /\/jobs\/([^/]+)$/.exec(path ?? "")?.[1];
  return located === undefined ? reply.as(z.object({ jobId: Text })).jobId : decodeURIComponent(located);
}

/** @param maxErrors failures to name at most; none are named without it */
export async function readUpload(
  http: HttpClient,
  ref: NamespaceRef,
  jobId: string,
  maxErrors?: number,
): Promise<Upload> {
  const query: Record<string, string> =
    maxErrors === undefined ? {} : { includeErrors: "true", maxItems: String(Math.max(1, maxErrors)) };
  const reply = await http.send({
    method: "GET",
    path: `${dataPath(ref)}/jobs/${encodeURIComponent(jobId)}`,
    query,
  });
  const { jobStatus, successesCount, errorsCount, errors } = reply.as(JobView);
  return {
    status: jobStatus,
    is: endOf(jobStatus),
    successes: successesCount ?? 0,
    errors: errorsCount ?? errors?.length ?? 0,
    failures: (errors ?? []).map(({ failureRecord, message }) => ({
      item: itemOf(failureRecord),
      message: message ?? "the job gives no reason",
    })),
  };
}

/** The ids of uploads that have not ended. */
export async function listPendingUploads(http: HttpClient, ref: NamespaceRef): Promise<string[]> {
  const reply = await http.send({ method: "GET", path: `${dataPath(ref)}/upload` });
  const { jobs } = reply.as(z.object({ jobs: z.array(z.object({ jobId: Text, jobStatus: z.string() })) }));
  return jobs.filter(({ jobStatus }) => endOf(jobStatus) === "pending").map(({ jobId }) => jobId);
}

/** A state that is not known counts as one on the way: what was not written is found by reading it. */
function endOf(status: string): Upload["is"] {
  if (/^(COMPLETE|SUCCE|FINISHED|DONE)/i.test(status)) return "completed";
  return /^(FAIL|ERROR|ABORT|CANCEL|REJECT|EXPIRED)/i.test(status) ? "failed" : "pending";
}

/** A record comes as its line, as a list of its fields, or as an object. */
function itemOf(record: unknown): UploadFailure["item"] {
  if (typeof record === "string") return itemOfFields(record.split(",").map(unquoted));
  if (Array.isArray(record)) return itemOfFields(record);
  if (typeof record !== "object" || record === null) return undefined;
  const { groupId, itemId } = record as { readonly groupId?: unknown; readonly itemId?: unknown };
  return itemOfFields([groupId, itemId]);
}

/** Names of groups and keys hold no quotation marks, but any field may stand in them. */
const unquoted = (field: string): string => field.trim().replace(/^"(.*)"$/, "$1");

function itemOfFields([group, key]: readonly unknown[]): UploadFailure["item"] {
  return typeof group === "string" && typeof key === "string" ? { group, key } : undefined;
}

/** The service has no such endpoint, or takes no such body: its shape is not documented. */
export function isBulkUnavailable(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.is(404)) return error.code !== "EKV_9000";
  return [405, 406, 415, 501].includes(error.status);
}
