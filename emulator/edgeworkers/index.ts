import type { Service } from "../service";
import { BASE } from "./request";
import { accessGroups } from "./routes/accessGroups";
import { account } from "./routes/account";
import { activations } from "./routes/activations";
import { edgeWorkers } from "./routes/edgeWorkers";
import { type PropertiesOf, properties } from "./routes/properties";
import { validations } from "./routes/validations";
import { versions } from "./routes/versions";
import { advanceEdgeWorkers } from "./state";

/** The EdgeWorkers API. */
export const edgeworkers = (propertiesOf?: PropertiesOf): Service => ({
  name: "edgeworkers",
  base: BASE,
  routes: [
    ...accessGroups,
    ...account,
    ...properties(propertiesOf),
    ...edgeWorkers,
    ...versions,
    ...validations,
    ...activations,
  ],
  advance: (account, now) => advanceEdgeWorkers(account.edgeworkers, now),
});
