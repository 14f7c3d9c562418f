import { z } from "zod";
import { getOrCreate, table } from "../../json";
import { shuffle } from "../../prng";
import { readPrimary, readReplica, write } from "../../replication";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { assertCapability, assertGroupAccess, type Capability, capabilitiesIn } from "../access";
import { badRequest, noSuchId, notFound } from "../errors";
import { assertCountLimit, countOperation, DESCRIPTION_CHARACTERS } from "../limits";
import { bodyOf, created, identifier, numberParam, timestamp } from "../request";
import {
  activationHistory,
  type EdgeWorker,
  type EdgeWorkerData,
  isOngoing,
  NETWORKS,
  statusOf,
} from "../state";
import { tombstone } from "../tombstones";

const Name = z.string({ error: "name must be specified." }).min(1, { error: "name must be specified." });
const DESCRIPTION = `description must be a string of at most ${DESCRIPTION_CHARACTERS} characters.`;
const Description = z
  .string({ error: DESCRIPTION })
  .max(DESCRIPTION_CHARACTERS, { error: DESCRIPTION })
  .nullish();

const NewId = z.object({
  groupId: identifier("groupId"),
  name: Name,
  resourceTierId: identifier("resourceTierId"),
  description: Description,
});
const ChangedId = z.object({
  groupId: identifier("groupId"),
  name: Name,
  resourceTierId: identifier("resourceTierId").nullish(),
  description: Description,
});
const Clone = z.object({
  resourceTierId: identifier("resourceTierId"),
  groupId: identifier("groupId").nullish(),
  name: Name.nullish(),
  description: Description,
});

function toJson({ account }: RequestContext, { createdAt, lastModifiedAt, ...id }: EdgeWorker) {
  const {
    edgeWorkerId,
    name,
    groupId,
    resourceTierId,
    description,
    sourceEdgeWorkerId,
    createdBy,
    lastModifiedBy,
  } = id;
  return {
    edgeWorkerId,
    name,
    accountId: account.accountId,
    groupId,
    resourceTierId,
    ...(sourceEdgeWorkerId !== undefined && { sourceEdgeWorkerId }),
    ...(description !== undefined && { description }),
    createdBy,
    createdTime: timestamp(createdAt),
    lastModifiedBy,
    lastModifiedTime: timestamp(lastModifiedAt),
  };
}

/** The EdgeWorker ID that the path names, as the replica shows it, with its data. Checks the capability. */
export function resolveEdgeWorker(context: RequestContext, capability: Capability) {
  const edgeWorkerId = numberParam(context, "edgeWorkerId");
  const { ids, belongings } = context.account.edgeworkers;
  const replicated = ids[edgeWorkerId];
  const edgeWorker = readReplica(replicated, context.replica);
  if (replicated === undefined || edgeWorker === undefined) throw noSuchId();
  assertCapability(context, edgeWorker.groupId, capability);
  const data = getOrCreate<EdgeWorkerData>(belongings, String(edgeWorkerId), () => ({
    versions: table(),
    usedVersions: [],
    deployments: [],
  }));
  return { edgeWorkerId, replicated, edgeWorker, data };
}

/** The same for a request that writes: the ID must not have been deleted. */
export function resolveForWrite(context: RequestContext, capability: Capability) {
  const found = resolveEdgeWorker(context, capability);
  const existing = readPrimary(found.replicated);
  if (existing === undefined) throw noSuchId();
  return { ...found, existing };
}

function assertResourceTier({ account }: RequestContext, resourceTierId: number): void {
  if (!account.resourceTiers.some((tier) => tier.resourceTierId === resourceTierId)) {
    throw badRequest(`Resource tier ${resourceTierId} does not exist.`);
  }
}

/** Creates an ID. Returns it with the headers of its limits. */
function add(
  context: RequestContext,
  values: Pick<EdgeWorker, "name" | "groupId" | "resourceTierId" | "description" | "sourceEdgeWorkerId">,
) {
  const { account, now, lags, user } = context;
  const { edgeworkers, settings } = account;
  assertGroupAccess(context, values.groupId);
  assertCapability(context, values.groupId, "EDIT");
  assertResourceTier(context, values.resourceTierId);
  const used = Object.values(edgeworkers.ids).filter((replicated) => readPrimary(replicated)).length;
  const room = assertCountLimit(
    "X-Limit-Ew-Id-Per-Account",
    settings.edgeWorkerIds,
    used,
    "EW3002",
    "The limit of EdgeWorker IDs of this account has been reached.",
  );
  const headers = { ...room, ...countOperation(context, "id") };
  const edgeWorkerId = edgeworkers.nextId;
  edgeworkers.nextId += 1;
  const id: EdgeWorker = {
    ...values,
    edgeWorkerId,
    createdBy: user,
    createdAt: now,
    lastModifiedBy: user,
    lastModifiedAt: now,
  };
  const replicated = getOrCreate(edgeworkers.ids, String(edgeWorkerId), () => []);
  write(replicated, id, now, lags.object);
  return { id, headers };
}

function create(context: RequestContext): Response {
  const { description, ...values } = bodyOf(context, NewId);
  const { id, headers } = add(context, { ...values, ...(description && { description }) });
  return created(`/ids/${id.edgeWorkerId}`, toJson(context, id), headers);
}

function clone(context: RequestContext): Response {
  const { existing } = resolveForWrite(context, "VIEW");
  const body = bodyOf(context, Clone);
  const description = body.description ?? existing.description;
  const { id, headers } = add(context, {
    name: body.name ?? existing.name,
    groupId: body.groupId ?? existing.groupId,
    resourceTierId: body.resourceTierId,
    ...(description && { description }),
    sourceEdgeWorkerId: existing.edgeWorkerId,
  });
  return { ...created(`/ids/${id.edgeWorkerId}`, toJson(context, id), headers), status: 200 };
}

function list(context: RequestContext): Response {
  const { groupId, resourceTierId, isPartner } = context.query;
  // No ID of this account belongs to a partner.
  const found = Object.values(isPartner === "true" ? {} : context.account.edgeworkers.ids)
    .map((replicated) => readReplica(replicated, context.replica))
    .filter((id) => id !== undefined)
    .filter((id) => groupId === undefined || id.groupId === Number(groupId))
    .filter((id) => resourceTierId === undefined || id.resourceTierId === Number(resourceTierId))
    .filter((id) => capabilitiesIn(context, id.groupId).includes("VIEW"));
  return json(200, { edgeWorkerIds: shuffle(context.account, found).map((id) => toJson(context, id)) });
}

function update(context: RequestContext): Response {
  const { replicated, existing } = resolveForWrite(context, "EDIT");
  const { name, groupId, resourceTierId, description } = bodyOf(context, ChangedId);
  if ((resourceTierId ?? existing.resourceTierId) !== existing.resourceTierId) {
    throw badRequest("Cloning this EdgeWorker ID is required in order to edit the Resource Tier ID.");
  }
  if (groupId !== existing.groupId) {
    assertGroupAccess(context, groupId);
    assertCapability(context, groupId, "EDIT");
  }
  const { description: before, ...rest } = existing;
  const after = description ?? before;
  const changed: EdgeWorker = {
    ...rest,
    name,
    groupId,
    ...(after && { description: after }),
    lastModifiedBy: context.user,
    lastModifiedAt: context.now,
  };
  write(replicated, changed, context.now, context.lags.object);
  return json(200, toJson(context, changed));
}

/** Why a version, or any version, cannot be deleted: it is active on a network, or on its way to or from there. */
export function inUse(data: EdgeWorkerData, now: number, version?: string): string | undefined {
  for (const network of NETWORKS) {
    const { active: live } = activationHistory(data, network, now);
    if (live && (version ?? live.version) === live.version)
      return `version ${live.version} is active on ${network}`;
  }
  const deployment = data.deployments
    .map((replicated) => readPrimary(replicated))
    .find((one) => one && isOngoing(statusOf(one, now)) && (version ?? one.version) === one.version);
  return (
    deployment &&
    `version ${deployment.version} is being ${deployment.kind.replace("ion", "ed")} on ${deployment.network}`
  );
}

/** The error of a delete that is not possible. */
export function deleteRejected({ account }: RequestContext, detail: string, reason: string) {
  return account.settings.vagueDeletes ? notFound("EW2002", detail) : badRequest(`${detail}: ${reason}`);
}

const UNABLE = "Unable to delete this EdgeWorker ID";

function remove(context: RequestContext): Response {
  if (readPrimary(context.account.edgeworkers.ids[numberParam(context, "edgeWorkerId")]) === undefined)
    throw notFound("EW2002", UNABLE);
  const { edgeWorkerId, replicated, data } = resolveForWrite(context, "DELETE");
  const reason = inUse(data, context.now);
  if (reason !== undefined) throw deleteRejected(context, UNABLE, reason);
  const versions = Object.entries(data.versions).filter(([, version]) => readPrimary(version));
  if (versions.length > 0)
    throw deleteRejected(
      context,
      UNABLE,
      `it has the versions ${versions.map(([version]) => version).join(", ")}`,
    );
  const { account, now, lags } = context;
  tombstone(account.edgeworkers, replicated, { id: String(edgeWorkerId) }, now, lags.object);
  return { status: 204 };
}

export const edgeWorkers: readonly Route[] = [
  { method: "GET", path: "/ids", access: "read", handle: list },
  { method: "POST", path: "/ids", access: "write", handle: create },
  {
    method: "GET",
    path: "/ids/:edgeWorkerId",
    access: "read",
    handle: (context) => json(200, toJson(context, resolveEdgeWorker(context, "VIEW").edgeWorker)),
  },
  { method: "PUT", path: "/ids/:edgeWorkerId", access: "write", handle: update },
  { method: "DELETE", path: "/ids/:edgeWorkerId", access: "write", handle: remove },
  { method: "POST", path: "/ids/:edgeWorkerId/clone", access: "write", handle: clone },
];
