import type { Service } from "../service";
import { refreshDueTokens } from "./accessTokens/lifecycle";
import { advanceUploads } from "./bulk/jobs";
import { accessGroups } from "./routes/accessGroups";
import { accessTokens } from "./routes/accessTokens";
import { database } from "./routes/database";
import { downloads } from "./routes/downloads";
import { items } from "./routes/items";
import { namespaces } from "./routes/namespaces";
import { scheduledDeletes } from "./routes/scheduledDeletes";
import { uploads } from "./routes/uploads";
import { advanceEdgeKv } from "./state";

/** The EdgeKV admin API. */
export const edgekv = (): Service => ({
  name: "edgekv",
  base: "/edgekv/v1",
  routes: [
    ...database,
    ...accessGroups,
    ...namespaces,
    ...scheduledDeletes,
    ...items(),
    ...uploads,
    ...downloads(),
    ...accessTokens,
  ],
  advance(account, now, lags) {
    advanceUploads(account.edgekv, now, lags);
    advanceEdgeKv(account.edgekv, now, lags);
    refreshDueTokens(account.edgekv, account.settings, now, lags);
  },
});
