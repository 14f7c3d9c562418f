import { deleteItem, findItem, isNamespaceRefused, writeItem } from "../../../api/edgekv/items";
import { type Observation, pollUntil } from "../../../consistency/poll";

import { PartialFailure, PreconditionError } from "../../../errors";
import { defineResource } from "../../../framework/resource";
import { contentOf, holds, itemValueOf } from "../../../items/content";
import { isWrittenThisRun, markWritten } from "../../../items/declaredKeys";
import type { Context } from "../../../runtime/context";
import { awaitDatabase } from "../database/observe";
import { isStillUsed } from "../namespace/observe";
import { describeAbsence, displayName, findOther, hasExpired, inNamespace, itemRefOf, readConsistent, whyUnreachable } from "./observe";
import { exists, itemRules, preflightItem } from "./preview";
import { type ItemInputs, type ItemState, itemSchema } from "./schema";

/** Seconds; ten are documented for most writes and deletes, and no end for the others. */
const propagatesWithin = 20 * 60;
/** Looks in a row that must agree: each may be answered by another server. */
const confirmations = 4;

export const item = defineResource<ItemInputs, ItemState>(itemSchema, {
  displayName,

  check: {
    computeInputs: () => ({}),

    validate: itemRules,

    preflight: preflightItem,
  },

  diff: {
    deleteBeforeReplace: (old, news) => idOf(old) === idOf(news),

    hasDrift: async (old, context) => {
      if (!context.settings.previewReads || !(await hasExpired(old.writtenAt, old, context))) return false;
      context.logger.warn(`${displayName(old)} ${await describeAbsence(old.writtenAt, old, context)}; \`up\` writes it again.`);
      return true;
    },
  },

  async create(inputs, context) {
    await awaitDatabase(context);
    if (!inputs.overwrite && (await findOther(itemRefOf(inputs), contentOf(inputs), context)) !== undefined)
      throw new PreconditionError(exists);
    return { id: idOf(inputs), state: await write(inputs, context) };
  },

  async read(state, context) {
    let live: Uint8Array | undefined;
    try {
      live = await readConsistent(itemRefOf(state), contentOf(state), state.waitForPropagation ? undefined : state.writtenAt, context);
    } catch (error) {
      if (!isNamespaceRefused(error)) throw error;
      const why = await whyUnreachable(state, context);
      if (why === undefined) throw error;
      const what = why === "gone" ? "is gone with its namespace" : "can't be read: the deletion of its namespace is scheduled";
      context.logger.warn(`${displayName(state)} ${what}.`);
      return why === "gone" ? undefined : state;
    }
    if (live === undefined) {
      context.logger.warn(`${displayName(state)} ${await describeAbsence(state.writtenAt, state, context)}; \`up\` writes it again.`);
      return undefined;
    }
    const { value: _, json: __, ...rest } = state;
    return holds(live, contentOf(state)) ? state : { ...rest, ...itemValueOf(live, state) };
  },

  async update(old, news, context) {
    const settled = holds(contentOf(old).bytes, contentOf(news)) && contentOf(old).json === contentOf(news).json;
    const { writtenAt } = old;
    // A setting alone asks nothing of the service.
    if (settled && writtenAt !== undefined && !(await hasExpired(writtenAt, old, context))) return { ...news, writtenAt };
    return write(news, context);
  },

  async delete(state, context) {
    const place = itemRefOf(state);
    if (isStillUsed(context.runState, { network: state.network, name: state.namespace })) return;
    if (isWrittenThisRun(context.runState, place, place.key)) {
      context.logger.warn(`${displayName(state)} stays: the resource that has replaced this one, or another one, has just written it.`);
      return;
    }
    try {
      await inNamespace(place, context, () => deleteItem(context.http, place));
    } catch (error) {
      // It went with its namespace, or will.
      if (isNamespaceRefused(error) && (await whyUnreachable(place, context)) !== undefined) return;
      throw error;
    }
    if (state.waitForPropagation) await until(state, "to be gone", (live) => live === undefined, context);
  },
});

function idOf({ network, namespace, group, key }: ItemInputs): string {
  return `${network}/${namespace}/${group}/${key}`;
}

/** Writes an item, whatever is there: a server that shows the same value may be one that has not heard of its deletion. */
async function write(inputs: ItemInputs, context: Context): Promise<ItemState> {
  const content = contentOf(inputs);
  markWritten(context.runState, inputs.owner);
  await inNamespace(inputs, context, () => writeItem(context.http, itemRefOf(inputs), content));
  const writtenAt = new Date(context.clock.now()).toISOString();
  try {
    const shows = (live: Uint8Array | undefined) => live !== undefined && holds(live, content);
    if (inputs.waitForPropagation) await until(inputs, "to be readable", shows, context);
  } catch (error) {
    throw new PartialFailure(idOf(inputs), { ...inputs }, error);
  }
  return { ...inputs, writtenAt };
}

/** Waits until reads show what was done. What they show before is not told: it may be a secret. */
function until(inputs: ItemInputs, what: string, is: (live: Uint8Array | undefined) => boolean, context: Context): Promise<void> {
  return pollUntil(context, {
    what: `${displayName(inputs)} ${what}`,
    observe: async (): Promise<Observation<void>> => {
      const live = await inNamespace(inputs, context, () => findItem(context.http, itemRefOf(inputs)));
      if (is(live)) return { state: "so", is: "reached", value: undefined };
      return { state: live === undefined ? "not to be seen" : "shown with what it held before", is: "pending" };
    },
    timeout: propagatesWithin,
    consecutiveMatches: confirmations,
  });
}
