/** How what EdgeWorkers shows is to be taken: its servers hear of a change one after the other. */

import { type EdgeWorkerId, findEdgeWorker, listEdgeWorkers } from "../../api/edgeworkers/ids";
import { listVersions, type Version } from "../../api/edgeworkers/versions";
import { findEventually } from "../../consistency/poll";
import { ApiError } from "../../errors";
import type { Context } from "../../runtime/context";
import { keyOf } from "../../runtime/runState";

/** Seconds within which every server has heard of an id or a version that was made. */
export const heardOfWithin = 60;
/** Seconds within which every server shows what was made or changed. */
export const showsWithin = 5 * 60;

/** The refusal of a server that does not know the id, or the version, that a request names. */
export function isNotYetVisible(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Whether something is so in at least one of several looks over some seconds: what one server still shows may be over. */
export async function holdsOnAnyReplica(context: Context, isSo: () => Promise<boolean>): Promise<boolean> {
  return (await findEventually(context, async () => ((await isSo()) ? true : undefined))) === true;
}

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

const looksInARow = 3;
const mostLooks = 12;

/** Whether several looks in a row find it so: what is to be destroyed must not be in use by any server's word. */
export async function agreesConsistently(context: Context, isSo: () => Promise<boolean>): Promise<boolean> {
  for (let look = 1, inARow = 0; look <= mostLooks; look++) {
    inARow = (await isSo()) ? inARow + 1 : 0;
    if (inARow === looksInARow) return true;
    await context.clock.sleep(1000);
  }
  return false;
}

const attempts = 5;

/**
 * Deletes, or finds that there is nothing to delete. The API says the same (404) of what is not there, of what can't be deleted, and of what the server that
 * was asked has not heard of: looks tell which, and another attempt may reach another server.
 */
export async function deleteIdempotently(context: Context, send: () => Promise<void>, find: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (!isNotYetVisible(error)) throw error;
      if (await holdsOnAnyReplica(context, async () => (await find()) === undefined)) return;
      if (attempt === attempts) throw error;
    }
  }
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
