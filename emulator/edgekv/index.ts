import type { Service } from "../service";
import { groups } from "./routes/accessGroups";
import { tokens } from "./routes/accessTokens";
import { initialization } from "./routes/database";
import { items } from "./routes/items";
import { namespaces } from "./routes/namespaces";
import { advanceEdgeKv } from "./state";

/** The EdgeKV admin API. */
export const edgekv = (): Service => ({
  name: "edgekv",
  base: "/edgekv/v1",
  routes: [...initialization, ...groups, ...namespaces, ...items(), ...tokens],
  advance: (account, now, lags) => advanceEdgeKv(account.edgekv, now, lags),
});
