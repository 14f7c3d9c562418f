import { activationKey } from "../../../api/edgeworkers/keys";
import { defineResource } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { leaveLive } from "../retained";
import { importActivation } from "./import";
import { findLiveEventually, versionsThatStay } from "./observe";
import { claimNetwork, preflightActivation } from "./preview";
import { activateVersion, deactivateVersion, resourceIdOf } from "./reconcile";
import { type ActivationInputs, type ActivationState, activationSchema } from "./schema";

export const activation = defineResource<ActivationInputs, ActivationState>(activationSchema, {
  displayName: ({ edgeWorkerId, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  check: {
    computeInputs(_context, { known, unknown }) {
      if (known.deletion !== undefined || unknown.has("deletion") || known.network === undefined) return {};
      return { deletion: { mode: known.network === "staging" ? "deactivate" : "retain" } };
    },

    validate: claimNetwork,

    preflight: preflightActivation,
  },

  import: importActivation,

  diff: {
    deleteBeforeReplace: (old, news) =>
      old.edgeWorkerId === news.edgeWorkerId && old.network === news.network,

    // An activation that did not succeed is reconciled again.
    hasDrift: async (_context, old) => old.status !== "COMPLETE",
  },

  async create(context, inputs) {
    return { id: resourceIdOf(inputs), state: await reconcile(context, inputs) };
  },

  async read(context, state) {
    const { edgeWorkerId, network } = state;
    const live = await findLiveEventually(context, state);
    if (live === undefined) {
      context.logger.warn(
        `EdgeWorker ${edgeWorkerId}: no version is live on ${network} any more; \`up\` activates ${state.version}.`,
      );
      return undefined;
    }
    return { ...state, version: live.version, activationId: live.activationId, status: live.status };
  },

  update: (context, _old, news) => reconcile(context, news),

  async delete(context, state) {
    const { edgeWorkerId, network, deletion } = state;
    // Renamed in the program, or replaced by force: another resource of this run manages the network now.
    if (context.runState.created.has(activationKey(edgeWorkerId, network))) return;
    if (deletion.mode === "deactivate") return deactivateVersion(context, state);
    for (const version of await versionsThatStay(context, state)) {
      await leaveLive(context, { edgeWorkerId, version, network }, []);
    }
  },
});

async function reconcile(context: Context, inputs: ActivationInputs): Promise<ActivationState> {
  // Even when it fails: from now on this resource manages the network.
  context.runState.created.add(activationKey(inputs.edgeWorkerId, inputs.network));
  return activateVersion(context, inputs);
}
