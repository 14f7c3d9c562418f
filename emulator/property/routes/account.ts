import { type Call, json, type Route } from "../../service";
import { shownId } from "../request";
import { RULE_FORMATS } from "../ruleFormats";

function contracts(call: Call) {
  const items = call.account.contracts.map(({ contractId }) => ({
    contractId: shownId(call, "contract", contractId),
    contractTypeName: "DIRECT_CUSTOMER",
  }));
  return json(200, { accountId: shownId(call, "account", call.account.accountId), contracts: { items } });
}

/** Every group has every contract. */
function groups(call: Call) {
  const { accountId, groups: all, contracts: known } = call.account;
  const contractIds = known.map(({ contractId }) => shownId(call, "contract", contractId));
  const items = all.map(({ groupId, groupName }) => ({ groupName, groupId: shownId(call, "group", groupId), contractIds }));
  return json(200, { accountId: shownId(call, "account", accountId), accountName: "Example", groups: { items } });
}

export const lookups: readonly Route[] = [
  { method: "GET", path: "/contracts", access: "read", handle: contracts },
  { method: "GET", path: "/groups", access: "read", handle: groups },
  { method: "GET", path: "/rule-formats", access: "read", handle: () => json(200, { ruleFormats: { items: RULE_FORMATS } }) },
];
