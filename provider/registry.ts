import { type AnyResource, anyResource } from "./core/resource";
import { accessToken } from "./resources/edgekv/accessToken";
import { database } from "./resources/edgekv/database";
import { item } from "./resources/edgekv/item";
import { itemGroup } from "./resources/edgekv/itemGroup";
import { namespace } from "./resources/edgekv/namespace";
import { activation } from "./resources/edgeworkers/activation";
import { edgeWorker } from "./resources/edgeworkers/edgeWorker";
import { version } from "./resources/edgeworkers/version";
import { activation as propertyActivation } from "./resources/property/activation";
import { edgeWorkerRules } from "./resources/property/edgeWorkerRules";

/** Every resource there is, by its token: the only list. */
export const registry: ReadonlyMap<string, AnyResource> = new Map(
  [
    anyResource(database),
    anyResource(namespace),
    anyResource(accessToken),
    anyResource(item),
    anyResource(itemGroup),
    anyResource(edgeWorker),
    anyResource(version),
    anyResource(activation),
    anyResource(edgeWorkerRules),
    anyResource(propertyActivation),
  ].map((resource) => [resource.token, resource]),
);
