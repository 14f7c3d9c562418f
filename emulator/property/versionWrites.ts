import type { RequestContext } from "../service";
import { isLocked } from "./activationProgress";
import { etagMismatch, PapiError } from "./errors";
import { formatId } from "./request";
import type { Property, Version } from "./state";

/** A version that is live, was live, or is on its way cannot be written to. */
export function assertUnlocked(context: RequestContext, property: Property, version: Version): void {
  if (!isLocked(property, version, context.account.settings.lockAttempted, context.now)) return;
  const detail = `Version ${version.propertyVersion} of property \`${formatId(context, "property", property.propertyId)}\` has already been activated, or is being activated. You cannot edit it.`;
  throw new PapiError(
    403,
    "v0/property-version/already-activated",
    "Property version already activated",
    detail,
  );
}

/** Where the request has `If-Match`, the etag must be one of its. */
export function assertEtag({ headers }: RequestContext, etag: string): void {
  const wanted = headers["if-match"]?.split(",").map((one) => one.trim().replace(/^(W\/)?"|"$/g, ""));
  if (wanted !== undefined && !wanted.includes("*") && !wanted.includes(etag)) throw etagMismatch();
}
