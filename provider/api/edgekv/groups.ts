import { z } from "zod";
import type { HttpClient } from "../../runtime/httpClient";

const AccessGroup = z.object({
  groupId: z.number(),
  groupName: z.string().default(""),
  /** Such as `CREATE_NAMESPACE` or `READ_STAGING_DATA`. */
  capabilities: z.array(z.string()).default([]),
});
/** An access group that the API client can see, and its capabilities for EdgeKV there. */
export type AccessGroup = z.output<typeof AccessGroup>;

export async function listAccessGroups(http: HttpClient): Promise<AccessGroup[]> {
  const reply = await http.send({ method: "GET", path: "/edgekv/v1/auth/groups" });
  return reply.as(z.object({ groups: z.array(AccessGroup) })).groups;
}
