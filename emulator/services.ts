import { edgeKvDataPlane } from "./edgekv/dataPlane";
import { edgekv } from "./edgekv/index";
import { edgeworkers } from "./edgeworkers/index";
import { seededProperties } from "./edgeworkers/routes/properties";
import { propertiesWith, property } from "./property/index";
import type { Service } from "./service";

/** Every API that the emulator has. */
export const createServices = (): readonly Service[] => [
  edgekv(),
  edgeKvDataPlane(),
  edgeworkers((account, id) => [...seededProperties(account, id), ...propertiesWith(account, id)]),
  property(),
];
