/** How what EdgeWorkers shows is to be taken: its servers hear of a change one after the other. */

import { type EdgeWorkerId, findEdgeWorker, listEdgeWorkers } from "../../api/edgeworkers/ids";
import { listVersions, type Version } from "../../api/edgeworkers/versions";
import { findEventually, holdsOnAnyReplica } from "../../consistency/read";
import { isNotYetVisible } from "../../consistency/write";

import { ApiError } from "../../errors";
import type { Context } from "../../runtime/context";
import { keyOf } from "../../runtime/runState";

/**
 * The EdgeWorker, or undefined when it is gone: the list of all ids must be without it, too. The API says the same of what is not there and of what the client
 * may not see, and an id that is given up although it is there becomes two.
 */
export async function findEdgeWorkerEventually(id: number, context: Context): Promise<EdgeWorkerId | undefined> {
  const live = await findEventually(context, () => findEdgeWorker(context.http, id));
  if (live !== undefined) return live;
  let listed: EdgeWorkerId | undefined;
  const isGone = await holdsOnAnyReplica(context, async () => {
    listed = (await listEdgeWorkers(context.http)).find(({ edgeWorkerId }) => edgeWorkerId === id);
    return listed === undefined;
  });
  return isGone ? undefined : listed;
}

/** What a preview would like to know, but can do without: undefined when the API client may not see it. */
export async function ifAllowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return undefined;
    throw error;
  }
}

export function versionsOrNone(id: number, context: Context): Promise<Version[]> {
  return orNone(() => listVersions(context.http, id));
}

/** The versions of the EdgeWorker, asked for once in a run. */
export function listed(id: number, context: Context): Promise<Version[]> {
  return context.runState.read(keyOf("versions", id), () => versionsOrNone(id, context));
}

/** A server that has not heard of the id has nothing of it to show. */
export async function orNone<T>(list: () => Promise<T[]>): Promise<T[]> {
  try {
    return await list();
  } catch (error) {
    if (isNotYetVisible(error)) return [];
    throw error;
  }
}
