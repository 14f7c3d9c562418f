import type { Service } from "../service";
import { BASE } from "./request";
import { accessGroups } from "./routes/accessGroups";
import { account } from "./routes/account";
import { activations } from "./routes/activations";
import { edgeWorkers } from "./routes/edgeWorkers";
import { loggings } from "./routes/loggings";
import { type PropertiesOf, properties } from "./routes/properties";
import { reports } from "./routes/reports";
import { revisions } from "./routes/revisions";
import { secureTokens } from "./routes/secureTokens";
import { validations } from "./routes/validations";
import { versions } from "./routes/versions";
import { advanceEdgeWorkers } from "./tombstones";

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
    ...revisions,
    ...loggings,
    ...secureTokens,
    ...reports,
  ],
  advance: (account, now) => advanceEdgeWorkers(account.edgeworkers, now),
});
