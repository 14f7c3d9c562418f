import type { Account } from "../../account/account";
import { json, type Route } from "../../service";
import type { Property } from "../state";
import { resolveEdgeWorker } from "./edgeWorkers";

/** Finds the properties that use an EdgeWorker ID. */
export type PropertiesOf = (account: Account, edgeWorkerId: number) => readonly Property[];

/** The properties in the EdgeWorkers part of the state. */
export const seededProperties: PropertiesOf = ({ edgeworkers }, edgeWorkerId) =>
  edgeworkers.properties[edgeWorkerId] ?? [];

export const properties = (propertiesOf: PropertiesOf = seededProperties): readonly Route[] => [
  {
    method: "GET",
    path: "/ids/:edgeWorkerId/properties",
    access: "read",
    handle(context) {
      const { edgeWorkerId } = resolveEdgeWorker(context, "VIEW");
      const isActive = ({ stagingVersion, productionVersion }: Property) =>
        stagingVersion !== null || productionVersion !== null;
      const all = propertiesOf(context.account, edgeWorkerId);
      const properties = context.query.activeOnly === "true" ? all.filter(isActive) : all;
      return json(200, { properties, limitedAccessToProperties: false });
    },
  },
];
