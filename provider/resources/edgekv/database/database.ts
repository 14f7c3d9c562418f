import { databaseKey } from "../../../api/edgekv/keys";
import { defineResource } from "../../../framework/resource";
import { importDatabase } from "./import";
import { declarePolicy, findInitialization, toOutputs } from "./observe";
import { preflightDatabase } from "./preview";
import { databaseId, reconcileDatabase } from "./reconcile";
import { type DatabaseInputs, type DatabaseState, databaseSchema } from "./schema";

export const database = defineResource<DatabaseInputs, DatabaseState>(databaseSchema, {
  displayName: () => "the EdgeKV database of the account",

  check: {
    computeInputs(context, { known }) {
      declarePolicy(context, known.dataAccessPolicy);
      const { runState } = context;
      // Resources that need the database wait for one that the program declares.
      runState.planned.add(databaseKey);
      return { deletion: { mode: "retain" } };
    },

    validate: () => [],

    preflight: (context, draft) => preflightDatabase(context, draft),
  },

  import: importDatabase,

  diff: {
    deleteBeforeReplace: () => true,
  },

  async create(context, inputs) {
    return { id: databaseId, state: await reconcileDatabase(context, inputs) };
  },

  async read(context, state) {
    const live = await findInitialization(context);
    if (live === undefined) return undefined;
    // A policy that the program does not declare is no drift.
    const declared =
      state.dataAccessPolicy !== undefined && live.dataAccessPolicy
        ? { dataAccessPolicy: live.dataAccessPolicy }
        : {};
    return { ...state, ...toOutputs(live), ...declared };
  },

  update: (context, _old, news) => reconcileDatabase(context, news),

  async delete(context, _state) {
    context.logger.info(
      "EdgeKV stays initialized on the account, with all its data: an account can't be un-initialized. Nothing was changed.",
    );
  },
});
