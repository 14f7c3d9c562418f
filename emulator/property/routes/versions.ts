import { z } from "zod";
import { type Answer, type Call, json, type Route } from "../../service";
import { badRequest, etagMismatch, notFound } from "../errors";
import { VERSIONS_LISTED } from "../limits";
import { bodyOf, created, integerQuery, link, placeOf, shownId, target, targetVersion, timestamp } from "../request";
import { latestVersion, liveVersion, NETWORKS, type Property, type Version, versionEtagOf, versionStatus } from "../state";

const NewVersion = z.object({ createFromVersion: z.int().positive(), createFromVersionEtag: z.string().nullish() });

const shown = (call: Call, property: Property, version: Version) => ({
  propertyVersion: version.propertyVersion,
  updatedByUser: version.updatedByUser,
  updatedDate: timestamp(version.updatedAt),
  productionStatus: versionStatus(property, version, "PRODUCTION", call.now),
  stagingStatus: versionStatus(property, version, "STAGING", call.now),
  etag: versionEtagOf(property, version),
  productId: shownId(call, "product", property.productId),
  ruleFormat: version.ruleFormat,
  ...(version.note !== undefined && { note: version.note }),
});

const wrapped = (call: Call, property: Property, versions: readonly Version[], headers: Record<string, string> = {}): Answer =>
  json(
    200,
    {
      propertyId: shownId(call, "property", property.propertyId),
      propertyName: property.propertyName,
      ...placeOf(call, property),
      assetId: shownId(call, "asset", property.assetId),
      versions: { items: versions.map((version) => shown(call, property, version)) },
    },
    headers,
  );

/** Newest first. */
function list(call: Call): Answer {
  const property = target(call);
  const offset = integerQuery(call, "offset", 0, 0);
  const limit = integerQuery(call, "limit", 1, VERSIONS_LISTED);
  return wrapped(
    call,
    property,
    property.versions
      .slice(-VERSIONS_LISTED)
      .toReversed()
      .slice(offset, offset + limit),
  );
}

function get(call: Call): Answer {
  const property = target(call);
  const version = targetVersion(call, property);
  return wrapped(call, property, [version], { ETag: `"${versionEtagOf(property, version)}"` });
}

/** Answers where the version is, not what it is. */
function latest(call: Call): Answer {
  const property = target(call);
  const network = NETWORKS.find((name) => name === call.query.activatedOn);
  if (network === undefined && call.query.activatedOn !== undefined) throw badRequest("activatedOn must be one of STAGING, PRODUCTION.");
  const version = network === undefined ? latestVersion(property).propertyVersion : liveVersion(property, network, call.now);
  if (version === undefined) throw notFound(`No version of the property is active on ${network}.`);
  const location = link(call, property, `/versions/${version}`);
  return json(302, { versionLink: location }, { Location: location });
}

/** A copy of a version: rules, rule format and hostnames, not the note. */
function create(call: Call): Answer {
  const property = target(call);
  const { createFromVersion, createFromVersionEtag } = bodyOf(call, NewVersion);
  const source = property.versions[createFromVersion - 1];
  if (source === undefined) throw notFound(`There is no version ${createFromVersion} of the property.`);
  if (createFromVersionEtag && createFromVersionEtag.replaceAll('"', "") !== versionEtagOf(property, source)) throw etagMismatch();
  const { note: _, ...copied } = structuredClone(source);
  const version: Version = {
    ...copied,
    propertyVersion: property.versions.length + 1,
    createdFrom: createFromVersion,
    updatedByUser: call.user,
    updatedAt: call.now,
    revision: 1,
  };
  property.versions.push(version);
  return created("versionLink", link(call, property, `/versions/${version.propertyVersion}`));
}

/** What a version answers to. Which edge hostnames there are is not known: none has an id. */
function hostnames(call: Call): Answer {
  const property = target(call);
  const version = targetVersion(call, property);
  return json(200, {
    ...placeOf(call, property),
    propertyId: shownId(call, "property", property.propertyId),
    propertyName: property.propertyName,
    propertyVersion: version.propertyVersion,
    etag: versionEtagOf(property, version),
    hostnames: { items: version.hostnames.map((hostname) => ({ cnameType: "EDGE_HOSTNAME", ...hostname })) },
  });
}

const VERSIONS = "/properties/:propertyId/versions";

export const versions: readonly Route[] = [
  { method: "GET", path: VERSIONS, access: "read", handle: list },
  { method: "POST", path: VERSIONS, access: "write", handle: create },
  { method: "GET", path: `${VERSIONS}/latest`, access: "read", handle: latest },
  { method: "GET", path: `${VERSIONS}/:propertyVersion`, access: "read", handle: get },
  { method: "GET", path: `${VERSIONS}/:propertyVersion/hostnames`, access: "read", handle: hostnames },
];
