import { createHash } from "node:crypto";
import { member } from "../../json";
import { latest, shuffle, visible, write } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
import { invalidArgument, notFound } from "../errors";
import { admit, demandRoom } from "../limits";
import { created, param, timestamp } from "../request";
import type { Belongings, Version } from "../state";
import { type Bundle, findingsOf, readBundle } from "../validation/bundle";
import { UPLOAD_CODES } from "../validation/findings";
import { changeable, inUse, target, undeletable } from "./edgeWorkers";

const shown = (version: Version, edgeWorkerId: number, { account }: Call) => ({
  edgeWorkerId,
  version: version.version,
  accountId: account.accountId,
  checksum: version.checksum,
  sequenceNumber: version.sequenceNumber,
  createdBy: version.createdBy,
  createdTime: timestamp(version.createdAt),
});

/** A version that the replica of the request knows and that was not deleted. */
export function seenVersion(call: Call, own: Belongings, name: string): Version {
  const version = visible(own.versions[name], call.view);
  if (version === undefined || latest(own.versions[name]) === undefined) throw noSuchVersion();
  return version;
}

const noSuchVersion = () => notFound("EW2003", "Unable to find the requested version");

function upload(call: Call, bundle: Bundle): Answer {
  const { account, now, lags, user, body } = call;
  const { edgeWorkerId, own } = changeable(call, "CREATE_VERSION");
  const wrong = findingsOf(bundle, account, now).errors[0];
  if (wrong) throw invalidArgument(wrong.message, UPLOAD_CODES[wrong.type]);
  const { version } = bundle;
  const checksum = createHash("sha256").update(body).digest("hex");
  if (version === undefined || own.usedVersions.includes(version)) {
    throw invalidArgument(`Version ${version} already exists for EdgeWorker ID ${edgeWorkerId}`, "EW1011");
  }
  const existing = Object.values(own.versions).flatMap((states) => latest(states) ?? []);
  const twin = existing.find((other) => other.checksum === checksum);
  if (twin && account.settings.refuseSameChecksum) {
    throw invalidArgument(`Version ${twin.version} of EdgeWorker ID ${edgeWorkerId} already has this content`, "EW1011");
  }
  const detail = "The limit of versions of this EdgeWorker ID has been reached.";
  const room = demandRoom("X-Limit-Version-Per-Ew-Id", account.settings.versionsPerEdgeWorker, existing.length, "EW3003", detail);
  const headers = { ...room, ...admit(call, "version") };
  own.usedVersions.push(version);
  const uploaded: Version = {
    version,
    checksum,
    sequenceNumber: own.usedVersions.length,
    createdBy: user,
    createdAt: now,
    content: body.toString("base64"),
  };
  write(
    member(own.versions, version, () => []),
    uploaded,
    now,
    lags.object,
  );
  return created(`/ids/${edgeWorkerId}/versions/${encodeURIComponent(version)}`, shown(uploaded, edgeWorkerId, call), headers);
}

function list(call: Call): Answer {
  const { edgeWorkerId, own } = target(call, "VIEW_VERSION");
  const found = Object.values(own.versions).flatMap((states) => visible(states, call.view) ?? []);
  return json(200, { versions: shuffle(call.account, found).map((version) => shown(version, edgeWorkerId, call)) });
}

/** The version that the path names, as the replica of the request shows it. */
function named(call: Call) {
  const { edgeWorkerId, own } = target(call, "VIEW_VERSION");
  const version = visible(own.versions[param(call, "version")], call.view);
  if (version === undefined) throw noSuchVersion();
  return { edgeWorkerId, version };
}

function get(call: Call): Answer {
  const { edgeWorkerId, version } = named(call);
  return json(200, shown(version, edgeWorkerId, call));
}

const download = (call: Call): Answer => ({
  status: 200,
  contentType: "application/gzip",
  body: Buffer.from(named(call).version.content, "base64"),
});

const UNABLE = "Unable to delete the version provided";

function remove(call: Call): Answer {
  const { own } = changeable(call, "DELETE_VERSION");
  const name = param(call, "version");
  const states = own.versions[name];
  if (states === undefined || latest(states) === undefined) throw notFound("EW2002", UNABLE);
  const reason = inUse(own, call.now, name);
  if (reason !== undefined) throw undeletable(call, UNABLE, reason);
  write(states, null, call.now, call.lags.object);
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
      return (call) => upload(call, bundle);
    },
  },
  { method: "GET", path: `${VERSIONS}/:version`, access: "read", handle: get },
  { method: "GET", path: `${VERSIONS}/:version/content`, access: "read", handle: download },
  { method: "DELETE", path: `${VERSIONS}/:version`, access: "write", handle: remove },
  {
    method: "POST",
    path: "/validations",
    access: "write",
    opaqueBody: "digest",
    async prepare(body, settings) {
      const bundle = await readBundle(body, settings);
      return ({ account, now }) => json(200, findingsOf(bundle, account, now));
    },
  },
];
