import { json, type RequestContext, type Route } from "../../service";
import { formatId } from "../request";
import { RULE_FORMATS } from "../ruleFormats";

function contracts(context: RequestContext) {
  const items = context.account.contracts.map(({ contractId }) => ({
    contractId: formatId(context, "contract", contractId),
    contractTypeName: "DIRECT_CUSTOMER",
  }));
  return json(200, {
    accountId: formatId(context, "account", context.account.accountId),
    contracts: { items },
  });
}

/** Every group has every contract. */
function groups(context: RequestContext) {
  const { accountId, groups: all, contracts: known } = context.account;
  const contractIds = known.map(({ contractId }) => formatId(context, "contract", contractId));
  const items = all.map(({ groupId, groupName }) => ({
    groupName,
    groupId: formatId(context, "group", groupId),
    contractIds,
  }));
  return json(200, {
    accountId: formatId(context, "account", accountId),
    accountName: "Example",
    groups: { items },
  });
}

export const lookups: readonly Route[] = [
  { method: "GET", path: "/contracts", access: "read", handle: contracts },
  { method: "GET", path: "/groups", access: "read", handle: groups },
  {
    method: "GET",
    path: "/rule-formats",
    access: "read",
    handle: () => json(200, { ruleFormats: { items: RULE_FORMATS } }),
  },
];
