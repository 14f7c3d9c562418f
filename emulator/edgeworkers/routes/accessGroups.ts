import { json, type Route } from "../../service";
import { assertGroupAccess, capabilitiesIn } from "../access";
import { numberParam } from "../request";

export const accessGroups: readonly Route[] = [
  {
    method: "GET",
    path: "/groups",
    access: "read",
    handle(context) {
      const all = context.account.groups.map((group) => ({
        ...group,
        capabilities: capabilitiesIn(context, group.groupId),
      }));
      return json(200, { groups: all.filter(({ capabilities }) => capabilities.length > 0) });
    },
  },
  {
    method: "GET",
    path: "/groups/:groupId",
    access: "read",
    handle(context) {
      const groupId = numberParam(context, "groupId");
      assertGroupAccess(context, groupId);
      const groupName = context.account.groups.find((group) => group.groupId === groupId)?.groupName;
      return json(200, { groupId, groupName, capabilities: capabilitiesIn(context, groupId) });
    },
  },
];
