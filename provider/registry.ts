import { type AnyResource, anyResource } from "./framework/resource";
import { accessToken } from "./resources/edgekv/accessToken/accessToken";
import { database } from "./resources/edgekv/database/database";
import { item } from "./resources/edgekv/item/item";
import { itemGroup } from "./resources/edgekv/itemGroup/itemGroup";
import { namespace } from "./resources/edgekv/namespace/namespace";
import { activation } from "./resources/edgeworkers/activation/activation";
import { edgeWorker } from "./resources/edgeworkers/edgeWorker/edgeWorker";
import { version } from "./resources/edgeworkers/version/version";
import { activation as propertyActivation } from "./resources/property/activation/activation";
import { edgeWorkerRules } from "./resources/property/edgeWorkerRules/edgeWorkerRules";

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
