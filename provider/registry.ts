/**
 * Every resource there is, by its token: the only list. A resource's modules are loaded when it is first asked for: a program of one
 * product does without those of the others.
 */
import { type AnyResource, anyResource } from "./framework/resource";

const loaders: ReadonlyMap<string, () => AnyResource> = new Map([
  [
    "edgekv:Database",
    () =>
      anyResource(
        (
          require("./resources/edgekv/database/database") as typeof import("./resources/edgekv/database/database")
        ).database,
      ),
  ],
  [
    "edgekv:Namespace",
    () =>
      anyResource(
        (
          require("./resources/edgekv/namespace/namespace") as typeof import("./resources/edgekv/namespace/namespace")
        ).namespace,
      ),
  ],
  [
    "edgekv:AccessToken",
    () =>
      anyResource(
        (
          require("./resources/edgekv/accessToken/accessToken") as typeof import("./resources/edgekv/accessToken/accessToken")
        ).accessToken,
      ),
  ],
  [
    "edgekv:Item",
    () =>
      anyResource(
        (require("./resources/edgekv/item/item") as typeof import("./resources/edgekv/item/item")).item,
      ),
  ],
  [
    "edgekv:ItemGroup",
    () =>
      anyResource(
        (
          require("./resources/edgekv/itemGroup/itemGroup") as typeof import("./resources/edgekv/itemGroup/itemGroup")
        ).itemGroup,
      ),
  ],
  [
    "edgeworkers:EdgeWorker",
    () =>
      anyResource(
        (
          require("./resources/edgeworkers/edgeWorker/edgeWorker") as typeof import("./resources/edgeworkers/edgeWorker/edgeWorker")
        ).edgeWorker,
      ),
  ],
  [
    "edgeworkers:Version",
    () =>
      anyResource(
        (
          require("./resources/edgeworkers/version/version") as typeof import("./resources/edgeworkers/version/version")
        ).version,
      ),
  ],
  [
    "edgeworkers:Activation",
    () =>
      anyResource(
        (
          require("./resources/edgeworkers/activation/activation") as typeof import("./resources/edgeworkers/activation/activation")
        ).activation,
      ),
  ],
  [
    "property:EdgeWorkerRules",
    () =>
      anyResource(
        (
          require("./resources/property/edgeWorkerRules/edgeWorkerRules") as typeof import("./resources/property/edgeWorkerRules/edgeWorkerRules")
        ).edgeWorkerRules,
      ),
  ],
  [
    "property:Activation",
    () =>
      anyResource(
        (
          require("./resources/property/activation/activation") as typeof import("./resources/property/activation/activation")
        ).activation,
      ),
  ],
]);

export const registry = {
  get: (token: string): AnyResource | undefined => loaders.get(token)?.(),
  keys: (): IterableIterator<string> => loaders.keys(),
  /** Loads them all. */
  *[Symbol.iterator](): IterableIterator<[token: string, resource: AnyResource]> {
    for (const [token, load] of loaders) yield [token, load()];
  },
  *values(): IterableIterator<AnyResource> {
    for (const load of loaders.values()) yield load();
  },
};
