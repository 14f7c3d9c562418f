import type { Product } from "../service";
import { BASE } from "./request";
import { groups } from "./routes/accessGroups";
import { activations } from "./routes/activations";
import { ids } from "./routes/edgeWorkers";
import { lookups, type PropertiesOf } from "./routes/properties";
import { versions } from "./routes/versions";
import { settle } from "./state";

/** The EdgeWorkers API. */
export const edgeworkers = (propertiesOf?: PropertiesOf): Product => ({
  name: "edgeworkers",
  base: BASE,
  routes: [...groups, ...lookups(propertiesOf), ...ids, ...versions, ...activations],
  settle: (account, now) => settle(account.edgeworkers, now),
});
