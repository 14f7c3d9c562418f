/** How an EdgeWorker is known for this program's, although names are not unique and the API has no place for an owner. */
import type { EdgeWorkerId } from "../../../api/edgeworkers/ids";
import { shortHash } from "../../../framework/canonical";

const longestByApi = 128;
const hashLength = 12;
const anyMarker = new RegExp(`(?:^| )\\[pulumi [0-9a-f]{${hashLength}}\\]$`);

/** Ends the description of every EdgeWorker that the resource of this owner makes. */
function markerOf(owner: string): string {
  return `[pulumi ${shortHash(owner, hashLength)}]`;
}

/** What is left of the API's 128 characters for people. */
export const longestDescription = longestByApi - markerOf("").length - 1;

export function withMarker({ owner, description }: { readonly owner: string; readonly description?: string | undefined }): string {
  return description === undefined ? markerOf(owner) : `${description} ${markerOf(owner)}`;
}

/** The description as the program says it. */
export function withoutMarker(description: string | null | undefined): string | undefined {
  return description?.replace(anyMarker, "") || undefined;
}

export function hasMarker({ description }: EdgeWorkerId, owner: string): boolean {
  return description?.endsWith(markerOf(owner)) ?? false;
}
