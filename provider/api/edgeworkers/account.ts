import { z } from "zod";
import type { HttpClient } from "../../runtime/httpClient";

const Group = z.object({
  groupId: z.coerce.number(),
  groupName: z.string().default(""),
  capabilities: z.array(z.string()).default([]),
});
/** An access group, and what the API client may do with EdgeWorkers in it. */
export type EdgeWorkersGroup = z.output<typeof Group>;

export async function listGroups(http: HttpClient): Promise<EdgeWorkersGroup[]> {
  return (await http.send({ method: "GET", path: "/edgeworkers/v1/groups" })).as(
    z.object({ groups: z.array(Group) }),
  ).groups;
}

/** The contracts of the account, without the `ctr_` that other APIs put before them. */
export async function listContracts(http: HttpClient): Promise<string[]> {
  return (await http.send({ method: "GET", path: "/edgeworkers/v1/contracts" })).as(
    z.object({ contractIds: z.array(z.string()) }),
  ).contractIds;
}

const Tier = z.object({
  resourceTierId: z.coerce.number(),
  resourceTierName: z.string(),
  edgeWorkerLimits: z
    .array(z.object({ limitName: z.string(), limitValue: z.number(), limitUnit: z.string() }))
    .default([]),
});
/** What an EdgeWorker may use of time and memory, as a contract offers it. */
export type ResourceTier = z.output<typeof Tier>;

export async function listResourceTiers(http: HttpClient, contractId: string): Promise<ResourceTier[]> {
  const reply = await http.send({
    method: "GET",
    path: "/edgeworkers/v1/resource-tiers",
    query: { contractId },
  });
  return reply.as(z.object({ resourceTiers: z.array(Tier) })).resourceTiers;
}

const Limit = z.object({ limitId: z.string(), limitName: z.string().default(""), limitValue: z.number() });
/** A limit of the account, such as `ew-id-per-account-limit`. */
export type Limit = z.output<typeof Limit>;

export async function listLimits(http: HttpClient): Promise<Limit[]> {
  return (await http.send({ method: "GET", path: "/edgeworkers/v1/limits" })).as(
    z.object({ limits: z.array(Limit) }),
  ).limits;
}
