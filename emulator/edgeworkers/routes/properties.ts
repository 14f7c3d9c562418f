import type { Account } from "../../account/account";
import { json, type RequestContext, type Route } from "../../service";
import { badRequest } from "../errors";
import { limitsResponse } from "../limits";
import type { Property } from "../state";
import { resolveEdgeWorker } from "./edgeWorkers";

/** Who knows which properties use an EdgeWorker ID. */
export type PropertiesOf = (account: Account, edgeWorkerId: number) => readonly Property[];

/** As the part of EdgeWorkers in the state says. */
export const seededProperties: PropertiesOf = ({ edgeworkers }, edgeWorkerId) => edgeworkers.properties[edgeWorkerId] ?? [];

function tiers({ account, query }: RequestContext) {
  const { contractId } = query;
  if (!contractId) throw badRequest("contractId must be specified.");
  if (!account.contracts.some((contract) => contract.contractId === contractId)) {
    throw badRequest(`Contract ${contractId} does not exist.`);
  }
  return json(200, { resourceTiers: account.resourceTiers });
}

export const lookups = (propertiesOf: PropertiesOf = seededProperties): readonly Route[] => [
  {
    method: "GET",
    path: "/contracts",
    access: "read",
    handle: ({ account }) => json(200, { contractIds: account.contracts.map(({ contractId }) => contractId) }),
  },
  { method: "GET", path: "/resource-tiers", access: "read", handle: tiers },
  { method: "GET", path: "/limits", access: "read", handle: (context) => json(200, { limits: limitsResponse(context) }) },
  {
    method: "GET",
    path: "/ids/:edgeWorkerId/resource-tier",
    access: "read",
    handle(context) {
      const { edgeWorker: seen } = resolveEdgeWorker(context, "VIEW");
      return json(
        200,
        context.account.resourceTiers.find((tier) => tier.resourceTierId === seen.resourceTierId),
      );
    },
  },
  {
    method: "GET",
    path: "/ids/:edgeWorkerId/properties",
    access: "read",
    handle(context) {
      const { edgeWorkerId } = resolveEdgeWorker(context, "VIEW");
      const isActive = ({ stagingVersion, productionVersion }: Property) => stagingVersion !== null || productionVersion !== null;
      const all = propertiesOf(context.account, edgeWorkerId);
      const properties = context.query.activeOnly === "true" ? all.filter(isActive) : all;
      return json(200, { properties, limitedAccessToProperties: false });
    },
  },
];
