import { type AnyResource, anyResource } from "./core/resource";
import { accessToken } from "./resources/edgekv/accessToken";
import { database } from "./resources/edgekv/database";
import { namespace } from "./resources/edgekv/namespace";
import { activation } from "./resources/edgeworkers/activation";
import { edgeWorker } from "./resources/edgeworkers/edgeWorker";
import { version } from "./resources/edgeworkers/version";

/** Every resource there is, by its token: the only list. */
export const registry: ReadonlyMap<string, AnyResource> = new Map(
  [
    anyResource(database),
    anyResource(namespace),
    anyResource(accessToken),
    anyResource(edgeWorker),
    anyResource(version),
    anyResource(activation),
  ].map((resource) => [resource.token, resource]),
);
