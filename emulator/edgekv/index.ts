import type { Service } from "../service";
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
  advance: ({ edgekv }, now, lags) => {
    advanceUploads(edgekv, now, lags);
    advanceEdgeKv(edgekv, now, lags);
  },
});
