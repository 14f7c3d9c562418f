import { edgeWorkerKey } from "../../../api/edgeworkers/keys";
import { same } from "../../../framework/canonical";
import { defineResource } from "../../../framework/resource";
import { declareEdgeWorker } from "../../declared";
import { userOf } from "../../stillUsed";
import { findEdgeWorkerEventually } from "../observe";
import { displayName, withoutMarker } from "./identity";
import { importEdgeWorker } from "./import";
import { isUpToDate, toState, writableFields } from "./observe";
import { preflightEdgeWorker, tierByName } from "./preview";
import { confirm, ensureCreated, remove, sync } from "./reconcile";
import { type EdgeWorkerInputs, type EdgeWorkerState, edgeWorkerSchema } from "./schema";

export const edgeWorker = defineResource<EdgeWorkerInputs, EdgeWorkerState>(edgeWorkerSchema, {
  displayName,

  check: {
    async computeInputs(context, draft) {
      const { known, unknown, logicalName } = draft;
      const named = known.name === undefined && !unknown.has("name") ? { name: logicalName } : {};
      return { ...named, ...(await tierByName(context, draft)) };
    },

    validate(_context, { known, unknown }) {
      const hasTier = (["resourceTierId", "resourceTier"] as const).some(
        (field) => known[field] !== undefined || unknown.has(field),
      );
      const reason =
        "is required: the id of a resource tier, or its name as `resourceTier` with `contractId`";
      return hasTier ? [] : [{ property: "resourceTierId", reason }];
    },

    preflight: preflightEdgeWorker,
  },

  import: importEdgeWorker,

  diff: {
    deleteBeforeReplace: () => false,

    async hasDrift({ runState }, { edgeWorkerId, groupId }) {
      declareEdgeWorker(runState, edgeWorkerId, groupId);
      return false;
    },
  },

  async create(context, inputs) {
    const made = await ensureCreated(context, inputs);
    declareEdgeWorker(context.runState, made.edgeWorkerId, inputs.groupId);
    const unconfirmed = toState(inputs, made);
    // The answer is the truth. One that shows something else is waited out.
    const state = isUpToDate(made, inputs)
      ? unconfirmed
      : await confirm(context, made.edgeWorkerId, inputs, unconfirmed);
    return { id: String(made.edgeWorkerId), state };
  },

  async read(context, state) {
    const live = await findEdgeWorkerEventually(context, state.edgeWorkerId);
    if (live === undefined) {
      context.logger.warn(`${displayName(state)} is gone; \`up\` creates a new one with another id.`);
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

  async update(context, old, news) {
    declareEdgeWorker(context.runState, old.edgeWorkerId, news.groupId);
    // The service does not know `deleteVersions`, nor how the tier was named.
    if (same(writableFields(old), writableFields(news))) return toState(news, old);
    await sync(context, old.edgeWorkerId, news);
    // Until the change shows, the state has what was before it. So the next run requests it again.
    return toState(news, await confirm(context, old.edgeWorkerId, news, old));
  },

  async delete(context, state) {
    const { runState } = context;
    const key = edgeWorkerKey(state.edgeWorkerId);
    // A forced replacement may have adopted this very one.
    if (runState.created.has(key)) return;
    // This run left a version of it live, and reported that.
    if (userOf(runState, key) !== undefined) return;
    await remove(context, state);
  },
});
