import { z } from "zod";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { liveVersion, versionStatus } from "../activationProgress";
import { badRequest } from "../errors";
import { bodyOf, formatId, ownerFields, timestamp } from "../request";
import { latestVersion, NETWORKS, type Property, type Version } from "../state";

const Query = z.strictObject({
  propertyName: z.string().optional(),
  hostname: z.string().optional(),
  edgeHostname: z.string().optional(),
  includeName: z.string().optional(),
});
type Query = z.infer<typeof Query>;

function matches({ propertyName }: Property, { hostnames }: Version, query: Query): boolean {
  if (query.propertyName !== undefined) return query.propertyName === propertyName;
  if (query.hostname !== undefined) return hostnames.some(({ cnameFrom }) => cnameFrom === query.hostname);
  // There are no includes.
  return hostnames.some(({ cnameTo }) => cnameTo === query.edgeHostname);
}

/** Of every property that matches: the versions that are live, and the latest one. */
function find(context: RequestContext): Response {
  const query = bodyOf(context, Query);
  if (Object.keys(query).length !== 1)
    throw badRequest(
      "The request must have exactly one of propertyName, hostname, edgeHostname, includeName.",
    );
  const { account, now } = context;
  const items = Object.values(account.property.properties).flatMap((property) => {
    const wanted = new Set([
      latestVersion(property).propertyVersion,
      ...NETWORKS.map((network) => liveVersion(property, network, now)),
    ]);
    return property.versions
      .filter((version) => wanted.has(version.propertyVersion) && matches(property, version, query))
      .toReversed()
      .map((version) => ({
        ...ownerFields(context, property),
        assetId: formatId(context, "asset", property.assetId),
        propertyId: formatId(context, "property", property.propertyId),
        propertyName: property.propertyName,
        propertyVersion: version.propertyVersion,
        productionStatus: versionStatus(property, version, "PRODUCTION", now),
        stagingStatus: versionStatus(property, version, "STAGING", now),
        updatedByUser: version.updatedByUser,
        updatedDate: timestamp(version.updatedAt),
      }));
  });
  return json(200, { versions: { items } });
}

export const search: readonly Route[] = [
  { method: "POST", path: "/search/find-by-value", access: "read", handle: find },
];
