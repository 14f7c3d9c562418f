import { edgeKvDataPlane } from "./edgekv/dataPlane";
import { edgekv } from "./edgekv/index";
import { edgeworkers } from "./edgeworkers/index";
import { seededProperties } from "./edgeworkers/lookups";
import type { Product } from "./product";
import { propertiesWith, property } from "./property/index";

/** All that the emulator answers for. */
export const products = (): readonly Product[] => [
  edgekv(),
  edgeKvDataPlane(),
  edgeworkers((account, id) => [...seededProperties(account, id), ...propertiesWith(account, id)]),
  property(),
];
