import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";
import { items, lastOf, ofProperty, orNone, type PropertyRef } from "./request";

const PropertyVersion = z.object({
  propertyVersion: z.number(),
  /** `ACTIVE`, `INACTIVE`, `PENDING`, `ABORTED`, `DEACTIVATED`, `PENDING_DEACTIVATION` or `PENDING_CANCELLATION`. */
  stagingStatus: z.string(),
  productionStatus: z.string(),
  etag: z.string(),
  ruleFormat: z.string(),
  updatedByUser: z.string().nullish(),
  updatedDate: z.string().nullish(),
  productId: z.string().nullish(),
  note: z.string().nullish(),
});
export type PropertyVersion = z.output<typeof PropertyVersion>;

const Versions = z.object({ versions: items(PropertyVersion) });

/** At most 500 versions, the newest first. */
export async function listVersions(http: HttpClient, ref: PropertyRef): Promise<PropertyVersion[]> {
  const reply = await http.send(
    ofProperty(ref, { method: "GET", path: "/versions", query: { limit: "500" } }),
  );
  return reply.as(Versions).versions.items.sort((a, b) => b.propertyVersion - a.propertyVersion);
}

export function findVersion(
  http: HttpClient,
  ref: PropertyRef,
  version: number,
): Promise<PropertyVersion | undefined> {
  return orNone(
    async () =>
      (await http.send(ofProperty(ref, { method: "GET", path: `/versions/${version}` }))).as(Versions)
        .versions.items[0],
  );
}

/** Copies a version and returns the number of the copy. The service answers 412 when the etag has changed. */
export async function createVersion(
  http: HttpClient,
  ref: PropertyRef,
  from: { version: number; etag: string },
): Promise<number> {
  const json = { createFromVersion: from.version, createFromVersionEtag: from.etag };
  const reply = await http.send(ofProperty(ref, { method: "POST", path: "/versions", json }));
  return Number(lastOf(reply.as(z.object({ versionLink: z.string() })).versionLink));
}

const Hostname = z.object({ cnameFrom: z.string(), cnameTo: z.string().nullish() });

/** The hostnames of a version, each with its edge hostname. Undefined where the API client may not see them. */
export async function findHostnames(
  http: HttpClient,
  ref: PropertyRef,
  version: number,
): Promise<string[] | undefined> {
  try {
    const reply = await http.send(ofProperty(ref, { method: "GET", path: `/versions/${version}/hostnames` }));
    return reply
      .as(z.object({ hostnames: items(Hostname) }))
      .hostnames.items.map(({ cnameFrom, cnameTo }) => `${cnameFrom} ${cnameTo ?? ""}`)
      .sort();
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}
