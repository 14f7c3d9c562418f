import { namespaceKey } from "../../../api/edgekv/keys";
import {
  cancelNamespaceDelete,
  createNamespace,
  deleteNamespaceNow,
  findNamespace,
  findScheduledDelete,
  mayBeAbsent,
  type Namespace,
  reauthorizeNamespace,
  rescheduleNamespaceDelete,
  scheduleNamespaceDelete,
  updateRetention,
} from "../../../api/edgekv/namespaces";
import { pollUntil } from "../../../consistency/poll";
import { findEventually } from "../../../consistency/read";
import { createOnce, retryWhileStale } from "../../../consistency/write";

import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type CheckFailure, defineResource } from "../../../framework/resource";
import { hasUnknown } from "../../../framework/unknown";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { awaitDatabase } from "../database/database";
import {
  displayName,
  findNamespaceEventually,
  findScheduleConsistent,
  findSuch,
  fiveMinutes,
  groupOf,
  isEmpty,
  isScheduled,
  isStillUsed,
  isUpToDate,
  mismatch,
  notManaged,
  secondsLeft,
  threeDays,
  tooLate,
  unchangeable,
  withItsSchedule,
} from "./observe";
import { dataLoss, groupConflict, preflightNamespace, scheduledOutside } from "./preview";
import { type NamespaceInputs, type NamespaceState, namespaceSchema } from "./schema";

/** Seconds within which every server shows a change: 5 minutes are documented for retention, access group and the cancelling of a delete. */
const changeShowsWithin = 10 * 60;
/** Seconds within which every server shows that a namespace is there, or is gone. */
const existenceShowsWithin = 20 * 60;
/** Seconds within which every server has heard of what was done before this run did anything. */
const heardOfWithin = 30;
/** Looks in a row that must agree: each may be answered by another server. */
const looks = 3;
/** A server that has not heard of a call back refuses all requests for items, so that more of them are asked. */
const looksAtWhatCameBack = 10;

export const namespace = defineResource<NamespaceInputs, NamespaceState>(namespaceSchema, {
  displayName,

  check: {
    computeInputs({ known, unknown, logicalName }) {
      return {
        ...(known.name === undefined && !unknown.has("name") ? { name: logicalName } : {}),
        ...(known.deletion?.mode === "scheduled"
          ? { deletion: { mode: "scheduled", afterSeconds: known.deletion.afterSeconds ?? threeDays } }
          : {}),
      };
    },

    validate({ known, oldInputs }, context) {
      const failures: CheckFailure[] = [];
      if (known.network === "staging" && known.geoLocation !== undefined && known.geoLocation !== "US") {
        failures.push({ property: "geoLocation", reason: "must be US on staging: the staging network keeps data nowhere else" });
      }
      if (known.deletion !== undefined && known.deletion.mode !== "scheduled" && known.deletion.afterSeconds !== undefined) {
        failures.push({
          property: "deletion.afterSeconds",
          reason: `has a meaning only with mode \`scheduled\`, not with \`${known.deletion.mode}\``,
        });
      }
      failures.push(...groupConflict(known, context));
      return failures.length > 0 ? failures : dataLoss(known, oldInputs);
    },

    preflight: preflightNamespace,
  },

  diff: {
    requiresReplacement(field, old, news) {
      if (field !== "restrictDataAccess") return true;
      // A policy that is said out loud and is the one in force already asks for nothing.
      if (hasUnknown(news.restrictDataAccess)) return true;
      const inForce = old.policy?.restrictDataAccess;
      if (news.restrictDataAccess === undefined || news.restrictDataAccess === inForce) return false;
      // One that was left to the database until now was not in the old inputs, where `rules` would have seen it.
      const [loss] = inForce === undefined ? [] : dataLoss(news, { ...old, restrictDataAccess: inForce });
      if (loss !== undefined) throw new PreconditionError(`${loss.property} ${loss.reason}`);
      return true;
    },

    deleteBeforeReplace: (old, news) => old.name === news.name && old.network === news.network,

    hasDrift: scheduledOutside,
  },

  async create(inputs, context) {
    await awaitDatabase(context);
    const found = await findNamespace(context.http, inputs.network, inputs.name);
    const state = found === undefined ? await makeNamespace(inputs, context) : await adoptNamespace(found, inputs, context);
    context.runState.created.add(namespaceKey(inputs.network, inputs.name));
    return { id: idOf(inputs), state };
  },

  async read(state, context) {
    const { network, name } = state;
    const found = await findNamespaceEventually(network, name, context);
    if (found === undefined) {
      context.logger.warn(`${displayName(state)} is gone; \`up\` makes a new, empty one.`);
      return undefined;
    }
    // A change takes minutes to reach every server: what one of them does not show yet is no drift.
    const isAsKept = (live: Namespace) => same(changeable(asSeen(state, live)), changeable(state));
    const live = isAsKept(found) ? found : ((await findSuch(network, name, isAsKept, context)) ?? found);
    if (isScheduled(live)) {
      context.logger.warn(
        `${displayName(state)} was scheduled for deletion outside of this program${live.scheduledDeleteTime ? `, on ${live.scheduledDeleteTime}` : ""}; \`up\` cancels that.`,
      );
    }
    return asSeen(state, live);
  },

  async update(old, news, context) {
    const live = await findNamespaceEventually(news.network, news.name, context);
    if (live === undefined) throw new PreconditionError("it is gone. Run `pulumi refresh`, so that the next `up` makes a new one.");
    return reconcile(news, old, live, context);
  },

  delete: removeNamespace,
});

function idOf({ network, name }: NamespaceInputs): string {
  return `${network}/${name}`;
}

// ---- create ----

async function makeNamespace(inputs: NamespaceInputs, context: Context): Promise<NamespaceState> {
  const { name, network, retentionInSeconds, groupId, geoLocation, restrictDataAccess } = inputs;
  try {
    await createOnce(context, {
      send: () => createNamespace(context.http, network, { name, retentionInSeconds, groupId, geoLocation, restrictDataAccess }),
      find: async () => {
        const seen = await findNamespace(context.http, network, name);
        return seen !== undefined && isMade(inputs)(seen) ? seen : undefined;
      },
      window: 10,
    });
  } catch (error) {
    if (!(error instanceof ApiError) || !error.is(409)) throw error;
    // There is one after all, which the first look did not see.
    const found = await findEventually(context, () => findNamespace(context.http, network, name));
    if (found === undefined) throw error;
    return adoptNamespace(found, inputs, context);
  }
  try {
    return toState(inputs, await untilSeen(inputs, "to be there", isMade(inputs), existenceShowsWithin, context));
  } catch (error) {
    throw new PartialFailure(idOf(inputs), { ...inputs, namespaceStatus: "READY" }, error);
  }
}

/** What was asked for: a server may still show one of the same name that was there before, and somebody else may have been faster. */
function isMade(wanted: NamespaceInputs): (seen: Namespace) => boolean {
  return (seen) => !isScheduled(seen) && isUpToDate(seen, wanted);
}

/** A namespace that is there before it was made: called back from its deletion, what an interrupted run left, or adopted. */
async function adoptNamespace(seen: Namespace, inputs: NamespaceInputs, context: Context): Promise<NamespaceState> {
  const { network, adopt, replaceDeletesData } = inputs;
  const found = await withItsSchedule(seen, network, context);
  const wrong = unchangeable(found, inputs);
  if (wrong !== undefined && isScheduled(found) && replaceDeletesData) {
    await removeAtOnce(inputs, context);
    return makeNamespace(inputs, context);
  }
  if (wrong !== undefined) throw new PreconditionError(mismatch(wrong, found));
  const ours = isScheduled(found) || adopt || (isUpToDate(found, inputs) && (await isEmpty(found, network, context)));
  if (!ours) throw new PreconditionError(notManaged(network));
  return reconcile(inputs, undefined, found, context);
}

// ---- update, and what a create does to one that is there ----

/** Something about a namespace that may have to change, and how it shows that it did. */
interface Step {
  readonly needed: (live: Namespace) => boolean;
  readonly change: (live: Namespace) => Promise<void>;
  readonly shows: string;
  readonly done: (seen: Namespace) => boolean;
  /** Looks in a row that must show it. */
  readonly looks: number;
}

function changes(wanted: NamespaceInputs, old: NamespaceState | undefined, context: Context): Step[] {
  const { network, name, groupId, retentionInSeconds } = wanted;
  const tell = (what: string) => {
    // What an update does is in the engine's own lines; what a create does to a namespace that is there, nobody else tells.
    if (old === undefined) context.logger.info(`${displayName(wanted)}: ${what}.`);
  };
  return [
    {
      needed: (live) => isScheduled(live) || old?.scheduledDeleteTime !== undefined,
      change: (live) => cancelScheduledDelete(wanted, live, context),
      shows: "to come back",
      done: (seen) => !isScheduled(seen),
      looks: looksAtWhatCameBack,
    },
    {
      needed: (live) => groupOf(live) !== groupId || (old !== undefined && old.groupId !== groupId),
      change: async (live) => {
        tell(`access group ${groupOf(live)} becomes ${groupId}`);
        await reauthorizeNamespace(context.http, name, groupId);
      },
      shows: `to belong to group ${groupId}`,
      done: (seen) => groupOf(seen) === groupId,
      looks,
    },
    {
      needed: (live) =>
        live.retentionInSeconds !== retentionInSeconds || (old !== undefined && old.retentionInSeconds !== retentionInSeconds),
      change: async (live) => {
        tell(`retention ${String(live.retentionInSeconds)} s becomes ${retentionInSeconds} s`);
        await updateRetention(context.http, network, { ...live, groupId }, retentionInSeconds);
      },
      shows: `to have a retention of ${retentionInSeconds} s`,
      done: (seen) => seen.retentionInSeconds === retentionInSeconds,
      looks,
    },
  ];
}

/**
 * Brings a live namespace to what is wanted, step by step. When a step fails after something was changed, the state keeps what was last seen, so
 * that nothing is orphaned and the next run goes on from there.
 */
async function reconcile(
  wanted: NamespaceInputs,
  old: NamespaceState | undefined,
  found: Namespace,
  context: Context,
): Promise<NamespaceState> {
  let live = found;
  let changed = false;
  try {
    for (const { needed, change, shows, done, looks } of changes(wanted, old, context)) {
      if (!needed(live)) continue;
      await retryWhileNotVisible(context, () => change(live));
      changed = true;
      live = await untilSeen(wanted, shows, done, changeShowsWithin, context, looks);
    }
  } catch (error) {
    throw changed ? new PartialFailure(idOf(wanted), asSeen(toState(wanted, live), live), error) : error;
  }
  return toState(wanted, live);
}

/** Repeats what a server refuses because it has not heard yet of what another one shows. */
function retryWhileNotVisible<T>(context: Context, send: () => Promise<T>): Promise<T> {
  const refused = (error: unknown) => error instanceof ApiError && [400, 404, 409].includes(error.status) && !mayBeAbsent(error);
  return retryWhileStale(context, { send, isStale: refused, window: heardOfWithin });
}

async function cancelScheduledDelete(wanted: NamespaceInputs, live: Namespace, context: Context): Promise<void> {
  const { network, name } = wanted;
  // No schedule at all: what shows the namespace as about to be deleted is a server that has not heard that this was cancelled.
  const schedule = await findEventually(context, () => findScheduledDelete(context.http, network, name));
  const left = secondsLeft(schedule, live, context);
  if (schedule !== undefined && left < fiveMinutes) throw new PreconditionError(tooLate(left, schedule.at));
  await cancelNamespaceDelete(context.http, network, name);
  context.runState.created.add(namespaceKey(network, name));
  if (schedule === undefined) return;
  context.logger.info(
    `The scheduled delete of ${displayName(wanted)} was cancelled, ${formatDuration(left)} before its time; it comes back with its data.`,
  );
}

function untilSeen(
  wanted: NamespaceInputs,
  what: string,
  is: (seen: Namespace) => boolean,
  within: number,
  context: Context,
  confirmations = looks,
): Promise<Namespace> {
  return pollUntil(context, {
    what: `${displayName(wanted)} ${what}`,
    observe: async () => {
      const seen = await findNamespace(context.http, wanted.network, wanted.name);
      if (seen === undefined) return { state: "not to be seen", is: "pending" };
      const state = `${seen.namespaceStatus ?? "READY"}, group ${groupOf(seen)}, retention ${String(seen.retentionInSeconds)} s`;
      return is(seen) ? { state, is: "reached", value: seen } : { state, is: "pending" };
    },
    timeout: within,
    consecutiveMatches: confirmations,
  });
}

// ---- delete ----

async function removeNamespace(state: NamespaceState, context: Context): Promise<void> {
  const { network, name, deletion } = state;
  const what = displayName(state);
  if (isStillUsed(context.runState, state)) return;
  if (deletion.mode === "retain") {
    context.logger.info(`${what} stays with its data. It is no longer managed by Pulumi.`);
    return;
  }
  if (context.runState.created.has(namespaceKey(network, name))) {
    // A replacement by the same namespace: asked for by the person (--replace), or a resource under another name in the program.
    context.logger.warn(`${what} stays: what was to replace it is the same namespace.`);
    return;
  }
  const live = await findNamespaceEventually(network, name, context);
  if (live === undefined) return;
  if (deletion.mode === "immediate") return removeAtOnce(state, context);
  const afterSeconds = deletion.afterSeconds ?? threeDays;
  const schedule = isScheduled(live) ? await findScheduleConsistent(network, name, context) : undefined;
  if (schedule !== undefined && schedule.at.getTime() <= context.clock.now() + (afterSeconds + 60) * 1000) {
    context.logger.info(`${what} is scheduled for deletion already, on ${schedule.at.toISOString()}.`);
    return;
  }
  const latest = schedule?.at ?? (await scheduleNamespaceDelete(context.http, network, name));
  const left = (latest.getTime() - context.clock.now()) / 1000;
  // Three days are those of the service's clock; anything else is a schedule that was there before, whatever a server has shown of it.
  const sooner = (Math.abs(left - threeDays) < 60 ? threeDays : left) - afterSeconds;
  const at =
    sooner <= 0
      ? latest
      : await retryWhileNotVisible(context, () =>
          rescheduleNamespaceDelete(context.http, network, name, new Date(latest.getTime() - sooner * 1000)),
        );
  context.logger.info(
    `${what} will be deleted on ${at.toISOString()}. Its data can't be read or written from now on; declare it again before then (five minutes at the latest) and everything comes back.`,
  );
}

async function removeAtOnce(what: NamespaceInputs, context: Context): Promise<void> {
  try {
    await deleteNamespaceNow(context.http, what.network, what.name);
  } catch (error) {
    if (!mayBeAbsent(error)) throw error;
    // Absent when somebody was faster, or when an answer was lost and the request repeated; else the permission is missing.
    await untilGone(what, heardOfWithin, context).catch(() => {
      throw error;
    });
    return;
  }
  await untilGone(what, existenceShowsWithin, context);
}

function untilGone({ network, name }: NamespaceInputs, within: number, context: Context): Promise<void> {
  return pollUntil(context, {
    what: `${displayName({ network, name })} to be gone`,
    observe: async () => {
      const seen = await findNamespaceEventually(network, name, context);
      return seen === undefined
        ? { state: "gone", is: "reached", value: undefined }
        : { state: seen.namespaceStatus ?? "READY", is: "pending" };
    },
    timeout: within,
  });
}

// ---- wire to state ----

/** The state of a namespace that is as it is wanted. */
function toState(inputs: NamespaceInputs, live: Namespace): NamespaceState {
  const { scheduledDeleteTime: _, ...kept } = inputs;
  return { ...kept, namespaceStatus: live.namespaceStatus ?? "READY", ...(live.dataAccessPolicy ? { policy: live.dataAccessPolicy } : {}) };
}

/** The state of a namespace that may be other than wanted: what the service shows is what counts. */
function asSeen(state: NamespaceState, live: Namespace): NamespaceState {
  return {
    ...toState(state, live),
    retentionInSeconds: live.retentionInSeconds ?? state.retentionInSeconds,
    groupId: groupOf(live),
    geoLocation: (live.geoLocation ?? state.geoLocation) as NamespaceInputs["geoLocation"],
    ...(state.restrictDataAccess !== undefined && live.dataAccessPolicy
      ? { restrictDataAccess: live.dataAccessPolicy.restrictDataAccess }
      : {}),
    ...(isScheduled(live) ? { scheduledDeleteTime: live.scheduledDeleteTime ?? "a time the service does not tell" } : {}),
  };
}

/** What can be other than the program says while it is still the same namespace. */
function changeable({ retentionInSeconds, groupId, scheduledDeleteTime }: NamespaceState): object {
  return { retentionInSeconds, groupId, scheduledDeleteTime };
}
