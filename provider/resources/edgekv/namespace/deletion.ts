/**
 * Deletes of namespaces: scheduled ones, which can be cancelled until shortly before their time, and those at
 * once.
 */

import { namespaceKey } from "../../../api/edgekv/keys";
import {
  cancelNamespaceDelete,
  deleteNamespaceNow,
  findNamespace,
  findScheduledDelete,
  mayBeAbsent,
  type Namespace,
  type Network,
  rescheduleNamespaceDelete,
  type ScheduledDelete,
  scheduleNamespaceDelete,
} from "../../../api/edgekv/namespaces";
import { pollUntil } from "../../../consistency/poll";
import { type PropagationWindow, propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { retryWhileStale } from "../../../consistency/write";
import { PreconditionError } from "../../../errors";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { type Key, slot } from "../../../runtime/runState";
import {
  displayName,
  findListed,
  findNamespaceEventually,
  isNotYetVisible,
  isScheduled,
  readNamespaces,
} from "./observe";
import { maxDeleteDelay, minDeleteDelay, type NamespaceInputs } from "./schema";

/** Seconds by which a schedule may be off without being another one. */
const tolerance = 60;

// ---- Observe ----

/**
 * The scheduled delete, or undefined when one of several reads shows none. A stale replica may show a
 * cancelled delete for minutes, so that a replica without one is right.
 */
export async function findScheduleConsistent(
  context: Context,
  network: Network,
  name: string,
): Promise<ScheduledDelete | undefined> {
  let schedule: ScheduledDelete | undefined;
  const isNone = await findEventually(context, async () => {
    schedule = await findScheduledDelete(context.http, network, name);
    const live = schedule && (await findNamespace(context.http, network, name));
    return schedule === undefined || (live !== undefined && !isScheduled(live)) ? true : undefined;
  });
  return isNone ? undefined : schedule;
}

/**
 * The namespace again, with its scheduled delete if any replica shows one: the others may be stale. Undefined when one shows none:
 * it may have been deleted just now.
 */
export async function findExisting(
  context: Context,
  network: Network,
  seen: Namespace,
): Promise<Namespace | undefined> {
  let live: Namespace | undefined = seen;
  if (isScheduled(seen)) return seen;
  await findEventually(context, async () => {
    live = await findNamespace(context.http, network, seen.namespace);
    return live === undefined || isScheduled(live) ? true : undefined;
  });
  return live;
}

/** Seconds until the delete, by the service's own count or clock: this machine's may be wrong. */
export function secondsLeft(
  context: Context,
  schedule: ScheduledDelete | undefined,
  live: Namespace,
): number {
  if (schedule?.secondsLeft !== undefined) return schedule.secondsLeft;
  const at =
    schedule?.at.getTime() ?? (live.scheduledDeleteTime ? Date.parse(live.scheduledDeleteTime) : undefined);
  return at === undefined ? maxDeleteDelay : (at - context.serviceClock.now()) / 1000;
}

/** Why the delete can't be cancelled, or undefined while it can. */
export function tooLateToCancel(left: number, at: Date | undefined): string | undefined {
  if (left >= minDeleteDelay) return undefined;
  const again = at === undefined ? "in a few minutes" : `after ${at.toISOString()}`;
  return `the namespace will be deleted in ${formatDuration(left)}, and a delete can't be cancelled in its last five minutes: run again ${again}, when a new, empty one can be created`;
}

/** Namespaces whose delete was scheduled outside of the program, as a comparison found. */
const scheduledOutside = slot(() => new Set<Key>());

/** Whether this run found that a delete was scheduled outside of the program. */
export function wasScheduledOutside({ runState }: Context, { network, name }: NamespaceInputs): boolean {
  return runState.get(scheduledOutside).has(namespaceKey(network, name));
}

/** Whether a delete was scheduled outside of the program, and the state does not have it yet. */
export async function isScheduledOutside(context: Context, old: NamespaceInputs): Promise<boolean> {
  if (!context.settings.previewReads || old.scheduledDeleteTime !== undefined) return false;
  const live = findListed(await readNamespaces(context, old.network), old.name);
  if (live === undefined || !isScheduled(live)) return false;
  // The list may be from before a delete was cancelled: two other reads must agree with it.
  const schedule = await findScheduleConsistent(context, old.network, old.name);
  if (schedule === undefined) return false;
  context.runState.get(scheduledOutside).add(namespaceKey(old.network, old.name));
  context.logger.warn(
    `${displayName(old)} was scheduled for deletion outside of this program, on ${schedule.at.toISOString()}; \`up\` cancels that.`,
  );
  return true;
}

// ---- Sync: cancel ----

export async function cancelScheduledDelete(
  context: Context,
  wanted: NamespaceInputs,
  live: Namespace,
): Promise<void> {
  const { network, name } = wanted;
  // No schedule at all: only a stale replica still shows the namespace as scheduled.
  const schedule = await findEventually(context, () => findScheduledDelete(context.http, network, name));
  const left = secondsLeft(context, schedule, live);
  const tooLate = schedule && tooLateToCancel(left, schedule.at);
  if (tooLate !== undefined) throw new PreconditionError(tooLate);
  await cancelNamespaceDelete(context.http, network, name);
  context.runState.created.add(namespaceKey(network, name));
  if (schedule === undefined) return;
  context.logger.info(
    `The scheduled delete of ${displayName(wanted)} was cancelled, ${formatDuration(left)} before its time: it is restored with its data.`,
  );
}

// ---- Delete: schedule ----

/**
 * Schedules the delete, or moves one that is too far away. The service answers with the time of a delete that is scheduled already.
 */
export async function scheduleDelete(context: Context, what: NamespaceInputs): Promise<void> {
  const { network, name, deletion } = what;
  const afterSeconds = deletion.afterSeconds ?? maxDeleteDelay;
  const latest = await unlessGone(context, what, () => scheduleNamespaceDelete(context.http, network, name));
  if (latest === undefined) return;
  const left = (latest.getTime() - context.serviceClock.now()) / 1000;
  // About three days are those of the service's clock. Anything else is an earlier schedule.
  const isNew = Math.abs(left - maxDeleteDelay) < tolerance;
  if (!isNew && left <= afterSeconds + tolerance) {
    context.logger.info(
      `${displayName(what)} is scheduled for deletion already, on ${latest.toISOString()}.`,
    );
    return;
  }
  const sooner = (isNew ? maxDeleteDelay : left) - afterSeconds;
  const send = () =>
    rescheduleNamespaceDelete(context.http, network, name, new Date(latest.getTime() - sooner * 1000));
  const at =
    sooner <= 0
      ? latest
      : await retryWhileStale(context, {
          send,
          isStale: isNotYetVisible,
          window: propagation.namespaceStale.seconds,
        });
  context.logger.info(
    `${displayName(what)} will be deleted on ${at.toISOString()}. Its data can't be read or written from now on. To restore it with its data, declare it again at least five minutes before that time.`,
  );
}

// ---- Delete: at once ----

/** Deletes the namespace at once, with its data. */
export async function deleteNow(context: Context, what: NamespaceInputs): Promise<void> {
  const { network, name } = what;
  await unlessGone(context, what, () => deleteNamespaceNow(context.http, network, name));
  context.runState.deleted.add(namespaceKey(network, name));
}

/**
 * Sends a delete. Undefined when the namespace is gone: another client was faster, or the request was repeated. The service answers
 * the same for a missing permission. So absence is confirmed.
 */
async function unlessGone<T>(
  context: Context,
  what: NamespaceInputs,
  send: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await send();
  } catch (error) {
    if (!mayBeAbsent(error)) throw error;
    await awaitGone(context, what, propagation.namespaceStale).catch(() => {
      throw error;
    });
    return undefined;
  }
}

/** Waits until no read shows the namespace any more. */
export function awaitGone(
  context: Context,
  { network, name }: NamespaceInputs,
  window: PropagationWindow = propagation.namespaceExistence,
): Promise<void> {
  return pollUntil(context, {
    what: `${displayName({ network, name })} to be gone`,
    observe: async () => {
      const live = await findNamespaceEventually(context, network, name);
      return live === undefined
        ? { state: "gone", is: "reached", value: undefined }
        : { state: live.namespaceStatus ?? "READY", is: "pending" };
    },
    timeout: window.seconds,
  });
}
