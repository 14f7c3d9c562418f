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

/** The EdgeWorkers of a list by their markers: found once for all who look for theirs. */
const markedIn = new WeakMap<readonly EdgeWorkerId[], ReadonlyMap<string, readonly EdgeWorkerId[]>>();

/** The EdgeWorkers with the owner's marker. */
export function markedBy(owner: string, all: readonly EdgeWorkerId[]): readonly EdgeWorkerId[] {
  const known = markedIn.get(all) ?? Map.groupBy(all, ({ description }) => markerAt(description));
  markedIn.set(all, known);
  return known.get(markerOf(owner)) ?? [];
}

function markerAt(description: string | null | undefined): string {
  return anyMarker.exec(description ?? "")?.[0].trimStart() ?? "";
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
