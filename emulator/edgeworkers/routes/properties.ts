import type { Account } from "../../account/account";
import { json, type Route } from "../../service";
import type { Property } from "../state";
import { resolveEdgeWorker } from "./edgeWorkers";

/** Finds the properties that use an EdgeWorker ID. */
export type PropertiesOf = (
  account: Account,
  edgeWorkerId: number,
) => readonly (Property & { readonly behaviorLocations?: BehaviorLocations })[];

/** Where in its rules a version has the behavior for the EdgeWorker. */
export interface BehaviorLocation {
  readonly location: string;
  readonly continueOnError: boolean;
}
export interface BehaviorLocations {
  readonly staging: readonly BehaviorLocation[];
  readonly production: readonly BehaviorLocation[];
}

/** What `details` adds. */
function detailsOf(
  { propertyId, stagingVersion, productionVersion }: Property,
  { staging, production }: BehaviorLocations = { staging: [], production: [] },
) {
  const link = (version: number | null) =>
    version === null ? null : `/papi/v1/properties/${propertyId}/versions/${version}/rules`;
  return {
    stagingVersionLink: link(stagingVersion),
    productionVersionLink: link(productionVersion),
    stagingEdgeWorkersBehaviorLocations: staging,
    productionEdgeWorkersBehaviorLocations: production,
  };
}

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
      const shown = properties.map(({ behaviorLocations, ...property }) =>
        ["on", "true"].includes(context.query.details ?? "")
          ? { ...property, ...detailsOf(property, behaviorLocations) }
          : property,
      );
      return json(200, { properties: shown, limitedAccessToProperties: false });
    },
  },
];
