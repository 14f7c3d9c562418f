import type { Product } from "../product";
import { activations } from "./activations";
import { groups } from "./groups";
import { ids } from "./ids";
import { lookups, type PropertiesOf } from "./lookups";
import { BASE } from "./requests";
import { settle } from "./state";
import { versions } from "./versions";

/** The EdgeWorkers API. */
export const edgeworkers = (propertiesOf?: PropertiesOf): Product => ({
  name: "edgeworkers",
  base: BASE,
  routes: [...groups, ...lookups(propertiesOf), ...ids, ...versions, ...activations],
  settle: (account, now) => settle(account.edgeworkers, now),
});
