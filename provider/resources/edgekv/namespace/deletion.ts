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
import {
  displayName,
  findNamespaceEventually,
  findNamespaceWhere,
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

/** The same namespace, with its scheduled delete if any replica shows one: the others may be stale. */
export async function withScheduledDelete(
  context: Context,
  network: Network,
  live: Namespace,
): Promise<Namespace> {
  return isScheduled(live)
    ? live
    : ((await findNamespaceWhere(context, network, live.namespace, isScheduled)) ?? live);
}

/** Seconds until the delete. The service's own count is right whatever this machine's clock shows. */
export function secondsLeft(
  context: Context,
  schedule: ScheduledDelete | undefined,
  live: Namespace,
): number {
  if (schedule?.secondsLeft !== undefined) return schedule.secondsLeft;
  const at =
    schedule?.at.getTime() ?? (live.scheduledDeleteTime ? Date.parse(live.scheduledDeleteTime) : undefined);
  return at === undefined ? maxDeleteDelay : (at - context.clock.now()) / 1000;
}

/** Why the delete can't be cancelled, or undefined while it can. */
export function tooLateToCancel(left: number, at: Date | undefined): string | undefined {
  if (left >= minDeleteDelay) return undefined;
  const again = at === undefined ? "in a few minutes" : `after ${at.toISOString()}`;
  return `the namespace will be deleted in ${formatDuration(left)}, and a delete can't be cancelled in its last five minutes: run again ${again}, when a new, empty one can be created`;
}

/** Whether a delete was scheduled outside of the program, and the state does not have it yet. */
export async function isScheduledOutside(context: Context, old: NamespaceInputs): Promise<boolean> {
  if (!context.settings.previewReads || old.scheduledDeleteTime !== undefined) return false;
  const live = (await readNamespaces(context, old.network)).find((one) => one.namespace === old.name);
  if (live === undefined || !isScheduled(live)) return false;
  // The list may be from before a delete was cancelled: two other reads must agree with it.
  const schedule = await findScheduleConsistent(context, old.network, old.name);
  if (schedule === undefined) return false;
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

/** Schedules the delete, or moves one that is too far away. */
export async function scheduleDelete(
  context: Context,
  what: NamespaceInputs,
  live: Namespace,
): Promise<void> {
  const { network, name, deletion } = what;
  const afterSeconds = deletion.afterSeconds ?? maxDeleteDelay;
  const schedule = isScheduled(live) ? await findScheduleConsistent(context, network, name) : undefined;
  if (
    schedule !== undefined &&
    schedule.at.getTime() <= context.clock.now() + (afterSeconds + tolerance) * 1000
  ) {
    context.logger.info(
      `${displayName(what)} is scheduled for deletion already, on ${schedule.at.toISOString()}.`,
    );
    return;
  }
  const latest = schedule?.at ?? (await scheduleNamespaceDelete(context.http, network, name));
  const left = (latest.getTime() - context.clock.now()) / 1000;
  // About three days are those of the service's clock. Anything else is an earlier schedule.
  const sooner = (Math.abs(left - maxDeleteDelay) < tolerance ? maxDeleteDelay : left) - afterSeconds;
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
  try {
    await deleteNamespaceNow(context.http, what.network, what.name);
  } catch (error) {
    if (!mayBeAbsent(error)) throw error;
    // Gone when another client was faster, or after a repeated request. Otherwise the permission is missing.
    await awaitGone(context, what, propagation.namespaceStale).catch(() => {
      throw error;
    });
    return;
  }
  await awaitGone(context, what, propagation.namespaceExistence);
}

function awaitGone(
  context: Context,
  { network, name }: NamespaceInputs,
  window: PropagationWindow,
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
