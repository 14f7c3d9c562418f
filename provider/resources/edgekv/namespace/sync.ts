/** Changes an existing namespace to what the program declares, step by step. */

import {
  mayBeAbsent,
  type Namespace,
  reauthorizeNamespace,
  updateRetention,
} from "../../../api/edgekv/namespaces";
import { pollUntil } from "../../../consistency/poll";
import { type PropagationWindow, propagation } from "../../../consistency/propagation";
import { retryWhileStale } from "../../../consistency/write";
import { PartialFailure, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { cancelScheduledDelete, wasScheduledOutside } from "./deletion";
import {
  displayName,
  findNamespaceEventually,
  groupOf,
  idOf,
  isNotYetVisible,
  isScheduled,
  observeNamespace,
  toLive,
  toObservedState,
  toState,
} from "./observe";
import type { NamespaceInputs, NamespaceState } from "./schema";

/** A replica that still shows a cancelled delete refuses all requests for items: more reads must agree. */
const consecutiveMatchesOfCancel = 10;
/** Reads in a row that must show a change once one did not: a refresh that follows must not take a stale read for drift. */
const matchesAfterLag = 3;

/** A setting that may have to change. */
interface Step {
  readonly isNeeded: (live: Namespace) => boolean;
  readonly change: (live: Namespace) => Promise<void>;
  /** What the wait is for, such as `to belong to group 5`. */
  readonly effect: string;
  readonly isDone: (live: Namespace) => boolean;
  /** Reads in a row that must show the effect. Default: 1. */
  readonly matches?: number;
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
    },
  ];
}

/**
 * Brings an existing namespace to what is wanted, step by step. When a step fails after a change, the state
 * gets what was seen last: nothing is orphaned, and the next run continues from there.
 * @param isCertain whether the service showed what was found. Otherwise a first refusal is not retried
 */
export async function syncNamespace(
  context: Context,
  wanted: NamespaceInputs,
  old: NamespaceState | undefined,
  found: Namespace,
  isCertain = true,
): Promise<NamespaceState> {
  let live = found;
  let isChanged = false;
  try {
    for (const step of stepsOf(context, wanted, old)) {
      if (!step.isNeeded(live)) continue;
      const send = () => step.change(live);
      await retryWhileStale(context, {
        send,
        isStale: (error) => (isChanged || isCertain) && isNotYetVisible(error),
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

/**
 * Changes what the program changed, on the word of the state. A refusal that contradicts it is answered with a read: then what is
 * there counts.
 */
export async function updateNamespace(
  context: Context,
  wanted: NamespaceInputs,
  old: NamespaceState,
): Promise<NamespaceState> {
  const { network, name } = wanted;
  if (old.scheduledDeleteTime === undefined && !wasScheduledOutside(context, old)) {
    try {
      return await syncNamespace(context, wanted, old, toLive(old), false);
    } catch (error) {
      if (!isNotYetVisible(error) && !mayBeAbsent(error)) throw error;
    }
  }
  const live = await findNamespaceEventually(context, network, name);
  if (live === undefined)
    throw new PreconditionError("it is gone. Run `pulumi refresh`, so that the next `up` makes a new one.");
  return syncNamespace(context, wanted, old, live);
}

/** Waits until enough reads in a row show the effect. */
export function awaitVisible(
  context: Context,
  { network, name }: NamespaceInputs,
  { effect, isDone, matches }: Pick<Step, "effect" | "isDone" | "matches">,
  window: PropagationWindow,
): Promise<Namespace> {
  const observe = observeNamespace(context, network, name);
  return pollUntil(context, {
    what: `${displayName({ network, name })} ${effect}`,
    observe: async () => {
      const live = await observe();
      if (live === undefined) return { state: "not visible", is: "pending" };
      const state = `${live.namespaceStatus ?? "READY"}, group ${groupOf(live)}, retention ${String(live.retentionInSeconds)} s`;
      return isDone(live) ? { state, is: "reached", value: live } : { state, is: "pending" };
    },
    delay: 1,
    timeout: window.seconds,
    ...(matches === undefined ? { matchesAfterLag } : { consecutiveMatches: matches }),
  });
}
