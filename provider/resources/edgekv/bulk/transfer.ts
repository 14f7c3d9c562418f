/** Which way items take: one request each, or many in one upload or download. */
import { isBulkUnavailable } from "../../../api/edgekv/uploads";
import { ApiError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { slot } from "../../../runtime/runState";
import type { ItemGroupInputs } from "../itemGroup/schema";

/**
 * From so many items on, `auto` transfers them in bulk. An upload is a job that takes ten seconds or more. Single
 * requests, of which the service takes some 70 a second, write 500 items in seven.
 */
export const bulkThreshold = 500;
/** Bytes of CSV in one upload, before it is packed: what a tool in use sends. No limit is documented. */
export const pieceBytes = 8 * 1024 * 1024;
/** Uploads of a group at a time. Each holds one piece in memory. */
export const uploadsAtOnce = 3;

/** What the service turned out not to have. A run asks once. */
const unavailable = slot(() => new Set<"upload" | "download">());

type TransferInputs = Pick<ItemGroupInputs, "transfer" | "sandboxId">;

export function usesBulk(
  { runState }: Context,
  { transfer, sandboxId }: TransferInputs,
  kind: "upload" | "download",
  items: number,
): boolean {
  // Sandboxes have neither uploads nor downloads.
  if (sandboxId !== undefined) return false;
  if (transfer === "items" || items === 0 || runState.get(unavailable).has(kind)) return false;
  return transfer === "bulk" || items >= bulkThreshold;
}

/** Whether the error means that the service has no such transfer. Reports it, once in a run. */
export function noteUnavailable(context: Context, kind: "upload" | "download", error: unknown): boolean {
  if (!isBulkUnavailable(error) || !(error instanceof ApiError)) return false;
  const known = context.runState.get(unavailable);
  if (known.has(kind)) return true;
  known.add(kind);
  const instead =
    kind === "upload"
      ? "items are written one by one, which takes longer"
      : "items are read one by one, and of a large group a sample";
  context.logger.warn(`the service takes no ${kind} of items (${error.message}): ${instead}.`);
  return true;
}
