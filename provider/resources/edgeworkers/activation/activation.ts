import { activationKey } from "../../../api/edgeworkers/keys";
import { defineResource } from "../../../framework/resource";
import { recordLive } from "../../../liveUse/account";
import type { Context } from "../../../runtime/context";
import { leaveLive } from "../retained";
import { findLiveEventually, versionsThatStay } from "./observe";
import { claimNetwork, preflightActivation } from "./preview";
import { activateVersion, deactivateVersion, resourceIdOf } from "./reconcile";
import { type ActivationInputs, type ActivationState, activationSchema } from "./schema";

export const activation = defineResource<ActivationInputs, ActivationState>(activationSchema, {
  displayName: ({ edgeWorkerId, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  check: {
    computeInputs({ settings }, { known, unknown }) {
      if (known.deletion !== undefined || unknown.has("deletion") || known.network === undefined) return {};
      const isTakenOff = known.network === "staging" || settings.takeDown;
      return { deletion: { mode: isTakenOff ? "deactivate" : "retain" } };
    },

    validate: claimNetwork,

    preflight: preflightActivation,
  },

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
    if (deletion.mode === "deactivate") {
      await deactivateVersion(context, state);
      return recordLive(context.runState, edgeWorkerId, network, undefined);
    }
    for (const version of await versionsThatStay(context, state)) {
      await leaveLive(context, { edgeWorkerId, version, network }, []);
    }
  },
});

async function reconcile(context: Context, inputs: ActivationInputs): Promise<ActivationState> {
  // Even when it fails: from now on this resource manages the network.
  context.runState.created.add(activationKey(inputs.edgeWorkerId, inputs.network));
  const state = await activateVersion(context, inputs);
  recordLive(context.runState, inputs.edgeWorkerId, inputs.network, state.version);
  return state;
}
