import { databaseKey } from "../../../api/edgekv/keys";
import { defineResource } from "../../../framework/resource";
import { findInitialization, toOutputs } from "./observe";
import { preflightDatabase } from "./preview";
import { databaseId, reconcileDatabase } from "./reconcile";
import { type DatabaseInputs, type DatabaseState, databaseSchema } from "./schema";

export const database = defineResource<DatabaseInputs, DatabaseState>(databaseSchema, {
  displayName: () => "the EdgeKV database of the account",

  check: {
    computeInputs(_draft, { runState }) {
      // Resources that need the database wait for one that the program declares.
      runState.planned.add(databaseKey);
      return { deletion: { mode: "retain" } };
    },

    validate: () => [],

    preflight: (draft, context) => preflightDatabase(context, draft),
  },

  diff: {
    deleteBeforeReplace: () => true,
  },

  async create(inputs, context) {
    return { id: databaseId, state: await reconcileDatabase(context, inputs) };
  },

  async read(state, context) {
    const live = await findInitialization(context);
    if (live === undefined) return undefined;
    // A policy that the program does not declare is no drift.
    const declared =
      state.dataAccessPolicy !== undefined && live.dataAccessPolicy
        ? { dataAccessPolicy: live.dataAccessPolicy }
        : {};
    return { ...state, ...toOutputs(live), ...declared };
  },

  update: (_old, news, context) => reconcileDatabase(context, news),

  async delete(_state, context) {
    context.logger.info(
      "EdgeKV stays initialized on the account, with all its data: an account can't be un-initialized. Nothing was changed.",
    );
  },
});
