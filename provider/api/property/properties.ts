import { z } from "zod";
import { UnexpectedReplyError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";
import { items, ofProperty, orNone, type PropertyRef, propertyApi } from "./request";

const Property = z.object({
  propertyId: z.string(),
  propertyName: z.string(),
  contractId: z.string(),
  groupId: z.string(),
  latestVersion: z.number(),
  stagingVersion: z.number().nullish(),
  productionVersion: z.number().nullish(),
  assetId: z.string().nullish(),
  note: z.string().nullish(),
});
export type Property = z.output<typeof Property>;

export type Network = "staging" | "production";

/** The version that is live on the network. */
export function liveVersion(
  { stagingVersion, productionVersion }: Property,
  network: Network,
): number | undefined {
  return (network === "staging" ? stagingVersion : productionVersion) ?? undefined;
}

/** The property, with the numbers of its latest version and of those that are live. */
export function findProperty(http: HttpClient, ref: PropertyRef): Promise<Property | undefined> {
  return orNone(async () => {
    const reply = await http.send(ofProperty(ref, { method: "GET", path: "" }));
    return reply.as(z.object({ properties: items(Property) })).properties.items[0];
  });
}

/** Finds a property without its contract and group: they are in the answer, or in the link of a redirect. */
export function findPropertyById(http: HttpClient, propertyId: string): Promise<Property | undefined> {
  const request = propertyApi({
    method: "GET",
    path: `/properties/${encodeURIComponent(propertyId)}`,
    expectedStatuses: [302],
  });
  return orNone(async () => {
    const reply = await http.send(request);
    if (reply.status !== 302) return reply.as(z.object({ properties: items(Property) })).properties.items[0];
    const { redirectLink } = reply.as(z.object({ redirectLink: z.string() }));
    const query = new URL(redirectLink, "https://host.invalid").searchParams;
    const [contractId, groupId] = [query.get("contractId"), query.get("groupId")];
    if (contractId === null || groupId === null) {
      throw new UnexpectedReplyError(request, 302, "redirectLink: has no contract and group");
    }
    return findProperty(http, { propertyId, contractId, groupId });
  });
}

/** Finds a property by its contract and group, or else wherever it was moved to. */
export async function locateProperty(http: HttpClient, ref: PropertyRef): Promise<Property | undefined> {
  return (await findProperty(http, ref)) ?? (await findPropertyById(http, ref.propertyId));
}

const FoundVersion = z.object({
  propertyId: z.string(),
  propertyName: z.string(),
  contractId: z.string(),
  groupId: z.string(),
  propertyVersion: z.number(),
  stagingStatus: z.string(),
  productionStatus: z.string(),
  updatedByUser: z.string().nullish(),
  updatedDate: z.string().nullish(),
});
export type FoundVersion = z.output<typeof FoundVersion>;

/** The live and the latest versions that match. Names have to match completely. */
export async function searchVersions(
  http: HttpClient,
  by: { readonly propertyName: string } | { readonly hostname: string },
): Promise<FoundVersion[]> {
  const reply = await http.send(
    propertyApi({ method: "POST", path: "/search/find-by-value", json: by, changesNothing: true }),
  );
  return reply.as(z.object({ versions: items(FoundVersion) })).versions.items;
}
