import { activeVersions, findNetworkState } from "../../../api/property/activations";
import { propertyActivationKey } from "../../../api/property/keys";
import { findPropertyById } from "../../../api/property/properties";
import { findEventually } from "../../../consistency/read";

import { defineResource } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { resolveProperty } from "../propertyRef";
import { isOwn, type KnownVersions, reportForeignVersion } from "./foreignActivations";
import { claimNetwork, initialNetworkState, preflightActivation, preflightUpdate, reportUnchanged } from "./preview";
import { ensureLive, ensureOff, networkOf, outputsOf } from "./reconcile";
import { type ActivationInputs, type ActivationState, activationSchema } from "./schema";

export const activation = defineResource<ActivationInputs, ActivationState>(activationSchema, {
  displayName: ({ propertyId, propertyName, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of property ${propertyName ?? propertyId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  check: {
    async computeInputs({ known, unknown, oldInputs }, context) {
      const which = ["propertyId", "contractId", "groupId"] as const;
      return which.some((field) => unknown.has(field)) ? {} : { ...(await resolveProperty(context, known, oldInputs)) };
    },

    validate: claimNetwork,

    preflight: preflightActivation,
  },

  diff: {
    deleteBeforeReplace: (old, news) => old.propertyId === news.propertyId && old.network === news.network,

    // One whose end was not seen is looked after again.
    async hasDrift(old, context) {
      if (old.status !== "ACTIVE") return true;
      if (context.settings.previewReads) await reportUnchanged(old, context);
      return false;
    },

    preflightUpdate,
  },

  async create(inputs, context) {
    const seen =
      (await initialNetworkState(inputs, context)) ??
      (await findEventually(context, () => findNetworkState(context.http, inputs, inputs.network)));
    const basis = { liveAtFirst: seen === undefined ? [] : activeVersions(seen) };
    return { id: networkOf(inputs), state: await activated(inputs, basis, context) };
  },

  async read(state, context) {
    const { propertyName, network, version } = state;
    const seen = await findEventually(context, async () => {
      const here = await found(state, context);
      const live = here && (await findNetworkState(context.http, here, network))?.live;
      return here && live && { here, live };
    });
    if (seen === undefined) {
      context.logger.warn(`property ${propertyName}: no version is live on ${network} any more; \`up\` activates ${version}.`);
      return undefined;
    }
    const { here, live } = seen;
    await reportForeignVersion(live, here, context);
    const { activationId: _, previousVersion: __, ...rest } = here;
    const activatedVersion = isOwn(live, here) ? live.version : here.activatedVersion;
    return { ...rest, activatedVersion, version: live.version, ...outputsOf(live.activation) };
  },

  update: (old, news, context) => activated(news, { old }, context),

  async delete(state, context) {
    const { propertyId, propertyName, network, version, deletion } = state;
    // Renamed in the program, or replaced by force: another resource has just seen to it that this place is taken.
    if (context.runState.created.has(propertyActivationKey(state.propertyId, state.network))) {
      context.logger.info(
        `property ${propertyName}: the activation on ${network} is another resource's of this program by now; it is left as it is.`,
      );
      return;
    }
    if (deletion.mode === "deactivate") {
      const here = await findEventually(context, () => found(state, context));
      if (here !== undefined) return ensureOff(here, context);
      context.logger.warn(
        `property ${propertyName} (${propertyId}) is gone, or the API client can't see it any more: nothing was taken off ${network}.`,
      );
      return;
    }
    context.logger.info(`property ${propertyName}: version ${version} stays live on ${network}. It is no longer managed by Pulumi.`);
  },
});

async function activated(inputs: ActivationInputs, basis: KnownVersions, context: Context): Promise<ActivationState> {
  // Whatever comes of it, what is on the network is this resource's from now on.
  context.runState.created.add(propertyActivationKey(inputs.propertyId, inputs.network));
  return ensureLive(inputs, basis, context);
}

/** The state with where the property is by now, and what it is called; undefined when it is gone. */
async function found(state: ActivationState, { http }: Context): Promise<ActivationState | undefined> {
  const property = await findPropertyById(http, state.propertyId);
  if (property === undefined) return undefined;
  const { propertyName, contractId, groupId } = property;
  return { ...state, propertyName, contractId, groupId };
}
