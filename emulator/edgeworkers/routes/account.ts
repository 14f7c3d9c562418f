import { json, type RequestContext, type Route } from "../../service";
import { badRequest } from "../errors";
import { limitsResponse } from "../limits";
import { resolveEdgeWorker } from "./edgeWorkers";

function listResourceTiers({ account, query }: RequestContext) {
  const { contractId } = query;
  if (!contractId) throw badRequest("contractId must be specified.");
  if (!account.contracts.some((contract) => contract.contractId === contractId)) {
    throw badRequest(`Contract ${contractId} does not exist.`);
  }
  return json(200, { resourceTiers: account.resourceTiers });
}

export const account: readonly Route[] = [
  {
    method: "GET",
    path: "/contracts",
    access: "read",
    handle: ({ account }) =>
      json(200, { contractIds: account.contracts.map(({ contractId }) => contractId) }),
  },
  { method: "GET", path: "/resource-tiers", access: "read", handle: listResourceTiers },
  {
    method: "GET",
    path: "/limits",
    access: "read",
    handle: (context) => json(200, { limits: limitsResponse(context) }),
  },
  {
    method: "GET",
    path: "/ids/:edgeWorkerId/resource-tier",
    access: "read",
    handle(context) {
      const { edgeWorker } = resolveEdgeWorker(context, "VIEW");
      return json(
        200,
        context.account.resourceTiers.find((tier) => tier.resourceTierId === edgeWorker.resourceTierId),
      );
    },
  },
];
