import { z } from "zod";
import { rollUuid } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
import { badRequest, etagMismatch, limitExceeded, notFound, PapiError } from "../errors";
import { bodyOf, created, link, placeOf, plainId, shownId, target } from "../request";
import { DEFAULT_FORMAT, RULE_FORMATS } from "../ruleFormats";
import { dressed } from "../rules/ruleTree";
import { latestVersion, liveVersion, NETWORKS, type Property, type Version, versionEtagOf, versionStatus } from "../state";

const NewProperty = z.object({
  productId: z.string().min(1),
  propertyName: z.string().regex(/^[A-Za-z0-9._-]{1,85}$/, { error: "must have 1 to 85 of the characters A-Z, a-z, 0-9, ., _ and -" }),
  ruleFormat: z.enum(RULE_FORMATS).optional(),
  cloneFrom: z
    .object({
      propertyId: z.string(),
      version: z.int().positive(),
      cloneFromVersionEtag: z.string().optional(),
      copyHostnames: z.boolean().optional(),
    })
    .optional(),
});

const shown = (call: Call, property: Property) => ({
  ...placeOf(call, property),
  propertyId: shownId(call, "property", property.propertyId),
  propertyName: property.propertyName,
  latestVersion: latestVersion(property).propertyVersion,
  stagingVersion: liveVersion(property, "STAGING", call.now) ?? null,
  productionVersion: liveVersion(property, "PRODUCTION", call.now) ?? null,
  assetId: shownId(call, "asset", property.assetId),
  ...(property.note !== undefined && { note: property.note }),
});

/** The contract and group that a request has to name. */
function demandPlace({ account, query }: Call): { contractId: string; groupId: number } {
  if (!query.contractId || !query.groupId) throw badRequest("contractId and groupId must be specified.");
  const contractId = plainId("contract", query.contractId);
  const groupId = Number(plainId("group", query.groupId));
  const isKnown = account.contracts.some((one) => one.contractId === contractId) && account.groups.some((one) => one.groupId === groupId);
  if (!isKnown) throw notFound();
  return { contractId, groupId };
}

function room({ account }: Call, contractId: string): { limit: number; left: number; headers: Record<string, string> } {
  const limit = account.settings.propertiesPerContract;
  const used = Object.values(account.property.properties).filter((property) => property.contractId === contractId).length;
  const left = Math.max(0, limit - used);
  const header = "X-Limit-Properties-Per-Contract";
  return { limit, left, headers: { [`${header}-Limit`]: String(limit), [`${header}-Remaining`]: String(left) } };
}

function list(call: Call): Answer {
  const { contractId, groupId } = demandPlace(call);
  const found = Object.values(call.account.property.properties).filter(
    (property) => property.contractId === contractId && property.groupId === groupId,
  );
  return json(200, { properties: { items: found.map((property) => shown(call, property)) } }, room(call, contractId).headers);
}

function create(call: Call): Answer {
  const { account, now, user } = call;
  const place = demandPlace(call);
  const { propertyName, productId, cloneFrom, ...wanted } = bodyOf(call, NewProperty);
  const { property: state } = account;
  if (Object.values(state.properties).some((property) => property.propertyName === propertyName)) {
    throw new PapiError(409, "v1/property-name-conflict", "Property name already in use", `A property ${propertyName} exists already.`);
  }
  const { limit, left } = room(call, place.contractId);
  if (left === 0) {
    const detail = `Too many properties exist on contract ${shownId(call, "contract", place.contractId)}.  You must delete a property before continuing.`;
    throw limitExceeded("Too many properties", detail, "PROPERTIES_PER_CONTRACT", place.contractId, limit);
  }
  const source = cloneFrom && sourceOf(call, cloneFrom);
  const ruleFormat = wanted.ruleFormat ?? source?.ruleFormat ?? DEFAULT_FORMAT;
  const empty = { name: "default", criteria: [], behaviors: [], children: [], options: { is_secure: false } };
  const propertyId = state.nextPropertyId;
  const version: Version = {
    propertyVersion: 1,
    updatedByUser: user,
    updatedAt: now,
    ruleFormat,
    hostnames: source && cloneFrom?.copyHostnames ? structuredClone(source.hostnames) : [],
    rules: source ? structuredClone(source.rules) : dressed(empty, ruleFormat, () => rollUuid(account)),
    revision: 1,
  };
  const property: Property = {
    ...place,
    propertyId,
    propertyName,
    assetId: 10_000_000 + propertyId,
    productId: plainId("product", productId),
    versions: [version],
    activations: [],
  };
  state.nextPropertyId += 1;
  state.properties[propertyId] = property;
  return created("propertyLink", link(call, property, ""), room(call, place.contractId).headers);
}

function sourceOf({ account }: Call, { propertyId, version, cloneFromVersionEtag }: NonNullable<z.infer<typeof NewProperty>["cloneFrom"]>) {
  const property = account.property.properties[plainId("property", propertyId)];
  const source = property?.versions[version - 1];
  if (property === undefined || source === undefined) throw notFound();
  if (cloneFromVersionEtag !== undefined && cloneFromVersionEtag !== versionEtagOf(property, source)) throw etagMismatch();
  return source;
}

function get(call: Call): Answer {
  return json(200, { properties: { items: [shown(call, target(call))] } });
}

/** What is live, or on its way, cannot be deleted; Akamai says no more than 500. */
function remove(call: Call): Answer {
  const property = target(call);
  const isUsed = property.versions.some((version) => inUse(call, property, version));
  if (isUsed) {
    const detail = "Our system is experiencing errors. We'll get this fixed as soon as possible.";
    throw new PapiError(500, "proxy/internal-server-error", "Internal Server Error", detail);
  }
  delete call.account.property.properties[property.propertyId];
  return json(200, { message: "Deletion Successful." });
}

const inUse = ({ now }: Call, property: Property, version: Version): boolean =>
  NETWORKS.some((network) => ["ACTIVE", "PENDING", "PENDING_DEACTIVATION"].includes(versionStatus(property, version, network, now)));

export const properties: readonly Route[] = [
  { method: "GET", path: "/properties", access: "read", handle: list },
  { method: "POST", path: "/properties", access: "write", handle: create },
  { method: "GET", path: "/properties/:propertyId", access: "read", handle: get },
  { method: "DELETE", path: "/properties/:propertyId", access: "write", handle: remove },
];
