/** Reads of an EdgeWorker, and how they compare with what a program declares. */
import { type EdgeWorkerId, listEdgeWorkers } from "../../../api/edgeworkers/ids";
import { edgeWorkerKey } from "../../../api/edgeworkers/keys";
import type { Version } from "../../../api/edgeworkers/versions";
import { agreesConsistently } from "../../../consistency/read";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import { versionsOrNone } from "../observe";
import { hasMarker, withMarker } from "./identity";
import type { EdgeWorkerInputs, EdgeWorkerState } from "./schema";

/** The fields that the service takes and can change. */
export function writableFields({ name, groupId, description, owner }: EdgeWorkerInputs) {
  return { name, groupId, description: withMarker({ owner, description }) };
}

export function isUpToDate({ name, groupId, description }: EdgeWorkerId, wanted: EdgeWorkerInputs): boolean {
  return same({ name, groupId, description }, writableFields(wanted));
}

/** An EdgeWorker with the ownership marker and no versions. One that has versions is in use: no interrupted create left it. */
export async function findInterruptedCreate(
  context: Context,
  { owner, resourceTierId }: EdgeWorkerInputs,
): Promise<EdgeWorkerId | undefined> {
  const all = await listEdgeWorkers(context.http, { resourceTierId });
  const marked = all.filter(
    (one) => hasMarker(one, owner) && !context.runState.created.has(edgeWorkerKey(one.edgeWorkerId)),
  );
  for (const one of marked) if ((await versionsOrNone(context, one.edgeWorkerId)).length === 0) return one;
  return undefined;
}

/** A stale replica may still show versions that were just deleted. Only those that every read shows are there. */
export async function versionsLeft(context: Context, id: number): Promise<Version[]> {
  let versions: Version[] = [];
  const none = await agreesConsistently(context, async () => {
    versions = await versionsOrNone(context, id);
    return versions.length === 0;
  });
  return none ? [] : versions;
}

export function toState(
  inputs: EdgeWorkerInputs,
  live: Pick<EdgeWorkerState, "edgeWorkerId" | "accountId" | "createdTime">,
): EdgeWorkerState {
  return {
    ...inputs,
    edgeWorkerId: live.edgeWorkerId,
    ...(live.accountId ? { accountId: live.accountId } : {}),
    ...(live.createdTime ? { createdTime: live.createdTime } : {}),
  };
}
