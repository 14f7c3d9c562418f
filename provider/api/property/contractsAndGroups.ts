import { z } from "zod";
import type { HttpClient } from "../../runtime/httpClient";
import { items, propertyApi } from "./request";

const Contract = z.object({
  /** Such as `ctr_1-3CV382`. */
  contractId: z.string(),
  contractTypeName: z.string().nullish(),
});
export type Contract = z.output<typeof Contract>;

export async function listContracts(http: HttpClient): Promise<Contract[]> {
  const reply = await http.send(propertyApi({ method: "GET", path: "/contracts" }));
  return reply.as(z.object({ contracts: items(Contract) })).contracts.items;
}

const Group = z.object({
  /** Such as `grp_72297`. */
  groupId: z.string(),
  groupName: z.string(),
  parentGroupId: z.string().nullish(),
  contractIds: z.array(z.string()).default([]),
});
export type Group = z.output<typeof Group>;

export async function listGroups(http: HttpClient): Promise<Group[]> {
  const reply = await http.send(propertyApi({ method: "GET", path: "/groups" }));
  return reply.as(z.object({ groups: items(Group) })).groups.items;
}
