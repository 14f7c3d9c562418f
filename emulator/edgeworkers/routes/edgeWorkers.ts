import { z } from "zod";
import { member, table } from "../../json";
import { latest, shuffle, visible, write } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
import { badRequest, noSuchId, notFound } from "../errors";
import { admit, DESCRIPTION_CHARACTERS, demandRoom } from "../limits";
import { bodyOf, created, identifier, numberParam, timestamp } from "../request";
import { type Belongings, type EdgeWorker, isOngoing, livesOn, NETWORKS, statusOf } from "../state";
import { type Capability, capabilitiesIn, demandCapability, demandGroup } from "./accessGroups";

const Name = z.string({ error: "name must be specified." }).min(1, { error: "name must be specified." });
const DESCRIPTION = `description must be a string of at most ${DESCRIPTION_CHARACTERS} characters.`;
const Description = z.string({ error: DESCRIPTION }).max(DESCRIPTION_CHARACTERS, { error: DESCRIPTION }).nullish();

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

function shown({ createdAt, lastModifiedAt, ...id }: EdgeWorker, { account }: Call) {
  const { edgeWorkerId, name, groupId, resourceTierId, description, sourceEdgeWorkerId, createdBy, lastModifiedBy } = id;
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

/** The EdgeWorker ID that the path names, on the replica of the request, with all that belongs to it and the capability for what is asked. */
export function target(call: Call, capability: Capability) {
  const edgeWorkerId = numberParam(call, "edgeWorkerId");
  const { ids, belongings } = call.account.edgeworkers;
  const states = ids[edgeWorkerId];
  const seen = visible(states, call.view);
  if (states === undefined || seen === undefined) throw noSuchId();
  demandCapability(call, seen.groupId, capability);
  const own = member<Belongings>(belongings, String(edgeWorkerId), () => ({ versions: table(), usedVersions: [], deployments: [] }));
  return { edgeWorkerId, states, seen, own };
}

/** The same for what changes something: the ID must not have been deleted. */
export function changeable(call: Call, capability: Capability) {
  const found = target(call, capability);
  const existing = latest(found.states);
  if (existing === undefined) throw noSuchId();
  return { ...found, existing };
}

function demandTier({ account }: Call, resourceTierId: number): void {
  if (!account.resourceTiers.some((tier) => tier.resourceTierId === resourceTierId)) {
    throw badRequest(`Resource tier ${resourceTierId} does not exist.`);
  }
}

/** A new ID, with its headers. */
function add(call: Call, values: Pick<EdgeWorker, "name" | "groupId" | "resourceTierId" | "description" | "sourceEdgeWorkerId">) {
  const { account, now, lags, user } = call;
  const { edgeworkers, settings } = account;
  demandGroup(call, values.groupId);
  demandCapability(call, values.groupId, "EDIT");
  demandTier(call, values.resourceTierId);
  const used = Object.values(edgeworkers.ids).filter((states) => latest(states)).length;
  const room = demandRoom(
    "X-Limit-Ew-Id-Per-Account",
    settings.edgeWorkerIds,
    used,
    "EW3002",
    "The limit of EdgeWorker IDs of this account has been reached.",
  );
  const headers = { ...room, ...admit(call, "id") };
  const edgeWorkerId = edgeworkers.nextId;
  edgeworkers.nextId += 1;
  const id: EdgeWorker = { ...values, edgeWorkerId, createdBy: user, createdAt: now, lastModifiedBy: user, lastModifiedAt: now };
  const states = member(edgeworkers.ids, String(edgeWorkerId), () => []);
  write(states, id, now, lags.object);
  return { id, headers };
}

function create(call: Call): Answer {
  const { description, ...values } = bodyOf(call, NewId);
  const { id, headers } = add(call, { ...values, ...(description && { description }) });
  return created(`/ids/${id.edgeWorkerId}`, shown(id, call), headers);
}

function clone(call: Call): Answer {
  const { existing } = changeable(call, "VIEW");
  const body = bodyOf(call, Clone);
  const description = body.description ?? existing.description;
  const { id, headers } = add(call, {
    name: body.name ?? existing.name,
    groupId: body.groupId ?? existing.groupId,
    resourceTierId: body.resourceTierId,
    ...(description && { description }),
    sourceEdgeWorkerId: existing.edgeWorkerId,
  });
  return { ...created(`/ids/${id.edgeWorkerId}`, shown(id, call), headers), status: 200 };
}

function list(call: Call): Answer {
  const { groupId, resourceTierId, isPartner } = call.query;
  // No ID of this account belongs to a partner.
  const found = Object.values(isPartner === "true" ? {} : call.account.edgeworkers.ids)
    .map((states) => visible(states, call.view))
    .filter((id) => id !== undefined)
    .filter((id) => groupId === undefined || id.groupId === Number(groupId))
    .filter((id) => resourceTierId === undefined || id.resourceTierId === Number(resourceTierId))
    .filter((id) => capabilitiesIn(call, id.groupId).includes("VIEW"));
  return json(200, { edgeWorkerIds: shuffle(call.account, found).map((id) => shown(id, call)) });
}

function update(call: Call): Answer {
  const { states, existing } = changeable(call, "EDIT");
  const { name, groupId, resourceTierId, description } = bodyOf(call, ChangedId);
  if ((resourceTierId ?? existing.resourceTierId) !== existing.resourceTierId) {
    throw badRequest("Cloning this EdgeWorker ID is required in order to edit the Resource Tier ID.");
  }
  if (groupId !== existing.groupId) {
    demandGroup(call, groupId);
    demandCapability(call, groupId, "EDIT");
  }
  const { description: before, ...rest } = existing;
  const after = description ?? before;
  const changed: EdgeWorker = {
    ...rest,
    name,
    groupId,
    ...(after && { description: after }),
    lastModifiedBy: call.user,
    lastModifiedAt: call.now,
  };
  write(states, changed, call.now, call.lags.object);
  return json(200, shown(changed, call));
}

/** What keeps a version, or any version, from being deleted: it is live, or on its way to or from there. */
export function inUse(own: Belongings, now: number, version?: string): string | undefined {
  for (const network of NETWORKS) {
    const { live } = livesOn(own, network, now);
    if (live && (version ?? live.version) === live.version) return `version ${live.version} is active on ${network}`;
  }
  const deployment = own.deployments
    .map((states) => latest(states))
    .find((one) => one && isOngoing(statusOf(one, now)) && (version ?? one.version) === one.version);
  return deployment && `version ${deployment.version} is being ${deployment.kind.replace("ion", "ed")} on ${deployment.network}`;
}

/** A delete that is refused. */
export function undeletable({ account }: Call, detail: string, reason: string) {
  return account.settings.vagueDeletes ? notFound("EW2002", detail) : badRequest(`${detail}: ${reason}`);
}

const UNABLE = "Unable to delete this EdgeWorker ID";

function remove(call: Call): Answer {
  if (latest(call.account.edgeworkers.ids[numberParam(call, "edgeWorkerId")]) === undefined) throw notFound("EW2002", UNABLE);
  const { states, own } = changeable(call, "DELETE");
  const reason = inUse(own, call.now);
  if (reason !== undefined) throw undeletable(call, UNABLE, reason);
  const versions = Object.entries(own.versions).filter(([, version]) => latest(version));
  if (versions.length > 0) throw undeletable(call, UNABLE, `it has the versions ${versions.map(([version]) => version).join(", ")}`);
  write(states, null, call.now, call.lags.object);
  return { status: 204 };
}

export const ids: readonly Route[] = [
  { method: "GET", path: "/ids", access: "read", handle: list },
  { method: "POST", path: "/ids", access: "write", handle: create },
  { method: "GET", path: "/ids/:edgeWorkerId", access: "read", handle: (call) => json(200, shown(target(call, "VIEW").seen, call)) },
  { method: "PUT", path: "/ids/:edgeWorkerId", access: "write", handle: update },
  { method: "DELETE", path: "/ids/:edgeWorkerId", access: "write", handle: remove },
  { method: "POST", path: "/ids/:edgeWorkerId/clone", access: "write", handle: clone },
];
