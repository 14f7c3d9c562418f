import type { Product } from "../product";
import { groups } from "./groups";
import { initialization } from "./initialization";
import { items } from "./items";
import { namespaces } from "./namespaces";
import { settle } from "./state";
import { tokens } from "./tokens";

/** The EdgeKV admin API. */
export const edgekv = (): Product => ({
  name: "edgekv",
  base: "/edgekv/v1",
  routes: [...initialization, ...groups, ...namespaces, ...items(), ...tokens],
  settle: (account, now, lags) => settle(account.edgekv, now, lags),
});
