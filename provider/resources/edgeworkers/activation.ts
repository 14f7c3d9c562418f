import { z } from "zod";
import {
  type Activation,
  activate,
  type Deactivation,
  deactivate,
  findActivation,
  findDeactivation,
  findLive,
  isUnderWay,
  listActivations,
  listDeactivations,
} from "../../api/edgeworkers/activations";
import type { Context } from "../../core/context";
import { whileEarly } from "../../core/early";
import { PartialFailure, RefusedError, ServiceError, WaitError } from "../../core/errors";
import { once } from "../../core/once";
import { ownership, type Resource, replaces, updates } from "../../core/resource";
import { findSurely, type Look, waitFor } from "../../core/wait";

const minutes = (least: number, fallback: number) =>
  z
    .int("must be a whole number of seconds")
    .min(least, `must be at least ${least}`)
    .max(86_400, "must be at most 86400 (a day)")
    .default(fallback);

import { heardOfWithin, isUnheardOf } from "./edgeWorker";

/** What a program says of an activation. */
export const activationArgs = z.strictObject({
  /** The EdgeWorker. */
  edgeWorkerId: replaces(z.int("must be the id of an EdgeWorker, a whole number").min(1)),
  /** `staging` or `production`. There is one activation for an EdgeWorker on each network. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /** The version that is to be live. Another one, also an older one, is an update in place: the one that is live serves until the other does. */
  version: updates(z.string().min(1, "must not be empty")),
  /** A note in the history, 1 to 128 characters; a change of it alone does nothing. */
  note: updates(z.string().min(1, "must not be empty").max(128, "must have no more than 128 characters").optional()),
  /** Whether Akamai pins the revision that is activated. Default: what the service does, which is true. */
  autoPin: updates(z.boolean("must be true or false").optional()),
  /** Seconds to wait for an activation: 60 to 86,400, default 1800. */
  timeoutSeconds: updates(minutes(60, 1800)),
  /**
   * What destroying it does: `deactivate` takes the version off the network, `retain` leaves it live. Default: `deactivate` on staging, `retain` on
   * production, so that taking a line out of a program takes no site down.
   */
  deletion: updates(z.strictObject({ mode: z.enum(["deactivate", "retain"], "must be `deactivate` or `retain`") }).optional()),
});

const activationComputed = z.object({ ...ownership });

/** What the service tells of an activation. */
export const activationOutputs = z.object({
  /** Counts up for each EdgeWorker. */
  activationId: z.number().optional(),
  /** `COMPLETE` once the version serves. */
  status: z.string(),
});

export type ActivationInputs = z.output<typeof activationArgs> &
  z.output<typeof activationComputed> & { deletion: { mode: "deactivate" | "retain" } };
export type ActivationState = ActivationInputs & z.output<typeof activationOutputs>;

/** Seconds within which every server shows an activation that was asked for. */
const existenceShowsWithin = 30;

export const activation: Resource<ActivationInputs, ActivationState> = {
  token: "edgeworkers:Activation",
  args: activationArgs,
  computed: activationComputed,
  outputs: activationOutputs,
  title: ({ edgeWorkerId, network, version }) =>
    `activation of ${version === undefined ? "a version" : `version ${version}`} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"} on ${network ?? "a network"}`,

  complete({ known, unknown }) {
    if (known.deletion !== undefined || unknown.has("deletion") || known.network === undefined) return {};
    return { deletion: { mode: known.network === "staging" ? "deactivate" : "retain" } };
  },

  rules: () => [],

  async observe({ known, olds }, context) {
    const { edgeWorkerId, network, version } = known;
    if (edgeWorkerId === undefined || network === undefined || olds.version !== undefined) return [];
    const live = await findLive(context.http, edgeWorkerId, network);
    if (live !== undefined && live.version !== version) {
      context.notices.warn(
        `EdgeWorker ${edgeWorkerId}: version ${live.version} is live on ${network}, made so outside of this program; \`up\` replaces it.`,
      );
    }
    return [];
  },

  sameObject: (old, news) => old.edgeWorkerId === news.edgeWorkerId && old.network === news.network,

  async create(inputs, context) {
    const id = `${inputs.edgeWorkerId}/${inputs.network}`;
    return { id, state: await ensureLive(inputs, context) };
  },

  async read(state, context) {
    const live = await findSurely(context, () => findLive(context.http, state.edgeWorkerId, state.network));
    if (live === undefined) {
      context.notices.warn(
        `EdgeWorker ${state.edgeWorkerId}: no version is live on ${state.network} any more; \`up\` activates ${state.version}.`,
      );
      return undefined;
    }
    return { ...state, version: live.version, activationId: live.activationId, status: live.status };
  },

  update: (_old, news, context) => ensureLive(news, context),

  // One whose end was not seen is looked after again.
  drifted: async (old) => old.status !== "COMPLETE",

  async delete(state, context) {
    const { edgeWorkerId, network, deletion } = state;
    if (deletion.mode === "retain") {
      context.notices.info(`EdgeWorker ${edgeWorkerId}: version ${state.version} stays live on ${network}, and is nobody's from now on.`);
      return;
    }
    await ensureOff(state, context);
  },
};

// ---- to be live ----

/** Live already is done; on its way is waited for; something else on its way comes to its end first. */
async function ensureLive(wanted: ActivationInputs, context: Context): Promise<ActivationState> {
  const { edgeWorkerId, network, version } = wanted;
  const state = ({ activationId, status }: Activation): ActivationState => ({ ...wanted, activationId, status });
  const under = await awaitOthers(wanted, context);
  const live = under === undefined ? await findLive(context.http, edgeWorkerId, network) : undefined;
  if (live?.version === version) return state(live);
  const begun = under ?? (await begin(wanted, context));
  if (begun === undefined) {
    const already = await findSurely(context, async () => matching(await findLive(context.http, edgeWorkerId, network), version));
    if (already !== undefined) return state(already);
    throw new WaitError(
      `EdgeWorkers says that version ${version} is live on ${network} already, but does not show it. Run again in a minute.`,
    );
  }
  try {
    const done = await untilEnd(begun, wanted, context);
    await waitFor(context, {
      what: `version ${version} to be the live one on ${network}`,
      look: async () => {
        const seen = await findLive(context.http, edgeWorkerId, network);
        if (seen?.version === version) return { state: version, is: "reached", value: undefined };
        return { state: seen?.version ?? "none", is: "pending" };
      },
      within: 5 * 60,
      otherwise: "Somebody may have activated another one meanwhile; `pulumi refresh` tells.",
    });
    return state(done);
  } catch (error) {
    // What was asked for may still come: the next run looks.
    throw new PartialFailure(`${edgeWorkerId}/${network}`, { ...wanted, activationId: begun.activationId, status: "UNFINISHED" }, error);
  }
}

function matching(live: Activation | undefined, version: string): Activation | undefined {
  return live?.version === version ? live : undefined;
}

/** Waits for every other activation and deactivation on the network; returns one of the wanted version that is under way. */
async function awaitOthers(wanted: ActivationInputs, context: Context): Promise<Activation | undefined> {
  const { edgeWorkerId, network, version } = wanted;
  for (;;) {
    const [running] = (await listActivations(context.http, edgeWorkerId, network)).filter(isUnderWay);
    const [leaving] = (await listDeactivations(context.http, edgeWorkerId, network)).filter(isUnderWay);
    if (running === undefined && leaving === undefined) return undefined;
    if (running?.version === version && leaving === undefined) {
      context.notices.info(`version ${version} is on its way to ${network} already (activation ${running.activationId}): waiting for it.`);
      return running;
    }
    const other = running ?? leaving;
    context.notices.info(
      `version ${other?.version} is ${running === undefined ? "being taken off" : "on its way to"} ${network}: waiting for that first.`,
    );
    if (running !== undefined)
      await untilOver(() => findActivation(context.http, edgeWorkerId, running.activationId), wanted, running.version, context);
    else if (leaving !== undefined) {
      await untilOver(() => findDeactivation(context.http, edgeWorkerId, leaving.deactivationId), wanted, leaving.version, context);
    }
  }
}

/** Asks for the activation; undefined when the service says that the version is live already. */
async function begin(wanted: ActivationInputs, context: Context): Promise<Activation | undefined> {
  const { edgeWorkerId, network, version, note, autoPin } = wanted;
  const before = (await listActivations(context.http, edgeWorkerId, network))[0]?.activationId ?? 0;
  const newer = async () =>
    (await listActivations(context.http, edgeWorkerId, network)).find((one) => one.version === version && one.activationId > before);
  try {
    return await once(context, {
      send: () =>
        whileEarly(context, {
          send: () => activate(context.http, edgeWorkerId, { network, version, note, autoPin }),
          refused: isUnheardOf,
          within: heardOfWithin,
        }),
      find: newer,
      visibleWithin: existenceShowsWithin,
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code === "EW1022") return undefined;
    if (error.code !== "EW1021") throw error;
    // Somebody asked for the same in the meantime.
    const found = await findSurely(context, async () =>
      (await listActivations(context.http, edgeWorkerId, network)).find((one) => one.version === version && isUnderWay(one)),
    );
    if (found === undefined) throw error;
    return found;
  }
}

function untilEnd(begun: Activation, wanted: ActivationInputs, context: Context): Promise<Activation> {
  const { edgeWorkerId, network, version, timeoutSeconds } = wanted;
  const asked = context.clock.now();
  return waitFor(context, {
    what: `activation ${begun.activationId} of version ${version} on ${network} to be COMPLETE`,
    look: async (): Promise<Look<Activation>> => {
      const seen = await findActivation(context.http, edgeWorkerId, begun.activationId);
      if (seen === undefined) {
        return { state: "not to be seen", is: context.clock.now() - asked < existenceShowsWithin * 1000 ? "pending" : "failed" };
      }
      if (seen.status === "COMPLETE") return { state: seen.status, is: "reached", value: seen };
      if (isUnderWay(seen)) return { state: seen.status, is: "pending" };
      return { state: `${seen.status}${cause(seen.status)}`, is: "failed" };
    },
    every: 2,
    everyAtMost: 30,
    within: timeoutSeconds,
    otherwise: "It may still come: the next `up` waits on, or finds it done.",
  });
}

function cause(status: string): string {
  switch (status) {
    case "CANCELLED":
    case "CANCELED":
      return ": somebody cancelled it. The next `up` asks again";
    case "ERROR":
    case "ABORTED":
    case "EXPIRED":
      return ": EdgeWorkers could not bring it to the network. What was live before still is; the next `up` asks again";
    case "DELETED_BY_AKAMAI":
      return ": Akamai took it away. Ask Akamai's support before you activate it again";
    default:
      return "";
  }
}

/** Until it has ended, in whatever way. */
async function untilOver(
  find: () => Promise<Activation | Deactivation | undefined>,
  wanted: ActivationInputs,
  version: string,
  context: Context,
): Promise<void> {
  await waitFor(context, {
    what: `what goes on with version ${version} on ${wanted.network} to come to its end`,
    look: async () => {
      const seen = await find();
      if (seen !== undefined && isUnderWay(seen)) return { state: seen.status, is: "pending" };
      return { state: seen?.status ?? "gone", is: "reached", value: undefined };
    },
    every: 2,
    everyAtMost: 30,
    within: wanted.timeoutSeconds,
  });
}

// ---- to be off ----

async function ensureOff(state: ActivationState, context: Context): Promise<void> {
  const { edgeWorkerId, network, note } = state;
  await awaitOthers({ ...state, version: "" }, context);
  const live = await findSurely(context, () => findLive(context.http, edgeWorkerId, network));
  if (live === undefined) return;
  if (live.version !== state.version) {
    throw new RefusedError(
      `version ${live.version} is live on ${network}, which this program did not activate. Run \`pulumi refresh\` to take note of it, then destroy again to take it off`,
    );
  }
  const { version } = live;
  const newest = async () =>
    (await listDeactivations(context.http, edgeWorkerId, network)).find((one) => one.version === version && isUnderWay(one));
  let begun: Deactivation | undefined;
  try {
    begun = await once(context, {
      send: () => deactivate(context.http, edgeWorkerId, { network, version, note }),
      find: newest,
      visibleWithin: existenceShowsWithin,
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code === "EW1031") begun = await findSurely(context, newest);
    else if (error.code !== "EW1032") throw error;
  }
  if (begun !== undefined) await untilDeactivated(begun, state, context);
  await waitFor(context, {
    what: `no version to be live on ${network}`,
    look: async () => {
      const seen = await findLive(context.http, edgeWorkerId, network);
      return seen === undefined ? { state: "none", is: "reached", value: undefined } : { state: seen.version, is: "pending" };
    },
    within: 5 * 60,
    confirmations: 2,
  });
}

async function untilDeactivated(begun: Deactivation, state: ActivationState, context: Context): Promise<void> {
  const asked = context.clock.now();
  await waitFor(context, {
    what: `deactivation ${begun.deactivationId} of version ${begun.version} on ${state.network} to be COMPLETE`,
    look: async (): Promise<Look<undefined>> => {
      const seen = await findDeactivation(context.http, state.edgeWorkerId, begun.deactivationId);
      if (seen === undefined) {
        return { state: "not to be seen", is: context.clock.now() - asked < existenceShowsWithin * 1000 ? "pending" : "failed" };
      }
      if (seen.status === "COMPLETE") return { state: seen.status, is: "reached", value: undefined };
      return { state: seen.status, is: isUnderWay(seen) ? "pending" : "failed" };
    },
    every: 2,
    everyAtMost: 30,
    within: Math.max(state.timeoutSeconds, 60 * 60),
  });
}
