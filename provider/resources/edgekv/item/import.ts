import { isNamespaceRefused } from "../../../api/edgekv/items";
import { findEventually } from "../../../consistency/read";
import type { ImportHooks } from "../../../framework/resource";
import { itemRefOf, readItem } from "./observe";
import { type ItemState, itemArgs } from "./schema";

const fields = ["network", "namespace", "group", "key"] as const;

export const importItem: ImportHooks<ItemState> = {
  form: "NETWORK/NAMESPACE/GROUP/KEY",
  example: "staging/catalog/settings/limits",

  identify(id) {
    const parts = id.split("/");
    const { shape } = itemArgs;
    const isValid = fields.every((field, index) => shape[field].safeParse(parts[index]).success);
    if (parts.length !== fields.length || !isValid) return undefined;
    return Object.fromEntries(fields.map((field, index) => [field, parts[index]]));
  },

  /** As text: it is what the service stores, byte for byte. */
  async find(context, known) {
    const state = known as ItemState;
    try {
      const live = await findEventually(context, () => readItem(context, itemRefOf(state)));
      return live === undefined ? undefined : { ...state, value: Buffer.from(live).toString("utf8") };
    } catch (error) {
      if (isNamespaceRefused(error)) return undefined;
      throw error;
    }
  },
};
