import { createHash } from "node:crypto";
import { getOrCreate } from "../../json";
import { shuffle } from "../../prng";
import { readPrimary, readReplica, write } from "../../replication";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { invalidArgument, notFound } from "../errors";
import { assertCountLimit, countOperation } from "../limits";
import { created, timestamp } from "../request";
import type { EdgeWorkerData, Version } from "../state";
import { tombstone } from "../tombstones";
import { type Bundle, findingsOf, readBundle } from "../validation/bundle";
import { UPLOAD_CODES } from "../validation/findings";
import { deleteRejected, inUse, resolveEdgeWorker, resolveForWrite } from "./edgeWorkers";

const toJson = ({ account }: RequestContext, version: Version, edgeWorkerId: number) => ({
  edgeWorkerId,
  version: version.version,
  accountId: account.accountId,
  checksum: version.checksum,
  sequenceNumber: version.sequenceNumber,
  createdBy: version.createdBy,
  createdTime: timestamp(version.createdAt),
});

/** A version that the replica of the request shows, and that is not deleted. */
export function visibleVersion(context: RequestContext, data: EdgeWorkerData, name: string): Version {
  const version = readReplica(data.versions[name], context.replica);
  if (version === undefined || readPrimary(data.versions[name]) === undefined) throw noSuchVersion();
  return version;
}

const noSuchVersion = () => notFound("EW2003", "Unable to find the requested version");

function upload(context: RequestContext, bundle: Bundle): Response {
  const { account, now, lags, user, body } = context;
  const { edgeWorkerId, data } = resolveForWrite(context, "CREATE_VERSION");
  const wrong = findingsOf(bundle, account, now).errors[0];
  if (wrong) throw invalidArgument(wrong.message, UPLOAD_CODES[wrong.type]);
  const { version } = bundle;
  const checksum = createHash("sha256").update(body).digest("hex");
  if (version === undefined || data.usedVersions.includes(version)) {
    throw invalidArgument(`Version ${version} already exists for EdgeWorker ID ${edgeWorkerId}`, "EW1011");
  }
  const existing = Object.values(data.versions).flatMap((replicated) => readPrimary(replicated) ?? []);
  const duplicate = existing.find((other) => other.checksum === checksum);
  if (duplicate && account.settings.refuseSameChecksum) {
    throw invalidArgument(
      `Version ${duplicate.version} of EdgeWorker ID ${edgeWorkerId} already has this content`,
      "EW1011",
    );
  }
  const detail = "The limit of versions of this EdgeWorker ID has been reached.";
  const room = assertCountLimit(
    "X-Limit-Version-Per-Ew-Id",
    account.settings.versionsPerEdgeWorker,
    existing.length,
    "EW3003",
    detail,
  );
  const headers = { ...room, ...countOperation(context, "version") };
  data.usedVersions.push(version);
  const uploaded: Version = {
    version,
    checksum,
    sequenceNumber: data.usedVersions.length,
    createdBy: user,
    createdAt: now,
    content: body.toString("base64"),
    ...(bundle.dependencies !== undefined && { dependencies: { ...bundle.dependencies } }),
  };
  write(
    getOrCreate(data.versions, version, () => []),
    uploaded,
    now,
    lags.object,
  );
  return created(
    `/ids/${edgeWorkerId}/versions/${encodeURIComponent(version)}`,
    toJson(context, uploaded, edgeWorkerId),
    headers,
  );
}

function list(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW_VERSION");
  const found = Object.values(data.versions).flatMap(
    (replicated) => readReplica(replicated, context.replica) ?? [],
  );
  return json(200, {
    versions: shuffle(context.account, found).map((version) => toJson(context, version, edgeWorkerId)),
  });
}

/** The version that the path names, as the replica of the request shows it. */
function resolveNamed(context: RequestContext) {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW_VERSION");
  const version = readReplica(data.versions[param(context, "version")], context.replica);
  if (version === undefined) throw noSuchVersion();
  return { edgeWorkerId, version };
}

function get(context: RequestContext): Response {
  const { edgeWorkerId, version } = resolveNamed(context);
  return json(200, toJson(context, version, edgeWorkerId));
}

const download = (context: RequestContext): Response => ({
  status: 200,
  contentType: "application/gzip",
  body: Buffer.from(resolveNamed(context).version.content, "base64"),
});

const UNABLE = "Unable to delete the version provided";

function remove(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveForWrite(context, "DELETE_VERSION");
  const name = param(context, "version");
  const replicated = data.versions[name];
  if (replicated === undefined || readPrimary(replicated) === undefined) throw notFound("EW2002", UNABLE);
  const reason = inUse(data, context.now, name);
  if (reason !== undefined) throw deleteRejected(context, UNABLE, reason);
  const { account, now, lags } = context;
  tombstone(account.edgeworkers, replicated, { id: String(edgeWorkerId), version: name }, now, lags.object);
  return { status: 204 };
}

const VERSIONS = "/ids/:edgeWorkerId/versions";

export const versions: readonly Route[] = [
  { method: "GET", path: VERSIONS, access: "read", handle: list },
  {
    method: "POST",
    path: VERSIONS,
    access: "write",
    opaqueBody: "digest",
    async prepare(body, settings) {
      const bundle = await readBundle(body, settings);
      return (context) => upload(context, bundle);
    },
  },
  { method: "GET", path: `${VERSIONS}/:version`, access: "read", handle: get },
  { method: "GET", path: `${VERSIONS}/:version/content`, access: "read", handle: download },
  { method: "DELETE", path: `${VERSIONS}/:version`, access: "write", handle: remove },
];
