import type { Service } from "../service";
import { refreshDueTokens } from "./accessTokens/lifecycle";
import { accessGroups } from "./routes/accessGroups";
import { accessTokens } from "./routes/accessTokens";
import { database } from "./routes/database";
import { items } from "./routes/items";
import { namespaces } from "./routes/namespaces";
import { scheduledDeletes } from "./routes/scheduledDeletes";
import { advanceEdgeKv } from "./state";

/** The EdgeKV admin API. */
export const edgekv = (): Service => ({
  name: "edgekv",
  base: "/edgekv/v1",
  routes: [...database, ...accessGroups, ...namespaces, ...scheduledDeletes, ...items(), ...accessTokens],
  advance(account, now, lags) {
    advanceEdgeKv(account.edgekv, now, lags);
    refreshDueTokens(account.edgekv, account.settings, now, lags);
  },
});
