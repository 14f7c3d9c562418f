import {
  createEdgeWorker,
  deleteEdgeWorker,
  type EdgeWorkerId,
  findEdgeWorker,
  listEdgeWorkers,
  updateEdgeWorker,
} from "../../../api/edgeworkers/ids";
import { edgeWorkerKey, plannedEdgeWorkerKey } from "../../../api/edgeworkers/keys";
import { deleteVersion, findVersion, type Version } from "../../../api/edgeworkers/versions";
import { pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { agreesConsistently, findEventually } from "../../../consistency/read";
import { createOnce, deleteIdempotently, isNotYetVisible, retryWhileStale } from "../../../consistency/write";

import { PartialFailure, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { defineResource } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { userOf } from "../../stillUsed";
import { findEdgeWorkerEventually, versionsOrNone } from "../observe";
import { hasMarker, withMarker, withoutMarker } from "./identity";
import { preflightEdgeWorker, tierByName } from "./preview";
import { type EdgeWorkerInputs, type EdgeWorkerState, edgeWorkerSchema } from "./schema";
import { refuseWhileInUse } from "./uses";

export const edgeWorker = defineResource<EdgeWorkerInputs, EdgeWorkerState>(edgeWorkerSchema, {
  displayName: ({ name, edgeWorkerId }) =>
    `EdgeWorker ${name ?? "(name not known yet)"}${edgeWorkerId === undefined ? "" : ` (id ${edgeWorkerId})`}`,

  check: {
    async computeInputs(draft, context) {
      const { known, unknown, logicalName } = draft;
      const named = known.name === undefined && !unknown.has("name") ? { name: logicalName } : {};
      return { ...named, ...(await tierByName(draft, context)) };
    },

    validate({ known, unknown }) {
      const said = (["resourceTierId", "resourceTier"] as const).some((field) => known[field] !== undefined || unknown.has(field));
      const reason = "is required: the id of a resource tier, or its name as `resourceTier` with `contractId`";
      return said ? [] : [{ property: "resourceTierId", reason }];
    },

    preflight: preflightEdgeWorker,
  },

  diff: {
    deleteBeforeReplace: () => false,
  },

  async create(inputs, context) {
    const made = await makeEdgeWorker(inputs, context);
    context.runState.planned.delete(plannedEdgeWorkerKey(inputs.owner));
    const state = toState(inputs, made);
    return { id: String(made.edgeWorkerId), state: await settled(made.edgeWorkerId, inputs, state, context) };
  },

  async read(state, context) {
    const { edgeWorkerId } = state;
    const live = await findEdgeWorkerEventually(edgeWorkerId, context);
    if (live === undefined) {
      context.logger.warn(`${edgeWorker.displayName(state)} is gone; \`up\` makes a new one with another id.`);
      return undefined;
    }
    const { description: _, ...rest } = toState(state, live);
    const description = withoutMarker(live.description);
    return {
      ...rest,
      name: live.name,
      groupId: live.groupId,
      resourceTierId: live.resourceTierId ?? state.resourceTierId,
      ...(description === undefined ? {} : { description }),
    };
  },

  async update(old, news, context) {
    const { edgeWorkerId } = old;
    // `deleteVersions` and how the tier was named are this program's own business.
    if (same(writable(old), writable(news))) return toState(news, old);
    await updateEdgeWorker(context.http, edgeWorkerId, writable(news)).catch(async (error: unknown) => {
      if (!isNotYetVisible(error)) throw error;
      throw new PreconditionError(
        `it is gone. Run \`pulumi refresh\`, so that the next \`up\` makes a new one (${(error as Error).message})`,
      );
    });
    // Until the change was seen, the state tells what was before it, so that the next run asks for it again.
    return toState(news, await settled(edgeWorkerId, news, old, context));
  },

  async delete(state, context) {
    const { edgeWorkerId, deleteVersions } = state;
    const find = () => findEdgeWorker(context.http, edgeWorkerId);
    // A replacement that was forced may have found this very one.
    if (context.runState.created.has(edgeWorkerKey(edgeWorkerId))) return;
    // This run has left a version of it live, and said so.
    if (userOf(context.runState, edgeWorkerKey(edgeWorkerId)) !== undefined) return;
    if ((await findEdgeWorkerEventually(edgeWorkerId, context)) === undefined) return;
    await refuseWhileInUse(edgeWorkerId, context);
    const versions = await versionsLeft(edgeWorkerId, context);
    if (versions.length > 0 && !deleteVersions) {
      throw new PreconditionError(
        `it has versions that this program did not make: ${versions.map(({ version }) => version).join(", ")}. Delete them, or say \`deleteVersions: true\` and run \`up\` before destroying`,
      );
    }
    for (const { version } of versions) {
      const look = () => findVersion(context.http, edgeWorkerId, version);
      await deleteIdempotently(context, () => deleteVersion(context.http, edgeWorkerId, version), look);
    }
    await deleteIdempotently(context, () => deleteEdgeWorker(context.http, edgeWorkerId), find);
    await pollUntil(context, {
      what: `${edgeWorker.displayName(state)} to be gone`,
      observe: async () =>
        (await find()) === undefined ? { state: "gone", is: "reached", value: undefined } : { state: "still there", is: "pending" },
      timeout: propagation.edgeWorkerChanged.seconds,
      consecutiveMatches: 2,
    });
  },
});

// ---- create ----

/**
 * The one that an interrupted run made, or a new one. Its mark tells whose it is from the moment it exists, with nothing to change afterwards. One that has
 * versions is in use, and never what an interrupted create left behind.
 */
async function makeEdgeWorker(inputs: EdgeWorkerInputs, context: Context): Promise<EdgeWorkerId> {
  const { runState } = context;
  const { owner, resourceTierId } = inputs;
  const find = async () => {
    const all = await listEdgeWorkers(context.http, { resourceTierId });
    const marked = all.filter((one) => hasMarker(one, owner) && !runState.created.has(edgeWorkerKey(one.edgeWorkerId)));
    for (const one of marked) if ((await versionsOrNone(one.edgeWorkerId, context)).length === 0) return one;
    return undefined;
  };
  const left = await findEventually(context, find);
  if (left !== undefined) {
    const { edgeWorkerId } = left;
    runState.created.add(edgeWorkerKey(edgeWorkerId));
    if (await claimLeftover(edgeWorkerId, inputs, context)) {
      context.logger.info(`${edgeWorker.displayName({ ...inputs, edgeWorkerId })} is there from an earlier run: going on with it.`);
      return left;
    }
  }
  const send = () => createEdgeWorker(context.http, { ...writable(inputs), resourceTierId });
  const made = await createOnce(context, { send, find, window: 20 });
  runState.created.add(edgeWorkerKey(made.edgeWorkerId));
  return made;
}

/** Writes to what a server shows; false when it was deleted, which that server has not heard of: a write tells, whatever is shown. */
async function claimLeftover(id: number, inputs: EdgeWorkerInputs, context: Context): Promise<boolean> {
  const send = () => updateEdgeWorker(context.http, id, writable(inputs));
  try {
    await retryWhileStale(context, { send, isStale: isNotYetVisible, window: propagation.edgeWorkerStale.seconds });
    return true;
  } catch (error) {
    if (!isNotYetVisible(error)) throw error;
    return false;
  }
}

/** Waits until all servers show what is wanted; otherwise what is `kept` is the state. */
async function settled(id: number, wanted: EdgeWorkerInputs, kept: EdgeWorkerState, context: Context): Promise<EdgeWorkerState> {
  try {
    const live = await pollUntil(context, {
      what: `EdgeWorker ${id} to show what was set`,
      observe: async () => {
        const seen = await findEdgeWorker(context.http, id);
        if (seen === undefined) return { state: "not to be seen", is: "pending" };
        const { name, groupId, description } = seen;
        if (same({ name, groupId, description }, writable(wanted))) return { state: "as wanted", is: "reached", value: seen };
        return { state: `${name} in group ${groupId}`, is: "pending" };
      },
      timeout: propagation.edgeWorkerChanged.seconds,
      consecutiveMatches: 2,
    });
    return toState(wanted, live);
  } catch (error) {
    throw new PartialFailure(String(id), { ...kept }, error);
  }
}

// ---- delete ----

/** A server may still show versions that were deleted a moment ago: only those that keep being shown are there. */
async function versionsLeft(id: number, context: Context): Promise<Version[]> {
  let versions: Version[] = [];
  const none = await agreesConsistently(context, async () => {
    versions = await versionsOrNone(id, context);
    return versions.length === 0;
  });
  return none ? [] : versions;
}

// ---- wire to state ----

/** What the service takes, and can change. */
function writable({ name, groupId, description, owner }: EdgeWorkerInputs): { name: string; groupId: number; description: string } {
  return { name, groupId, description: withMarker({ owner, description }) };
}

function toState(inputs: EdgeWorkerInputs, live: Pick<EdgeWorkerState, "edgeWorkerId" | "accountId" | "createdTime">): EdgeWorkerState {
  return {
    ...inputs,
    edgeWorkerId: live.edgeWorkerId,
    ...(live.accountId ? { accountId: live.accountId } : {}),
    ...(live.createdTime ? { createdTime: live.createdTime } : {}),
  };
}
