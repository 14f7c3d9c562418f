import { activationKey } from "../../../api/edgeworkers/keys";
import { type Draft, defineResource } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { recordLive } from "../../../liveUse/observe";
import type { Context } from "../../../runtime/context";
import { takingOff } from "../../takingOff";
import { edgeWorkerIdOf } from "../byName";
import { leaveLive } from "../retained";
import { importActivation } from "./import";
import { findLiveEventually, versionsThatStay } from "./observe";
import { claimNetwork, latestVersion, preflightActivation } from "./preview";
import { activateVersion, deactivateVersion, resourceIdOf } from "./reconcile";
import { type ActivationInputs, type ActivationState, activationSchema } from "./schema";

export const activation = defineResource<ActivationInputs, ActivationState>(activationSchema, {
  displayName: ({ edgeWorkerId, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  check: {
    async computeInputs(context, draft) {
      return { ...defaultDeletion(context, draft), ...(await resolveNames(context, draft)) };
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

  delete: (context, state) => takingOff(context.runState, state, () => takeOff(context, state)),
});

/** Takes the version off the network, or records that it stays with what it uses. */
async function takeOff(context: Context, state: ActivationState): Promise<void> {
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
}

function defaultDeletion(
  { settings }: Context,
  { known, unknown }: Draft<ActivationInputs>,
): Partial<ActivationInputs> {
  if (known.deletion !== undefined || unknown.has("deletion") || known.network === undefined) return {};
  const isTakenOff = known.network === "staging" || settings.takeDown;
  return { deletion: { mode: isTakenOff ? "deactivate" : "retain" } };
}

/** The id of an EdgeWorker that is set by name, and the version that `latest` stands for. */
async function resolveNames(context: Context, { known }: Draft<ActivationInputs>) {
  const isLatest = known.version === "latest";
  if (known.edgeWorkerId === undefined) return isLatest ? { version: unknownValue } : {};
  const edgeWorkerId = await edgeWorkerIdOf(context, known.edgeWorkerId, "edgeWorkerId");
  return { edgeWorkerId, ...(isLatest && { version: await latestVersion(context, edgeWorkerId) }) };
}

async function reconcile(context: Context, inputs: ActivationInputs): Promise<ActivationState> {
  // Even when it fails: from now on this resource manages the network.
  context.runState.created.add(activationKey(inputs.edgeWorkerId, inputs.network));
  const state = await activateVersion(context, inputs);
  recordLive(context.runState, inputs.edgeWorkerId, inputs.network, state.version);
  return state;
}
