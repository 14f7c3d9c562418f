/** How this program's EdgeWorker is recognized: names are not unique, and the API has no field for an owner. */
import type { EdgeWorkerId } from "../../../api/edgeworkers/ids";
import { shortHash } from "../../../framework/canonical";

const maxByApi = 128;
const hashLength = 12;
const anyMarker = new RegExp(`(?:^| )\\[pulumi [0-9a-f]{${hashLength}}\\]$`);

/** The ownership marker at the end of the description. */
function markerOf(owner: string): string {
  return `[pulumi ${shortHash(owner, hashLength)}]`;
}

/** What is left of the API's 128 characters for people. */
export const maxDescriptionLength = maxByApi - markerOf("").length - 1;

export function withMarker({
  owner,
  description,
}: {
  readonly owner: string;
  readonly description?: string | undefined;
}): string {
  return description === undefined ? markerOf(owner) : `${description} ${markerOf(owner)}`;
}

/** The description as the program sets it. */
export function withoutMarker(description: string | null | undefined): string | undefined {
  return description?.replace(anyMarker, "") || undefined;
}

/** Tells whose EdgeWorkers have the owner's marker. It is computed once for many of them. */
export function markedBy(owner: string): (one: EdgeWorkerId) => boolean {
  const marker = markerOf(owner);
  return ({ description }) => description?.endsWith(marker) ?? false;
}

export function displayName({
  name,
  edgeWorkerId,
}: {
  readonly name?: string | undefined;
  readonly edgeWorkerId?: number | undefined;
}) {
  return `EdgeWorker ${name ?? "(name not known yet)"}${edgeWorkerId === undefined ? "" : ` (id ${edgeWorkerId})`}`;
}
