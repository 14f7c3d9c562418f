import { isNamespaceRefused } from "../../../api/edgekv/items";
import { PreconditionError } from "../../../errors";
import { defineResource } from "../../../framework/resource";
import { contentOf, itemValueOf, matchesContent } from "../../../items/content";
import type { Context } from "../../../runtime/context";
import { awaitDatabase } from "../database/observe";
import { importItem } from "./import";
import {
  describeAbsence,
  displayName,
  findForeignValue,
  hasExpired,
  isKnownFree,
  itemRefOf,
  readConsistent,
  whyUnreachable,
} from "./observe";
import { hasForeignValue, preflightItem, validateItem } from "./preview";
import { idOf, reconcileItem, removeItem } from "./reconcile";
import { type ItemInputs, type ItemState, itemSchema } from "./schema";

export const item = defineResource<ItemInputs, ItemState>(itemSchema, {
  displayName,

  check: {
    computeInputs: () => ({}),

    validate: (context, draft) => validateItem(context, draft),

    preflight: (context, draft) => preflightItem(context, draft),
  },

  import: importItem,

  diff: {
    deleteBeforeReplace: (old, news) => idOf(old) === idOf(news),

    hasDrift: async (context, old) => {
      if (!context.settings.previewReads || !(await hasExpired(context, old.writtenAt, old))) return false;
      await reportAbsence(context, old);
      return true;
    },
  },

  async create(context, inputs) {
    await awaitDatabase(context);
    const isForeign =
      !inputs.overwrite &&
      !isKnownFree(context, itemRefOf(inputs)) &&
      (await findForeignValue(context, itemRefOf(inputs), contentOf(inputs))) !== undefined;
    if (isForeign) throw new PreconditionError(hasForeignValue);
    return { id: idOf(inputs), state: await reconcileItem(context, inputs) };
  },

  async read(context, state) {
    let live: Uint8Array | undefined;
    try {
      live = await readConsistent(context, itemRefOf(state), contentOf(state), state.writtenAt);
    } catch (error) {
      if (!isNamespaceRefused(error)) throw error;
      const reason = await whyUnreachable(context, state);
      if (reason === undefined) throw error;
      const problem =
        reason === "deleted"
          ? "was deleted with its namespace"
          : "can't be read: the deletion of its namespace is scheduled";
      context.logger.warn(`${displayName(state)} ${problem}.`);
      return reason === "deleted" ? undefined : state;
    }
    if (live === undefined) {
      await reportAbsence(context, state);
      return undefined;
    }
    const { value: _, json: __, ...rest } = state;
    return matchesContent(live, contentOf(state)) ? state : { ...rest, ...itemValueOf(live, state) };
  },

  async update(context, old, news) {
    const isSameValue =
      matchesContent(contentOf(old).bytes, contentOf(news)) &&
      contentOf(old).json === contentOf(news).json &&
      old.retentionInSeconds === news.retentionInSeconds;
    const { writtenAt } = old;
    // A change of settings alone sends no request.
    if (isSameValue && writtenAt !== undefined && !(await hasExpired(context, writtenAt, old)))
      return { ...news, writtenAt };
    return reconcileItem(context, news);
  },

  delete: (context, state) => removeItem(context, state),
});

async function reportAbsence(context: Context, state: ItemState): Promise<void> {
  context.logger.warn(
    `${displayName(state)} ${await describeAbsence(context, state.writtenAt, state)}; \`up\` writes it again.`,
  );
}
