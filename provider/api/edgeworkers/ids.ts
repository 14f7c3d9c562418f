import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";

const EdgeWorkerId = z.object({
  edgeWorkerId: z.number(),
  name: z.string(),
  groupId: z.coerce.number(),
  /** Set when it is made, for good. */
  resourceTierId: z.coerce.number().optional(),
  description: z.string().nullish(),
  accountId: z.string().optional(),
  createdBy: z.string().optional(),
  /** ISO time in UTC. */
  createdTime: z.string().optional(),
  lastModifiedBy: z.string().optional(),
  lastModifiedTime: z.string().optional(),
});
/** An EdgeWorker id as the API shows it. */
export type EdgeWorkerId = z.output<typeof EdgeWorkerId>;

export interface NewEdgeWorkerId {
  readonly name: string;
  readonly groupId: number;
  readonly resourceTierId: number;
  readonly description?: string | undefined;
}

export interface EdgeWorkersFilter {
  readonly groupId?: number | undefined;
  readonly resourceTierId?: number | undefined;
}

const folder = "/edgeworkers/v1/ids";

/** All ids that the API client can see, in no order; names need not be unique among them. */
export async function listEdgeWorkers(
  http: HttpClient,
  filter: EdgeWorkersFilter = {},
): Promise<EdgeWorkerId[]> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const query = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  const reply = await http.send({ method: "GET", path: folder, query });
  return reply.as(z.object({ edgeWorkerIds: z.array(EdgeWorkerId) })).edgeWorkerIds;
}

export async function findEdgeWorker(http: HttpClient, id: number): Promise<EdgeWorkerId | undefined> {
  try {
    return (await http.send({ method: "GET", path: `${folder}/${id}` })).as(EdgeWorkerId);
  } catch (error) {
    if (error instanceof ApiError && error.is(404, "EW2002")) return undefined;
    throw error;
  }
}

/** Makes a new id, every time it is asked to. */
export async function createEdgeWorker(http: HttpClient, wanted: NewEdgeWorkerId): Promise<EdgeWorkerId> {
  return (await http.send({ method: "POST", path: folder, json: wanted, limit: "edgeworkers ids" })).as(
    EdgeWorkerId,
  );
}

/** Changes name, group and description; the API wants name and group each time. */
export async function updateEdgeWorker(
  http: HttpClient,
  id: number,
  wanted: Omit<NewEdgeWorkerId, "resourceTierId">,
): Promise<EdgeWorkerId> {
  const json = { ...wanted, description: wanted.description ?? "" };
  return (await http.send({ method: "PUT", path: `${folder}/${id}`, json })).as(EdgeWorkerId);
}

/** Deletes the id; refused while it has versions. The API answers alike (404, EW2002) for one that is not there and of one that can't be deleted. */
export async function deleteEdgeWorker(http: HttpClient, id: number): Promise<void> {
  await http.send({ method: "DELETE", path: `${folder}/${id}` });
}

const PropertyUse = z.object({
  propertyId: z.coerce.number(),
  propertyName: z.string().default(""),
  stagingVersion: z.number().nullish(),
  productionVersion: z.number().nullish(),
  latestVersion: z.number().nullish(),
});
/** A property whose rules name the EdgeWorker, and the versions of it that do. */
export type PropertyUse = z.output<typeof PropertyUse>;

export async function listPropertiesUsing(
  http: HttpClient,
  id: number,
  { activeOnly = false } = {},
): Promise<PropertyUse[]> {
  const query = activeOnly ? { query: { activeOnly: "true" } } : {};
  const reply = await http.send({ method: "GET", path: `${folder}/${id}/properties`, ...query });
  return reply.as(z.object({ properties: z.array(PropertyUse) })).properties;
}
