/** All lookups by their tokens: the only list. */
import type { AnyLookup } from "../framework/lookup";
import * as edgekv from "./edgekvLookups";
import * as edgeworkers from "./edgeworkersLookups";
import * as property from "./propertyLookups";

export const lookups: ReadonlyMap<string, AnyLookup> = new Map(
  [edgekv, edgeworkers, property]
    .flatMap((product): AnyLookup[] => Object.values(product))
    .map((lookup) => [lookup.token, lookup]),
);
