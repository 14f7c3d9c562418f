/**
 * Writes and deletes of one item. A write has the same effect on an item that exists and on one that does
 * not.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { deleteItem, type ItemContent, isNamespaceRefused, writeItem } from "../../../api/edgekv/items";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { PartialFailure, PreconditionError } from "../../../errors";
import { contentOf, matchesContent } from "../../../items/content";
import { isWrittenThisRun, markWritten } from "../../../items/declaredKeys";
import type { Context } from "../../../runtime/context";
import { isCondemned } from "../namespace/dataAtRisk";
import { displayName, inNamespace, itemKey, itemRefOf, readItem, whyUnreachable } from "./observe";
import type { ItemInputs, ItemState } from "./schema";

export function idOf({ network, namespace, group, key, sandboxId }: ItemInputs): string {
  return `${network}/${namespace}/${group}/${key}${sandboxId === undefined ? "" : `?sandboxId=${sandboxId}`}`;
}

export async function reconcileItem(context: Context, inputs: ItemInputs): Promise<ItemState> {
  const content = contentOf(inputs);
  markWritten(context.runState, inputs.owner);

  // Sync. It does not read first: a replica that shows the wanted value may be stale, and the item deleted.
  if (inputs.retentionInSeconds !== undefined) await uploadItem(context, inputs, content);
  else await inNamespace(context, inputs, () => writeItem(context.http, itemRefOf(inputs), content));
  const writtenAt = new Date(context.clock.now()).toISOString();

  // Observe. Without `writtenAt` in the state, the next run writes the item again.
  try {
    if (inputs.waitForPropagation) await awaitReadable(context, inputs, content);
  } catch (error) {
    throw new PartialFailure(idOf(inputs), { ...inputs }, error);
  }
  return { ...inputs, writtenAt };
}

export async function removeItem(context: Context, state: ItemState): Promise<void> {
  const ref = itemRefOf(state);

  // Observe. Items go with a namespace that is replaced. Those that live code reads stay, and those that another resource has just written.
  if (isCondemned(context.runState, state)) return;
  if (await readers().staysForReaders(context, state, displayName(state))) return;
  if (isWrittenThisRun(context.runState, ref, ref.key)) {
    context.logger.warn(
      `${displayName(state)} is not deleted: another resource, such as the replacement of this one, has just written it.`,
    );
    return;
  }

  // Delete. A namespace that is deleted, or will be, takes its items with it. Nothing waits for a delete to show.
  try {
    await inNamespace(context, ref, () => deleteItem(context.http, ref));
  } catch (error) {
    if (isNamespaceRefused(error) && (await whyUnreachable(context, ref)) !== undefined) return;
    throw error;
  }
  context.runState.deleted.add(itemKey(ref));
}

// Loaded when something is deleted or uploaded: most runs do neither.
const readers = () => require("./readers") as typeof import("./readers");
const csvRecords = () =>
  require("../../../runtime/csvRecords") as typeof import("../../../runtime/csvRecords");
const retention = () => require("../bulk/retention") as typeof import("../bulk/retention");
const upload = () => require("../bulk/runUpload") as typeof import("../bulk/runUpload");

/** Requests for one item carry no retention. Few items have one, so what uploads is loaded for those. */
async function uploadItem(context: Context, inputs: ItemInputs, { bytes }: ItemContent): Promise<void> {
  const { group, key, retentionInSeconds } = inputs;
  const csv = await promisify(gzip)(csvRecords().csvRecord(group, key, bytes, retentionInSeconds));
  let reason = "the service takes no uploads";
  const done = await upload().runUpload(context, inputs, csv, (given) => {
    reason = given;
  });
  const [failure] = done?.failures ?? [];
  if (done === undefined)
    throw new PreconditionError(`${reason}. \`retentionInSeconds\`: ${retention().needsUpload}`);
  if (done.errors > 0)
    throw new PreconditionError(`the upload could not write it: ${failure?.message ?? "it gives no reason"}`);
}

/**
 * Waits until a read shows a write. The message leaves out the value that reads show: it may be secret.
 */
function awaitReadable(context: Context, inputs: ItemInputs, content: ItemContent): Promise<void> {
  return pollUntil(context, {
    what: `${displayName(inputs)} to be readable`,
    observe: async (): Promise<Observation<void>> => {
      const live = await readItem(context, itemRefOf(inputs));
      if (live === undefined) return { state: "not visible", is: "pending" };
      if (!matchesContent(live, content)) return { state: "visible with its earlier value", is: "pending" };
      return { state: "up to date", is: "reached", value: undefined };
    },
    usual: propagation.itemUsual.seconds,
    timeout: propagation.itemPropagated.seconds,
  });
}
