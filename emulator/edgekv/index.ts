import type { Product } from "../service";
import { groups } from "./routes/accessGroups";
import { tokens } from "./routes/accessTokens";
import { initialization } from "./routes/database";
import { items } from "./routes/items";
import { namespaces } from "./routes/namespaces";
import { settle } from "./state";

/** The EdgeKV admin API. */
export const edgekv = (): Product => ({
  name: "edgekv",
  base: "/edgekv/v1",
  routes: [...initialization, ...groups, ...namespaces, ...items(), ...tokens],
  settle: (account, now, lags) => settle(account.edgekv, now, lags),
});
