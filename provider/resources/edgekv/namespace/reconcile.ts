/** Makes a namespace what the program declares, in labelled steps. */

import { namespaceKey } from "../../../api/edgekv/keys";
import {
  createNamespace,
  findNamespace,
  type Namespace,
  reauthorizeNamespace,
  updateRetention,
} from "../../../api/edgekv/namespaces";
import { pollUntil } from "../../../consistency/poll";
import { type PropagationWindow, propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { createOnce, retryWhileStale } from "../../../consistency/write";
import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { cancelScheduledDelete, deleteNow, withScheduledDelete } from "./deletion";
import {
  displayName,
  groupOf,
  idOf,
  immutableDifference,
  isEmpty,
  isNotYetVisible,
  isScheduled,
  isStillThere,
  isUpToDate,
  mismatch,
  notManaged,
  toObservedState,
  toState,
} from "./observe";
import type { NamespaceInputs, NamespaceState } from "./schema";

/** Reads in a row that must agree: another replica may answer each of them. */
const consecutiveMatches = 3;
/** A replica that still shows a cancelled delete refuses all requests for items: more reads must agree. */
const consecutiveMatchesOfCancel = 10;

// ---- Ensure ----

export async function ensureNamespace(context: Context, inputs: NamespaceInputs): Promise<NamespaceState> {
  const found = await findNamespace(context.http, inputs.network, inputs.name);
  return found === undefined ? makeNamespace(context, inputs) : adoptNamespace(context, inputs, found);
}

async function makeNamespace(context: Context, inputs: NamespaceInputs): Promise<NamespaceState> {
  const { name, network, retentionInSeconds, groupId, geoLocation, restrictDataAccess } = inputs;
  // A stale replica may show an older namespace of the name, and another client may have been faster.
  const isMade = (live: Namespace) => !isScheduled(live) && isUpToDate(live, inputs);
  try {
    await createOnce(context, {
      send: () =>
        createNamespace(context.http, network, {
          name,
          retentionInSeconds,
          groupId,
          geoLocation,
          restrictDataAccess,
        }),
      find: async () => {
        const live = await findNamespace(context.http, network, name);
        return live !== undefined && isMade(live) ? live : undefined;
      },
      window: propagation.namespaceCreateLost.seconds,
    });
  } catch (error) {
    if (!(error instanceof ApiError) || !error.is(409)) throw error;
    // The name is taken after all: the first read was stale.
    const found = await findEventually(context, () => findNamespace(context.http, network, name));
    if (found === undefined) throw error;
    return adoptNamespace(context, inputs, found);
  }
  try {
    const live = await awaitVisible(
      context,
      inputs,
      { effect: "to be there", isDone: isMade },
      propagation.namespaceExistence,
    );
    return toState(inputs, live);
  } catch (error) {
    throw new PartialFailure(idOf(inputs), { ...inputs, namespaceStatus: "READY" }, error);
  }
}

/**
 * Continues with an existing namespace: one scheduled for deletion, one of an interrupted run, or one to
 * adopt.
 */
async function adoptNamespace(
  context: Context,
  inputs: NamespaceInputs,
  seen: Namespace,
): Promise<NamespaceState> {
  const { network, adopt, replaceDeletesData } = inputs;
  const live = await withScheduledDelete(context, network, seen);
  const field = immutableDifference(live, inputs);
  if (field !== undefined && isScheduled(live) && replaceDeletesData) {
    await deleteNow(context, inputs);
    return makeNamespace(context, inputs);
  }
  if (field !== undefined) throw new PreconditionError(mismatch(field, live));
  const mayAdopt =
    isScheduled(live) || adopt || (isUpToDate(live, inputs) && (await isEmpty(context, network, live)));
  if (!mayAdopt)
    throw new PreconditionError(
      context.runState.owned.has(namespaceKey(network, inputs.name))
        ? isStillThere(network)
        : notManaged(network),
    );
  return syncNamespace(context, inputs, undefined, live);
}

// ---- Sync ----

/** A setting that may have to change. */
interface Step {
  readonly isNeeded: (live: Namespace) => boolean;
  readonly change: (live: Namespace) => Promise<void>;
  /** What the wait is for, such as `to belong to group 5`. */
  readonly effect: string;
  readonly isDone: (live: Namespace) => boolean;
  /** Reads in a row that must show the effect. */
  readonly matches: number;
}

function stepsOf(
  context: Context,
  wanted: NamespaceInputs,
  old: NamespaceState | undefined,
): readonly Step[] {
  const { network, name, groupId, retentionInSeconds } = wanted;
  const report = (change: string) => {
    // The engine shows what an update changes, but not what a create changes on an existing namespace.
    if (old === undefined) context.logger.info(`${displayName(wanted)}: ${change}.`);
  };
  return [
    {
      isNeeded: (live) => isScheduled(live) || old?.scheduledDeleteTime !== undefined,
      change: (live) => cancelScheduledDelete(context, wanted, live),
      effect: "to be restored",
      isDone: (live) => !isScheduled(live),
      matches: consecutiveMatchesOfCancel,
    },
    {
      isNeeded: (live) => groupOf(live) !== groupId || (old !== undefined && old.groupId !== groupId),
      change: async (live) => {
        report(`access group ${groupOf(live)} becomes ${groupId}`);
        await reauthorizeNamespace(context.http, name, groupId);
      },
      effect: `to belong to group ${groupId}`,
      isDone: (live) => groupOf(live) === groupId,
      matches: consecutiveMatches,
    },
    {
      isNeeded: (live) =>
        live.retentionInSeconds !== retentionInSeconds ||
        (old !== undefined && old.retentionInSeconds !== retentionInSeconds),
      change: async (live) => {
        report(`retention ${String(live.retentionInSeconds)} s becomes ${retentionInSeconds} s`);
        await updateRetention(context.http, network, { ...live, groupId }, retentionInSeconds);
      },
      effect: `to have a retention of ${retentionInSeconds} s`,
      isDone: (live) => live.retentionInSeconds === retentionInSeconds,
      matches: consecutiveMatches,
    },
  ];
}

/**
 * Brings an existing namespace to what is wanted, step by step. When a step fails after a change, the state
 * gets what was seen last: nothing is orphaned, and the next run continues from there.
 */
export async function syncNamespace(
  context: Context,
  wanted: NamespaceInputs,
  old: NamespaceState | undefined,
  found: Namespace,
): Promise<NamespaceState> {
  let live = found;
  let isChanged = false;
  try {
    for (const step of stepsOf(context, wanted, old)) {
      if (!step.isNeeded(live)) continue;
      const send = () => step.change(live);
      await retryWhileStale(context, {
        send,
        isStale: isNotYetVisible,
        window: propagation.namespaceStale.seconds,
      });
      isChanged = true;
      live = await awaitVisible(context, wanted, step, propagation.namespaceChanged);
    }
  } catch (error) {
    throw isChanged
      ? new PartialFailure(idOf(wanted), toObservedState(toState(wanted, live), live), error)
      : error;
  }
  return toState(wanted, live);
}

/** Waits until enough reads in a row show the effect. */
function awaitVisible(
  context: Context,
  { network, name }: NamespaceInputs,
  {
    effect,
    isDone,
    matches = consecutiveMatches,
  }: Pick<Step, "effect" | "isDone"> & Partial<Pick<Step, "matches">>,
  window: PropagationWindow,
): Promise<Namespace> {
  return pollUntil(context, {
    what: `${displayName({ network, name })} ${effect}`,
    observe: async () => {
      const live = await findNamespace(context.http, network, name);
      if (live === undefined) return { state: "not visible", is: "pending" };
      const state = `${live.namespaceStatus ?? "READY"}, group ${groupOf(live)}, retention ${String(live.retentionInSeconds)} s`;
      return isDone(live) ? { state, is: "reached", value: live } : { state, is: "pending" };
    },
    timeout: window.seconds,
    consecutiveMatches: matches,
  });
}
