import { z } from "zod";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { liveVersion, versionStatus } from "../activationProgress";
import { badRequest, etagMismatch, notFound } from "../errors";
import { VERSIONS_LISTED } from "../limits";
import {
  bodyOf,
  created,
  formatId,
  integerQuery,
  link,
  ownerFields,
  resolveProperty,
  resolveVersion,
  timestamp,
} from "../request";
import { latestVersion, NETWORKS, type Property, type Version, versionEtagOf } from "../state";

const NewVersion = z.object({
  createFromVersion: z.int().positive(),
  createFromVersionEtag: z.string().nullish(),
});

const toJson = (context: RequestContext, property: Property, version: Version) => ({
  propertyVersion: version.propertyVersion,
  updatedByUser: version.updatedByUser,
  updatedDate: timestamp(version.updatedAt),
  productionStatus: versionStatus(property, version, "PRODUCTION", context.now),
  stagingStatus: versionStatus(property, version, "STAGING", context.now),
  etag: versionEtagOf(property, version),
  productId: formatId(context, "product", property.productId),
  ruleFormat: version.ruleFormat,
  ...(version.note !== undefined && { note: version.note }),
});

const toResponse = (
  context: RequestContext,
  property: Property,
  versions: readonly Version[],
  headers: Record<string, string> = {},
): Response =>
  json(
    200,
    {
      propertyId: formatId(context, "property", property.propertyId),
      propertyName: property.propertyName,
      ...ownerFields(context, property),
      assetId: formatId(context, "asset", property.assetId),
      versions: { items: versions.map((version) => toJson(context, property, version)) },
    },
    headers,
  );

/** Newest first. */
function list(context: RequestContext): Response {
  const property = resolveProperty(context);
  const offset = integerQuery(context, "offset", 0, 0);
  const limit = integerQuery(context, "limit", 1, VERSIONS_LISTED);
  return toResponse(
    context,
    property,
    property.versions
      .slice(-VERSIONS_LISTED)
      .toReversed()
      .slice(offset, offset + limit),
  );
}

function get(context: RequestContext): Response {
  const property = resolveProperty(context);
  const version = resolveVersion(context, property);
  return toResponse(context, property, [version], { ETag: `"${versionEtagOf(property, version)}"` });
}

/** Responds with the address of the version, not with the version. */
function latest(context: RequestContext): Response {
  const property = resolveProperty(context);
  const network = NETWORKS.find((name) => name === context.query.activatedOn);
  if (network === undefined && context.query.activatedOn !== undefined)
    throw badRequest("activatedOn must be one of STAGING, PRODUCTION.");
  const version =
    network === undefined
      ? latestVersion(property).propertyVersion
      : liveVersion(property, network, context.now);
  if (version === undefined) throw notFound(`No version of the property is active on ${network}.`);
  const location = link(context, property, `/versions/${version}`);
  return json(302, { versionLink: location }, { Location: context.origin + location });
}

/** A copy of a version: rules, rule format and hostnames, not the note. */
function create(context: RequestContext): Response {
  const property = resolveProperty(context);
  const { createFromVersion, createFromVersionEtag } = bodyOf(context, NewVersion);
  const source = property.versions[createFromVersion - 1];
  if (source === undefined) throw notFound(`There is no version ${createFromVersion} of the property.`);
  if (createFromVersionEtag && createFromVersionEtag.replaceAll('"', "") !== versionEtagOf(property, source))
    throw etagMismatch();
  const { note: _, ...copied } = structuredClone(source);
  const version: Version = {
    ...copied,
    propertyVersion: property.versions.length + 1,
    createdFrom: createFromVersion,
    updatedByUser: context.user,
    updatedAt: context.now,
    revision: 1,
  };
  property.versions.push(version);
  return created("versionLink", link(context, property, `/versions/${version.propertyVersion}`));
}

const VERSIONS = "/properties/:propertyId/versions";

export const versions: readonly Route[] = [
  { method: "GET", path: VERSIONS, access: "read", handle: list },
  { method: "POST", path: VERSIONS, access: "write", handle: create },
  { method: "GET", path: `${VERSIONS}/latest`, access: "read", handle: latest },
  { method: "GET", path: `${VERSIONS}/:propertyVersion`, access: "read", handle: get },
];
