import { findLive, isUnderWay } from "../../../api/edgeworkers/activations";
import { activationKey, versionKey } from "../../../api/edgeworkers/keys";
import { findEventually } from "../../../consistency/read";

import { claimOnce } from "../../../framework/claims";
import { type CheckFailure, type Draft, defineResource } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { listed, versionsOrNone } from "../observe";
import { leaveLive } from "../retained";
import { ensureLive, ensureOff } from "./reconcile";
import { type ActivationInputs, type ActivationState, activationSchema } from "./schema";

export const activation = defineResource<ActivationInputs, ActivationState>(activationSchema, {
  displayName: ({ edgeWorkerId, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  check: {
    computeInputs({ known, unknown }) {
      if (known.deletion !== undefined || unknown.has("deletion") || known.network === undefined) return {};
      return { deletion: { mode: known.network === "staging" ? "deactivate" : "retain" } };
    },

    validate: claimNetwork,

    async preflight({ known, oldInputs }, context) {
      const { edgeWorkerId, network, version } = known;
      if (edgeWorkerId === undefined || network === undefined) return [];
      const replaced = oldInputs.edgeWorkerId !== edgeWorkerId || oldInputs.network !== network;
      const live = await context.runState.read(keyOf("live", edgeWorkerId, network), () => findLive(context.http, edgeWorkerId, network));
      const expected = replaced ? version : oldInputs.version;
      if (live !== undefined && live.version !== expected && live.version !== version && expected !== undefined) {
        context.logger.warn(
          `EdgeWorker ${edgeWorkerId}: version ${live.version} is live on ${network}, made so outside of this resource; ${replaced || version !== oldInputs.version ? "`up` replaces it" : "`pulumi refresh` takes note of it, and the next `up` replaces it"}.`,
        );
      }
      return version === undefined || version === oldInputs.version ? [] : noSuchVersion(edgeWorkerId, version, context);
    },
  },

  diff: {
    deleteBeforeReplace: (old, news) => old.edgeWorkerId === news.edgeWorkerId && old.network === news.network,

    // One whose end was not seen is looked after again.
    hasDrift: async (old) => old.status !== "COMPLETE",
  },

  async create(inputs, context) {
    return { id: slotOf(inputs), state: await activated(inputs, context) };
  },

  async read(state, context) {
    const { edgeWorkerId, network } = state;
    const live = await findEventually(context, () => findLive(context.http, edgeWorkerId, network));
    if (live === undefined) {
      context.logger.warn(`EdgeWorker ${edgeWorkerId}: no version is live on ${network} any more; \`up\` activates ${state.version}.`);
      return undefined;
    }
    return { ...state, version: live.version, activationId: live.activationId, status: live.status };
  },

  update: (_old, news, context) => activated(news, context),

  async delete(state, context) {
    // Renamed in the program, or replaced by force: another resource has just seen to it that this place is taken.
    if (context.runState.created.has(activationKey(state.edgeWorkerId, state.network))) return;
    if (state.deletion.mode === "deactivate") return ensureOff(state, context);
    const { edgeWorkerId, network } = state;
    for (const version of await versionsThatStay(state, context)) await leaveLive({ edgeWorkerId, version, network }, [], context);
  },
});

function slotOf({ edgeWorkerId, network }: Partial<ActivationInputs>): string {
  return `${edgeWorkerId}/${network}`;
}

async function activated(inputs: ActivationInputs, context: Context): Promise<ActivationState> {
  // Whatever comes of it, what is on the network is this resource's from now on.
  context.runState.created.add(activationKey(inputs.edgeWorkerId, inputs.network));
  return ensureLive(inputs, context);
}

/** The version that is live, by whomever it was activated, and the one of the state while that is on its way. */
async function versionsThatStay(state: ActivationState, context: Context): Promise<string[]> {
  const { edgeWorkerId, network, version } = state;
  const seen: (string | undefined)[] = [];
  // A stale read may show the version from before: another one than that of the state has to be seen several times.
  await findEventually(context, async () => {
    const live = await findLive(context.http, edgeWorkerId, network);
    seen.push(live?.version);
    return live?.version === version ? live : undefined;
  });
  return [...new Set([seen.at(-1), isUnderWay(state) ? version : undefined])].filter((one) => one !== undefined);
}

// ---- preview ----

function claimNetwork({ known }: Draft<ActivationInputs>, context: Context): CheckFailure[] {
  const { edgeWorkerId, network, owner = "" } = known;
  const key = edgeWorkerId === undefined || network === undefined ? undefined : activationKey(edgeWorkerId, network);
  return claimOnce(context, key, owner, (first) => ({
    property: "network",
    reason: `the program has an activation of EdgeWorker ${edgeWorkerId} on ${network} already: ${first}`,
  }));
}

async function noSuchVersion(edgeWorkerId: number, version: string, context: Context): Promise<CheckFailure[]> {
  const { runState } = context;
  const ours = versionKey(edgeWorkerId, version);
  if (runState.planned.has(ours) || runState.created.has(ours)) return [];
  const there = await listed(edgeWorkerId, context);
  if (there.some((one) => one.version === version)) return [];
  // One server's word is not enough to refuse it.
  const found = await findEventually(context, async () =>
    (await versionsOrNone(edgeWorkerId, context)).find((one) => one.version === version),
  );
  if (found !== undefined) return [];
  const names = there.map((one) => one.version).sort();
  return [
    {
      property: "version",
      reason: `EdgeWorker ${edgeWorkerId} has no version ${version}, and no resource before this one declares it; it has ${names.join(", ") || "none"}`,
    },
  ];
}
