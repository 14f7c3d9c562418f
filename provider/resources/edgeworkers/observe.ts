/** Reads of EdgeWorkers that its resources share. A stale replica does not show the latest change yet. */

import { listLimits } from "../../api/edgeworkers/account";
import { type EdgeWorkerId, findEdgeWorker, listEdgeWorkers } from "../../api/edgeworkers/ids";
import { listVersions, type Version } from "../../api/edgeworkers/versions";
import { findEventually, holdsOnAnyReplica } from "../../consistency/read";
import { isNotYetVisible } from "../../consistency/write";
import { ApiError } from "../../errors";
import type { Context } from "../../runtime/context";
import { keyOf } from "../../runtime/runState";

/**
 * The EdgeWorker, or undefined when it is gone. The API answers the same for an id that is gone and for one that the client may not
 * see. A state that forgets an id too early creates a second EdgeWorker. So the list of all ids must be without it, too.
 */
export async function findEdgeWorkerEventually(
  context: Context,
  id: number,
): Promise<EdgeWorkerId | undefined> {
  const live = await findEventually(context, () => findEdgeWorker(context.http, id));
  if (live !== undefined) return live;
  let inList: EdgeWorkerId | undefined;
  const isGone = await holdsOnAnyReplica(context, async () => {
    inList = (await listEdgeWorkers(context.http)).find(({ edgeWorkerId }) => edgeWorkerId === id);
    return inList === undefined;
  });
  return isGone ? undefined : inList;
}

/** What a preview can do without: undefined when the API client may not see it. */
export async function ifAllowed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return undefined;
    throw error;
  }
}

/** A limit of the account, such as `ew-id-per-account-limit`: one read for the whole run. Undefined when the service does not tell it. */
export async function limitOf(context: Context, id: string): Promise<number | undefined> {
  const limits = await ifAllowed(() =>
    context.runState.read(
      keyOf("edgeworkers limits"),
      () => listLimits(context.http),
      () => true,
    ),
  );
  return limits?.find(({ limitId }) => limitId === id)?.limitValue;
}

export function versionsOrNone(context: Context, id: number): Promise<Version[]> {
  return orNone(() => listVersions(context.http, id));
}

/** The versions of the EdgeWorker, read once in a run. */
export function versionsOfRun(context: Context, id: number): Promise<Version[]> {
  return context.runState.read(keyOf("versions", id), () => versionsOrNone(context, id));
}

/** A replica that does not know the id yet has nothing of it. */
export async function orNone<T>(list: () => Promise<T[]>): Promise<T[]> {
  try {
    return await list();
  } catch (error) {
    if (isNotYetVisible(error)) return [];
    throw error;
  }
}
