/**
 * Writes and deletes of one item. A write has the same effect on an item that exists and on one that does
 * not.
 */
import { deleteItem, isNamespaceRefused, writeItem } from "../../../api/edgekv/items";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { PartialFailure } from "../../../errors";
import { contentOf, matchesContent } from "../../../items/content";
import { isWrittenThisRun, markWritten } from "../../../items/declaredKeys";
import type { Context } from "../../../runtime/context";
import { isStillUsed } from "../namespace/observe";
import { displayName, inNamespace, itemRefOf, readItem, whyUnreachable } from "./observe";
import type { ItemInputs, ItemState } from "./schema";

/** Reads in a row that must agree, since each may come from another replica. */
const consecutiveMatches = 4;

export function idOf({ network, namespace, group, key }: ItemInputs): string {
  return `${network}/${namespace}/${group}/${key}`;
}

export async function reconcileItem(context: Context, inputs: ItemInputs): Promise<ItemState> {
  const content = contentOf(inputs);
  markWritten(context.runState, inputs.owner);

  // Sync. It does not read first: a replica that shows the wanted value may be stale, and the item deleted.
  await inNamespace(context, inputs, () => writeItem(context.http, itemRefOf(inputs), content));
  const writtenAt = new Date(context.clock.now()).toISOString();

  // Observe. Without `writtenAt` in the state, the next run writes the item again.
  try {
    const isVisible = (live: Uint8Array | undefined) => live !== undefined && matchesContent(live, content);
    if (inputs.waitForPropagation) await waitUntil(context, inputs, "to be readable", isVisible);
  } catch (error) {
    throw new PartialFailure(idOf(inputs), { ...inputs }, error);
  }
  return { ...inputs, writtenAt };
}

export async function removeItem(context: Context, state: ItemState): Promise<void> {
  const ref = itemRefOf(state);

  // Observe. Items that live code reads stay, and so do items that another resource has just written.
  if (isStillUsed(context.runState, { network: state.network, name: state.namespace })) return;
  if (isWrittenThisRun(context.runState, ref, ref.key)) {
    context.logger.warn(
      `${displayName(state)} is not deleted: another resource, such as the replacement of this one, has just written it.`,
    );
    return;
  }

  // Delete. A namespace that is deleted, or will be, takes its items with it.
  try {
    await inNamespace(context, ref, () => deleteItem(context.http, ref));
  } catch (error) {
    if (isNamespaceRefused(error) && (await whyUnreachable(context, ref)) !== undefined) return;
    throw error;
  }
  if (state.waitForPropagation)
    await waitUntil(context, state, "to be deleted", (live) => live === undefined);
}

/**
 * Waits until reads show the effect of a write or delete. The message leaves out the value that they show: it
 * may be secret.
 */
function waitUntil(
  context: Context,
  inputs: ItemInputs,
  target: string,
  isReached: (live: Uint8Array | undefined) => boolean,
): Promise<void> {
  return pollUntil(context, {
    what: `${displayName(inputs)} ${target}`,
    observe: async (): Promise<Observation<void>> => {
      const live = await readItem(context, itemRefOf(inputs));
      if (isReached(live)) return { state: "up to date", is: "reached", value: undefined };
      return { state: live === undefined ? "not visible" : "visible with its earlier value", is: "pending" };
    },
    timeout: propagation.itemPropagated.seconds,
    consecutiveMatches,
  });
}
