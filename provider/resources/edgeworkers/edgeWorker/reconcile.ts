/** How an EdgeWorker is created once, changed and deleted. */
import {
  createEdgeWorker,
  deleteEdgeWorker,
  type EdgeWorkerId,
  findEdgeWorker,
  updateEdgeWorker,
} from "../../../api/edgeworkers/ids";
import { edgeWorkerKey } from "../../../api/edgeworkers/keys";
import { deleteVersion, findVersion } from "../../../api/edgeworkers/versions";
import { pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { createOnce, deleteIdempotently, isNotYetVisible, retryWhileStale } from "../../../consistency/write";
import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { findEdgeWorkerEventually, versionsOrNone } from "../observe";
import { displayName } from "./identity";
import {
  findAdoptable,
  findInterruptedCreate,
  findLostCreate,
  isUpToDate,
  toState,
  versionsLeft,
  writableFields,
} from "./observe";
import type { EdgeWorkerInputs, EdgeWorkerState } from "./schema";
import { assertUnused, hasNoRules } from "./uses";

// ---- Ensure ----

/** Adopts the EdgeWorker of an interrupted run, or creates one. Its ownership marker is on it from the start. */
export async function ensureCreated(context: Context, inputs: EdgeWorkerInputs): Promise<EdgeWorkerId> {
  const { created } = context.runState;
  const { resourceTierId } = inputs;
  const own = await findInterruptedCreate(context, inputs);
  const left = own ?? (await findAdoptable(context, inputs));
  if (left !== undefined) {
    const { edgeWorkerId } = left;
    created.add(edgeWorkerKey(edgeWorkerId));
    if (await adopt(context, edgeWorkerId, inputs)) {
      context.logger.info(
        own === undefined
          ? `${displayName({ ...inputs, edgeWorkerId })} exists already: adopting it with its versions.`
          : `${displayName({ ...inputs, edgeWorkerId })} is there from an earlier run: going on with it.`,
      );
      return { ...left, ...writableFields(inputs) };
    }
  }
  const send = () => createEdgeWorker(context.http, { ...writableFields(inputs), resourceTierId });
  const find = () => findLostCreate(context, inputs);
  const made = await createOnce(context, { send, find, window: propagation.edgeWorkerCreateLost.seconds });
  created.add(edgeWorkerKey(made.edgeWorkerId));
  return made;
}

/** Sets its fields. False when it was deleted: a stale replica may show it, but no write succeeds. */
async function adopt(context: Context, id: number, inputs: EdgeWorkerInputs): Promise<boolean> {
  const send = () => updateEdgeWorker(context.http, id, writableFields(inputs));
  try {
    await retryWhileStale(context, {
      send,
      isStale: isNotYetVisible,
      window: propagation.edgeWorkerStale.seconds,
    });
    return true;
  } catch (error) {
    if (!isNotYetVisible(error)) throw error;
    return false;
  }
}

// ---- Sync ----

export async function sync(context: Context, id: number, inputs: EdgeWorkerInputs): Promise<EdgeWorkerId> {
  try {
    return await retryWhileStale(context, {
      send: () => updateEdgeWorker(context.http, id, writableFields(inputs)),
      isStale: async (error) =>
        isNotYetVisible(error) && (await findEdgeWorkerEventually(context, id)) !== undefined,
      window: propagation.edgeWorkerStale.seconds,
    });
  } catch (error) {
    if (!isNotYetVisible(error)) throw error;
    throw new PreconditionError(
      `it is gone. Run \`pulumi refresh\`, so that the next \`up\` creates a new one (${(error as Error).message})`,
    );
  }
}

/** Waits until reads show what is wanted: a change takes minutes. When they do not, `unconfirmed` is the state. */
export async function confirm(
  context: Context,
  id: number,
  wanted: EdgeWorkerInputs,
  unconfirmed: EdgeWorkerState,
): Promise<EdgeWorkerState> {
  try {
    const live = await pollUntil(context, {
      what: `EdgeWorker ${id} to show what was set`,
      observe: async () => {
        const seen = await findEdgeWorker(context.http, id);
        if (seen === undefined) return { state: "not to be seen", is: "pending" };
        if (isUpToDate(seen, wanted)) return { state: "as wanted", is: "reached", value: seen };
        return { state: `${seen.name} in group ${seen.groupId}`, is: "pending" };
      },
      timeout: propagation.edgeWorkerChanged.seconds,
      consecutiveMatches: 2,
    });
    return toState(wanted, live);
  } catch (error) {
    throw new PartialFailure(String(id), { ...unconfirmed }, error);
  }
}

// ---- Delete ----

/** Deletes the EdgeWorker. Versions of others are deleted with it only when the state has `deleteVersions`. */
export async function remove(context: Context, state: EdgeWorkerState): Promise<void> {
  const { edgeWorkerId, deleteVersions } = state;
  const find = () => findEdgeWorkerEventually(context, edgeWorkerId);
  const send = () => deleteEdgeWorker(context.http, edgeWorkerId);
  if (deleteVersions) {
    await assertUnused(context, edgeWorkerId);
    await removeVersions(context, edgeWorkerId);
    return deleteIdempotently(context, send, find);
  }
  // The service refuses while there is a version, so that only rules of properties have to be looked for.
  if (!(await hasNoRules(context, edgeWorkerId))) await assertUnused(context, edgeWorkerId);
  try {
    await deleteIdempotently(context, send, find);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await assertUnused(context, edgeWorkerId);
    const versions = await versionsLeft(context, edgeWorkerId);
    if (versions.length === 0) throw error;
    const names = versions.map(({ version }) => version).join(", ");
    throw new PreconditionError(
      `it has versions that this program did not create: ${names}. Delete them, or set \`deleteVersions: true\` and run \`up\` before destroying`,
    );
  }
}

async function removeVersions(context: Context, edgeWorkerId: number): Promise<void> {
  for (const { version } of await versionsOrNone(context, edgeWorkerId)) {
    const send = () => deleteVersion(context.http, edgeWorkerId, version);
    await deleteIdempotently(context, send, () => findVersion(context.http, edgeWorkerId, version));
  }
}
