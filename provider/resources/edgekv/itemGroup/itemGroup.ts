import { defineResource } from "../../../framework/resource";
import { emptyManifest, unpack } from "../../../items/manifest";
import { awaitDatabase } from "../database/observe";
import { complete, displayName } from "./content";
import { readGroup } from "./observe";
import { hasDrift, preflightGroup, preflightUpdate, validateGroup } from "./preview";
import { reconcileItems, removeItems } from "./reconcile";
import { type ItemGroupInputs, type ItemGroupState, itemGroupSchema } from "./schema";

export const itemGroup = defineResource<ItemGroupInputs, ItemGroupState>(itemGroupSchema, {
  displayName,

  check: {
    computeInputs: complete,

    validate: validateGroup,

    preflight: preflightGroup,
  },

  diff: {
    deleteBeforeReplace: (old, news) => idOf(old) === idOf(news) && old.shards === news.shards,

    hasDrift,

    preflightUpdate,
  },

  async create(inputs, context) {
    await awaitDatabase(context);
    return { id: idOf(inputs), state: await reconcileItems(idOf(inputs), inputs, { manifest: emptyManifest, writes: [] }, context) };
  },

  read: readGroup,

  update: (old, news, context) => reconcileItems(idOf(news), news, { manifest: unpack(old.manifest), writes: old.writes }, context),

  delete: removeItems,
});

function idOf({ network, namespace, group }: ItemGroupInputs): string {
  return `${network}/${namespace}/${group}`;
}
