import { json, param, type Route } from "../../service";
import { assertGroupAccess, capabilitiesIn } from "../access";
import { assertInitialized } from "../request";

export const accessGroups: readonly Route[] = [
  {
    method: "GET",
    path: "/auth/groups",
    access: "read",
    handle(context) {
      assertInitialized(context);
      const all = context.account.groups.map((group) => ({
        ...group,
        capabilities: capabilitiesIn(context, group.groupId),
      }));
      return json(200, { groups: all.filter(({ capabilities }) => capabilities.length > 0) });
    },
  },
  {
    method: "GET",
    path: "/auth/groups/:groupId",
    access: "read",
    handle(context) {
      assertInitialized(context);
      const groupId = Number(param(context, "groupId"));
      assertGroupAccess(context, groupId);
      const groupName =
        context.account.groups.find((group) => group.groupId === groupId)?.groupName ?? "Account Group";
      return json(200, { groupId, groupName, capabilities: capabilitiesIn(context, groupId) });
    },
  },
];
