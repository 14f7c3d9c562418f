/** A retention of one item: only uploads carry it. */
import { isBulkUnavailable, listPendingUploads, type NamespaceRef } from "../../../api/edgekv/uploads";
import { ApiError } from "../../../errors";
import type { CheckFailure } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";

export const needsUpload =
  "only an upload can set it, and requests for one item carry no retention: leave it out, so that the retention of the namespace holds";

/** Why `up` could not write an item with a retention of its own. It asks for the list of uploads, once for each namespace. */
export async function retentionFailures(
  context: Context,
  property: string,
  ref: NamespaceRef,
): Promise<CheckFailure[]> {
  const refusal = await context.runState.read(
    keyOf("uploads", ref.network, ref.namespace),
    async () => {
      try {
        await listPendingUploads(context.http, ref);
        return undefined;
      } catch (error) {
        if (isBulkUnavailable(error) && error instanceof ApiError) return error.message;
        // A namespace that is not visible yet, or a right that is missing: `up` reports what it runs into.
        if (error instanceof ApiError) return undefined;
        throw error;
      }
    },
    () => true,
  );
  if (refusal === undefined) return [];
  return [
    { property, reason: `can't be set on this account, which takes no uploads (${refusal}): ${needsUpload}` },
  ];
}
