/** Keeps the data of a namespace in files before its delete is sent. Without them, the delete is refused. */
import { resolve } from "node:path";
import { isNamespaceRefused } from "../../../api/edgekv/items";
import { isBulkUnavailable } from "../../../api/edgekv/uploads";
import { ApiError, PreconditionError, WaitError } from "../../../errors";
import { formatItems } from "../../../items/format";
import { findSnapshot, SnapshotWriter } from "../../../items/snapshot/files";
import type { Context } from "../../../runtime/context";
import { portable } from "../../../runtime/paths";
import { downloadVerified } from "../bulk/verifiedDownload";
import { whyUnreachable } from "../item/observe";
import { snapshotFolder } from "./dataAtRisk";
import { displayName, findNamespaceEventually, isScheduled } from "./observe";
import { maxDeleteDelay, type NamespaceInputs } from "./schema";

/** Seconds: a delete that is scheduled was asked for three days before it at most. */
const maxAge = maxDeleteDelay + 3600;

/** Before a delete: writes the snapshot that the program wants, if it wants one. */
export async function keepData(context: Context, state: NamespaceInputs): Promise<void> {
  const folder = snapshotFolder(context, state);
  if (folder === undefined) return;
  const live = await findNamespaceEventually(context, state.network, state.name);
  if (live === undefined) return;
  await (isScheduled(live) ? assertKept(context, state, folder) : takeSnapshot(context, state, folder));
}

/**
 * The data of a namespace whose delete is scheduled can't be read. So an earlier run must have kept it.
 * @param folder where the snapshots are
 */
export async function assertKept(context: Context, what: NamespaceInputs, folder: string): Promise<void> {
  const { network, name } = what;
  const kept = await findSnapshot(resolve(folder), { network, namespace: name });
  const age = kept === undefined ? undefined : (context.clock.now() - Date.parse(kept.takenAt)) / 1000;
  if (kept !== undefined && age !== undefined && age <= maxAge) {
    context.logger.info(
      `${displayName(what)} is scheduled for deletion already; its data is in ${kept.file} of ${folder}.`,
    );
    return;
  }
  throw refusal(
    what,
    `its delete is scheduled already, so that its data can't be read, and ${folder} has no snapshot of it`,
    "Cancel that delete first (declare the namespace as it was and run `up`), or remove `snapshotBeforeDelete` and run `up`",
  );
}

async function takeSnapshot(context: Context, what: NamespaceInputs, folder: string): Promise<void> {
  const { network, name: namespace } = what;
  const writer = openWriter(what, folder);
  try {
    await downloadVerified(context, { network, namespace }, writer);
    const { file, items } = writer.finish(new Date(context.clock.now()));
    context.logger.info(
      `${displayName(what)}: ${formatItems(items)} are kept in ${portable(resolve(folder, file), process.cwd())}. An \`ItemGroup\` with this \`file\` restores them.`,
    );
  } catch (error) {
    writer.discard();
    const reason = isNamespaceRefused(error)
      ? await whyUnreachable(context, { network, namespace })
      : undefined;
    // A run that was killed has deleted it: what still showed it was a stale replica.
    if (reason === "deleted") return;
    if (reason === "scheduled") return assertKept(context, what, folder);
    throw toRefusal(what, error);
  }
}

function openWriter(what: NamespaceInputs, folder: string): SnapshotWriter {
  try {
    return new SnapshotWriter(resolve(folder), { network: what.network, namespace: what.name });
  } catch (error) {
    throw toRefusal(what, error);
  }
}

function toRefusal(what: NamespaceInputs, error: unknown): unknown {
  if (error instanceof WaitError)
    return refusal(
      what,
      `its snapshot is short: ${error.message.trim().replace(/\.$/, "")}`,
      "Stop what writes to it meanwhile, and run again. Without `snapshotBeforeDelete`, its data goes with it",
    );
  if (isBulkUnavailable(error) && error instanceof ApiError)
    return refusal(
      what,
      `the service has no download of its data (${error.message})`,
      "Remove `snapshotBeforeDelete` and run `up` when the data may go without",
    );
  const code = (error as { readonly code?: unknown }).code;
  if (error instanceof ApiError || typeof code !== "string") {
    const message = error instanceof Error ? error.message : String(error);
    return refusal(what, `its snapshot failed: ${message}`, "Run again", error);
  }
  return refusal(
    what,
    `its snapshot can't be written (${code})`,
    "Set `snapshotBeforeDelete` to a folder that can be written",
  );
}

const refusal = (what: NamespaceInputs, reason: string, advice: string, cause?: unknown) =>
  new PreconditionError(`${displayName(what)} is not deleted: ${reason}. ${advice}`, { cause });
