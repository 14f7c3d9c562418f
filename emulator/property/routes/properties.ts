import { z } from "zod";
import { randomUuid } from "../../prng";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { liveVersion, versionStatus } from "../activationProgress";
import { etagMismatch, limitExceeded, notFound, PapiError } from "../errors";
import {
  bodyOf,
  created,
  formatId,
  link,
  ownerFields,
  parseId,
  requireContractAndGroup,
  resolveProperty,
} from "../request";
import { DEFAULT_FORMAT, RULE_FORMATS } from "../ruleFormats";
import { withServerDefaults } from "../rules/ruleTree";
import { latestVersion, NETWORKS, type Property, type Version, versionEtagOf } from "../state";

const NewProperty = z.object({
  productId: z.string().min(1),
  propertyName: z.string().regex(/^[A-Za-z0-9._-]{1,85}$/, {
    error: "must have 1 to 85 of the characters A-Z, a-z, 0-9, ., _ and -",
  }),
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

const toJson = (context: RequestContext, property: Property) => ({
  ...ownerFields(context, property),
  propertyId: formatId(context, "property", property.propertyId),
  propertyName: property.propertyName,
  latestVersion: latestVersion(property).propertyVersion,
  stagingVersion: liveVersion(property, "STAGING", context.now) ?? null,
  productionVersion: liveVersion(property, "PRODUCTION", context.now) ?? null,
  assetId: formatId(context, "asset", property.assetId),
  ...(property.note !== undefined && { note: property.note }),
});

function propertyLimit(
  { account }: RequestContext,
  contractId: string,
): { limit: number; left: number; headers: Record<string, string> } {
  const limit = account.settings.propertiesPerContract;
  const used = Object.values(account.property.properties).filter(
    (property) => property.contractId === contractId,
  ).length;
  const left = Math.max(0, limit - used);
  const header = "X-Limit-Properties-Per-Contract";
  return {
    limit,
    left,
    headers: { [`${header}-Limit`]: String(limit), [`${header}-Remaining`]: String(left) },
  };
}

function list(context: RequestContext): Response {
  const { contractId, groupId } = requireContractAndGroup(context);
  const found = Object.values(context.account.property.properties).filter(
    (property) => property.contractId === contractId && property.groupId === groupId,
  );
  return json(
    200,
    { properties: { items: found.map((property) => toJson(context, property)) } },
    propertyLimit(context, contractId).headers,
  );
}

function create(context: RequestContext): Response {
  const { account, now, user } = context;
  const place = requireContractAndGroup(context);
  const { propertyName, productId, cloneFrom, ...wanted } = bodyOf(context, NewProperty);
  const { property: state } = account;
  if (Object.values(state.properties).some((property) => property.propertyName === propertyName)) {
    throw new PapiError(
      409,
      "v1/property-name-conflict",
      "Property name already in use",
      `A property ${propertyName} exists already.`,
    );
  }
  const { limit, left } = propertyLimit(context, place.contractId);
  if (left === 0) {
    const detail = `Too many properties exist on contract ${formatId(context, "contract", place.contractId)}.  You must delete a property before continuing.`;
    throw limitExceeded("Too many properties", detail, "PROPERTIES_PER_CONTRACT", place.contractId, limit);
  }
  const source = cloneFrom && sourceOf(context, cloneFrom);
  const ruleFormat = wanted.ruleFormat ?? source?.ruleFormat ?? DEFAULT_FORMAT;
  const empty = { name: "default", criteria: [], behaviors: [], children: [], options: { is_secure: false } };
  const propertyId = state.nextPropertyId;
  const version: Version = {
    propertyVersion: 1,
    updatedByUser: user,
    updatedAt: now,
    ruleFormat,
    hostnames: source && cloneFrom?.copyHostnames ? structuredClone(source.hostnames) : [],
    rules: source
      ? structuredClone(source.rules)
      : withServerDefaults(empty, ruleFormat, () => randomUuid(account)),
    revision: 1,
  };
  const property: Property = {
    ...place,
    propertyId,
    propertyName,
    assetId: 10_000_000 + propertyId,
    productId: parseId("product", productId),
    versions: [version],
    activations: [],
  };
  state.nextPropertyId += 1;
  state.properties[propertyId] = property;
  return created(
    "propertyLink",
    link(context, property, ""),
    propertyLimit(context, place.contractId).headers,
  );
}

function sourceOf(
  { account }: RequestContext,
  { propertyId, version, cloneFromVersionEtag }: NonNullable<z.infer<typeof NewProperty>["cloneFrom"]>,
) {
  const property = account.property.properties[parseId("property", propertyId)];
  const source = property?.versions[version - 1];
  if (property === undefined || source === undefined) throw notFound();
  if (cloneFromVersionEtag !== undefined && cloneFromVersionEtag !== versionEtagOf(property, source))
    throw etagMismatch();
  return source;
}

function get(context: RequestContext): Response {
  return json(200, { properties: { items: [toJson(context, resolveProperty(context))] } });
}

/** A property that is live, or on its way, cannot be deleted. Akamai answers with 500, without a reason. */
function remove(context: RequestContext): Response {
  const property = resolveProperty(context);
  const isUsed = property.versions.some((version) => inUse(context, property, version));
  if (isUsed) {
    const detail = "Our system is experiencing errors. We'll get this fixed as soon as possible.";
    throw new PapiError(500, "proxy/internal-server-error", "Internal Server Error", detail);
  }
  delete context.account.property.properties[property.propertyId];
  return json(200, { message: "Deletion Successful." });
}

const inUse = ({ now }: RequestContext, property: Property, version: Version): boolean =>
  NETWORKS.some((network) =>
    ["ACTIVE", "PENDING", "PENDING_DEACTIVATION"].includes(versionStatus(property, version, network, now)),
  );

export const properties: readonly Route[] = [
  { method: "GET", path: "/properties", access: "read", handle: list },
  { method: "POST", path: "/properties", access: "write", handle: create },
  { method: "GET", path: "/properties/:propertyId", access: "read", handle: get },
  { method: "DELETE", path: "/properties/:propertyId", access: "write", handle: remove },
];
