import type { Service } from "../service";
import { BASE } from "./request";
import { groups } from "./routes/accessGroups";
import { activations } from "./routes/activations";
import { ids } from "./routes/edgeWorkers";
import { lookups, type PropertiesOf } from "./routes/properties";
import { versions } from "./routes/versions";
import { advanceEdgeWorkers } from "./state";

/** The EdgeWorkers API. */
export const edgeworkers = (propertiesOf?: PropertiesOf): Service => ({
  name: "edgeworkers",
  base: BASE,
  routes: [...groups, ...lookups(propertiesOf), ...ids, ...versions, ...activations],
  advance: (account, now) => advanceEdgeWorkers(account.edgeworkers, now),
});
