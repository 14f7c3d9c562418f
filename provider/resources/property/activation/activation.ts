import { propertyActivationKey } from "../../../api/property/keys";
import { activeVersions, findNetworkState } from "../../../api/property/networkState";
import { findEventually } from "../../../consistency/read";
import { defineResource } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { resolveProperty } from "../propertyRef";
import { isOwn, type KnownVersions, reportForeignVersion } from "./foreignActivations";
import { importActivation } from "./import";
import { findCurrent, latestVersion, outputsOf, resourceIdOf } from "./observe";
import {
  claimNetwork,
  initialNetworkState,
  preflightActivation,
  preflightUpdate,
  reportUnchanged,
} from "./preview";
import { activateVersion, deactivateVersion } from "./reconcile";
import { type ActivationInputs, type ActivationState, activationSchema } from "./schema";

export const activation = defineResource<ActivationInputs, ActivationState>(activationSchema, {
  displayName: ({ propertyId, propertyName, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of property ${propertyName ?? propertyId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  check: {
    async computeInputs(context, { known, unknown, oldInputs }) {
      const which = ["propertyId", "contractId", "groupId"] as const;
      const isLatest = (known.version as unknown) === "latest";
      if (which.some((field) => unknown.has(field))) return isLatest ? { version: unknownValue } : {};
      const property = await resolveProperty(context, known, oldInputs);
      if (!isLatest) return { ...property };
      return { ...property, version: property && (await latestVersion(context, property)) };
    },

    validate: claimNetwork,

    preflight: preflightActivation,
  },

  import: importActivation,

  diff: {
    deleteBeforeReplace: (old, news) => old.propertyId === news.propertyId && old.network === news.network,

    // An activation that did not succeed is reconciled again.
    async hasDrift(context, old) {
      if (old.status !== "ACTIVE") return true;
      if (context.settings.previewReads) await reportUnchanged(context, old);
      return false;
    },

    preflightUpdate,
  },

  async create(context, inputs) {
    const seen =
      (await initialNetworkState(context, inputs)) ??
      (await findEventually(context, () => findNetworkState(context.http, inputs, inputs.network)));
    const basis = { liveAtFirst: seen === undefined ? [] : activeVersions(seen) };
    return { id: resourceIdOf(inputs), state: await reconcile(context, inputs, basis) };
  },

  async read(context, state) {
    const { propertyName, network, version } = state;
    const seen = await findEventually(context, async () => {
      const here = await findCurrent(context, state);
      const live = here && (await findNetworkState(context.http, here, network))?.live;
      return here && live && { here, live };
    });
    if (seen === undefined) {
      context.logger.warn(
        `property ${propertyName}: no version is live on ${network} any more; \`up\` activates ${version}.`,
      );
      return undefined;
    }
    const { here, live } = seen;
    await reportForeignVersion(context, live, here);
    const { activationId: _, previousVersion: __, ...rest } = here;
    const activatedVersion = isOwn(live, here) ? live.version : here.activatedVersion;
    return { ...rest, activatedVersion, version: live.version, ...outputsOf(live.activation) };
  },

  update: (context, old, news) => reconcile(context, news, { old }),

  async delete(context, state) {
    const { propertyId, propertyName, network, version, deletion } = state;
    // Renamed in the program, or replaced by force: another resource of this run manages the network now.
    if (context.runState.created.has(propertyActivationKey(state.propertyId, state.network))) {
      context.logger.info(
        `property ${propertyName}: another resource of this program manages the activation on ${network} now; it stays as it is.`,
      );
      return;
    }
    if (deletion.mode === "deactivate") {
      const here = await findEventually(context, () => findCurrent(context, state));
      if (here !== undefined) return deactivateVersion(context, here);
      context.logger.warn(
        `property ${propertyName} (${propertyId}) is gone, or the API client can't see it any more: nothing was taken off ${network}.`,
      );
      return;
    }
    context.logger.info(
      `property ${propertyName}: version ${version} stays live on ${network}. It is no longer managed by Pulumi.`,
    );
  },
});

async function reconcile(
  context: Context,
  inputs: ActivationInputs,
  basis: KnownVersions,
): Promise<ActivationState> {
  // Even when it fails: from now on this resource manages the network.
  context.runState.created.add(propertyActivationKey(inputs.propertyId, inputs.network));
  return activateVersion(context, inputs, basis);
}
