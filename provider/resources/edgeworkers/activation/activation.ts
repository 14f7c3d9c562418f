import { z } from "zod";
import { findLive, isUnderWay } from "../../../api/edgeworkers/activations";
import type { Context } from "../../../runtime/context";
import { type Draft, type CheckFailure, nameInProgram, ownership, type Resource, replaces, updates } from "../../../framework/resource";
import { findEventually } from "../../../consistency/poll";
import { ensureLive, ensureOff } from "./reconcile";
import { listed, versionsOrNone } from "../observe";
import { leaveLive } from "../retained";

/** What a program says of an activation. */
export const activationArgs = z.strictObject({
  /** The EdgeWorker. */
  edgeWorkerId: replaces(z.int("must be the id of an EdgeWorker, a whole number").min(1, "must be at least 1")),
  /** `staging` or `production`. A program has one activation for an EdgeWorker on each network. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /** The version that is to be live. Another one, also an older one, is an update in place: the one that is live serves until the other does. */
  version: updates(z.string().min(1, "must not be empty")),
  /** A note for the service's history, 1 to 128 characters. A change of it alone tells the service nothing. */
  note: updates(z.string().min(1, "must not be empty").max(128, "must have no more than 128 characters").optional()),
  /** Whether the service pins what is activated. Default: what the service does by itself, which is to pin. A change of it alone tells the service nothing. */
  autoPin: updates(z.boolean("must be true or false").optional()),
  /**
   * Seconds to wait for the activation, and for each other one that is under way before it: 60 to 86,400, default 1800. Five minutes are usual. When they are
   * over, the run fails, and the next one waits on. A deactivation gets an hour at least.
   */
  timeoutSeconds: updates(
    z.int("must be a whole number of seconds").min(60, "must be at least 60").max(86_400, "must be at most 86400 (a day)").default(1800),
  ),
  /**
   * What destroying it does: `deactivate` takes the version off the network, `retain` leaves it live. Default: `deactivate` on staging and `retain` on
   * production, so that taking a line out of a program takes no site down; `preview --diff` shows it.
   */
  deletion: updates(z.strictObject({ mode: z.enum(["deactivate", "retain"], "must be `deactivate` or `retain`") }).optional()),
});

const activationComputed = z.object({ ...ownership });

/** What the service tells of an activation. */
export const activationOutputs = z.object({
  /** Counts up for each EdgeWorker. */
  activationId: z.number(),
  /** `COMPLETE` once the version serves. */
  status: z.string(),
});

export type ActivationInputs = z.output<typeof activationArgs> &
  z.output<typeof activationComputed> & { deletion: { mode: "deactivate" | "retain" } };
export type ActivationState = ActivationInputs & z.output<typeof activationOutputs>;

export const activation: Resource<ActivationInputs, ActivationState> = {
  token: "edgeworkers:Activation",
  args: activationArgs,
  computed: activationComputed,
  outputs: activationOutputs,
  displayName: ({ edgeWorkerId, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  computeInputs({ known, unknown }) {
    if (known.deletion !== undefined || unknown.has("deletion") || known.network === undefined) return {};
    return { deletion: { mode: known.network === "staging" ? "deactivate" : "retain" } };
  },

  validate: declaredTwice,

  async preflight({ known, oldInputs }, context) {
    const { edgeWorkerId, network, version } = known;
    if (edgeWorkerId === undefined || network === undefined) return [];
    const replaced = oldInputs.edgeWorkerId !== edgeWorkerId || oldInputs.network !== network;
    const live = await context.runState.read(`live ${slotOf(known)}`, () => findLive(context.http, edgeWorkerId, network));
    const expected = replaced ? version : oldInputs.version;
    if (live !== undefined && live.version !== expected && live.version !== version && expected !== undefined) {
      context.logger.warn(
        `EdgeWorker ${edgeWorkerId}: version ${live.version} is live on ${network}, made so outside of this resource; ${replaced || version !== oldInputs.version ? "`up` replaces it" : "`pulumi refresh` takes note of it, and the next `up` replaces it"}.`,
      );
    }
    return version === undefined || version === oldInputs.version ? [] : noSuchVersion(edgeWorkerId, version, context);
  },

  deleteBeforeReplace: (old, news) => old.edgeWorkerId === news.edgeWorkerId && old.network === news.network,

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

  // One whose end was not seen is looked after again.
  hasDrift: async (old) => old.status !== "COMPLETE",

  async delete(state, context) {
    // Renamed in the program, or replaced by force: another resource has just seen to it that this place is taken.
    if (context.runState.created.has(`activation ${slotOf(state)}`)) return;
    if (state.deletion.mode === "deactivate") return ensureOff(state, context);
    const { edgeWorkerId, network } = state;
    for (const version of await versionsThatStay(state, context)) await leaveLive({ edgeWorkerId, version, network }, [], context);
  },
};

function slotOf({ edgeWorkerId, network }: Partial<ActivationInputs>): string {
  return `${edgeWorkerId}/${network}`;
}

async function activated(inputs: ActivationInputs, context: Context): Promise<ActivationState> {
  // Whatever comes of it, what is on the network is this resource's from now on.
  context.runState.created.add(`activation ${slotOf(inputs)}`);
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

/** Two that want one place would undo each other for ever. */
function declaredTwice({ known }: Draft<ActivationInputs>, { runState }: Context): CheckFailure[] {
  const { edgeWorkerId, network, owner = "" } = known;
  if (edgeWorkerId === undefined || network === undefined) return [];
  const other = runState.claimSlot(`activation ${slotOf(known)}`, owner);
  if (other === undefined) return [];
  const name = nameInProgram(other);
  return [{ property: "network", reason: `the program has an activation of EdgeWorker ${edgeWorkerId} on ${network} already: ${name}` }];
}

async function noSuchVersion(edgeWorkerId: number, version: string, context: Context): Promise<CheckFailure[]> {
  const { runState } = context;
  const ours = `version ${edgeWorkerId}/${version}`;
  if (runState.planned.has(ours) || runState.created.has(ours)) return [];
  const there = await listed(edgeWorkerId, context);
  if (there.some((one) => one.version === version)) return [];
  // One server's word is not enough to refuse it.
  const found = await findEventually(context, async () => (await versionsOrNone(edgeWorkerId, context)).find((one) => one.version === version));
  if (found !== undefined) return [];
  const names = there.map((one) => one.version).sort();
  return [
    {
      property: "version",
      reason: `EdgeWorker ${edgeWorkerId} has no version ${version}, and no resource before this one declares it; it has ${names.join(", ") || "none"}`,
    },
  ];
}
