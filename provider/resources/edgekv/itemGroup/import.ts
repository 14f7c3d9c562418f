import { isNamespaceRefused } from "../../../api/edgekv/items";
import { findEventually } from "../../../consistency/read";
import { PreconditionError } from "../../../errors";
import type { ImportHooks } from "../../../framework/resource";
import { fingerprintOf } from "../../../items/fingerprint";
import { emptyManifest, manifestOf } from "../../../items/manifest";
import { pack } from "../../../items/packedManifest";
import { utf8Text } from "../../../runtime/encoding";
import { readItem } from "../item/observe";
import { displayName } from "./content";
import { findUnmanagedKeys } from "./observe";
import { type ItemGroupState, itemGroupArgs } from "./schema";

const fields = ["network", "namespace", "group"] as const;

export const importItemGroup: ImportHooks<ItemGroupState> = {
  form: "NETWORK/NAMESPACE/GROUP",
  example: "staging/catalog/settings",

  identify(id) {
    const parts = id.split("/");
    const { shape } = itemGroupArgs;
    const isValid = fields.every((field, index) => shape[field].safeParse(parts[index]).success);
    if (parts.length !== fields.length || !isValid) return undefined;
    return Object.fromEntries(fields.map((field, index) => [field, parts[index]]));
  },

  /** All items of the group, each as text. */
  async find(context, known) {
    const state = known as ItemGroupState;
    const scope = { ...state, groups: [state.group], shards: 1, transfer: "items" as const };
    try {
      const { keys, isComplete } = await findUnmanagedKeys(context, scope, emptyManifest);
      if (keys.length === 0) return undefined;
      if (!isComplete)
        throw new PreconditionError(
          `${displayName(state)} are more than EdgeKV lists. Declare them with a \`file\`: \`up\` takes what is there with the same values`,
        );
      const items: [key: string, text: string][] = [];
      for (const { key } of keys.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
        const live = await findEventually(context, () => readItem(context, { ...state, key }));
        // Deleted in between.
        if (live === undefined) continue;
        const text = utf8Text(live);
        if (text === undefined)
          throw new PreconditionError(
            `the item ${key} is no text in UTF-8: declare the group with a \`folder\``,
          );
        items.push([key, text]);
      }
      const fingerprints = items.map(([key, text]): [string, string] => [
        key,
        fingerprintOf({ bytes: Buffer.from(text), json: false }),
      ]);
      // When they were written is not known. Their retention counts from now: a refresh shows what expired before.
      const now = new Date(context.serviceClock.now()).toISOString();
      return {
        ...state,
        items: Object.fromEntries(items),
        ...pack(manifestOf(fingerprints)),
        writes: [now],
      };
    } catch (error) {
      if (isNamespaceRefused(error)) return undefined;
      throw error;
    }
  },
};
