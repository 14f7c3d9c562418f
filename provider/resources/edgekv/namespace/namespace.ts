import { z } from "zod";
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
import { createOnce } from "../../../consistency/createOnce";
import { findEventually, pollUntil } from "../../../consistency/poll";
import { retryWhileStale } from "../../../consistency/retryWhileStale";
import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type CheckFailure, ownership, type Resource, replaces, updates } from "../../../framework/resource";
import { hasUnknown } from "../../../framework/unknown";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { awaitDatabase } from "../database/database";
import {
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
  displayName,
  tooLate,
  unchangeable,
  withItsSchedule,
} from "./observe";
import { dataLoss, groupConflict, preflightNamespace, scheduledOutside } from "./preview";

const day = 86_400;
const longestRetention = 315_360_000;

/** What a program says of a namespace. */
export const namespaceArgs = z.strictObject({
  /**
   * 1 to 32 letters, digits, `_` and `-`, not beginning with `-`; `default` is Akamai's own. The same name may be used on both networks.
   * Default: the resource's name in the program. Another name is another namespace.
   */
  name: replaces(
    z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/, "must be 1 to 32 letters, digits, _ or -, and must not begin with -")
      .refine((name) => name !== "default", "the namespace `default` is Akamai's own: it can't be created, changed or deleted")
      .optional(),
  ),
  /** `staging` or `production`: two namespaces of one name on the two networks are separate, with data of their own. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /**
   * The access group that may manage the namespace; 0 stands for all groups. It is one for both networks: where both are declared, both
   * must say the same. A change reaches all servers within 5 minutes.
   */
  groupId: updates(z.int("must be a whole number: the id of an access group, or 0 for all groups").min(0, "must not be negative")),
  /**
   * Seconds that an item lives after it was last written: 0 keeps it for ever, otherwise 86,400 (a day) to 315,360,000 (3650 days). A change
   * reaches all servers within 5 minutes and holds for items written after it only.
   */
  retentionInSeconds: updates(
    z
      .int("must be a whole number of seconds")
      .refine(
        (seconds) => seconds === 0 || (seconds >= day && seconds <= longestRetention),
        `must be 0 (keep for ever) or ${day} (1 day) to ${longestRetention} (3650 days)`,
      ),
  ),
  /** Where the data is kept: `US` (default), `EU`, `JP` or `GLOBAL`; staging knows `US` only. Can't be changed. */
  geoLocation: replaces(z.enum(["US", "EU", "JP", "GLOBAL"], "must be one of US, EU, JP, GLOBAL").default("US")),
  /**
   * Whether data is served over Enhanced TLS only. Can be set only where the database's `allowNamespacePolicyOverride` is true, and only when
   * the namespace is made; `false` needs the Standard TLS entitlement. Default: what the database's policy says.
   */
  restrictDataAccess: replaces(z.boolean("must be true or false").optional()),
  /**
   * What destroying the namespace does. `scheduled` (the default): Akamai deletes it after `afterSeconds`, 300 to 259,200 (three days, the
   * default); its data can't be read or written from then on, and until then declaring it again brings everything back. `immediate`: it is gone for
   * good. `retain`: it stays, and is nobody's.
   */
  deletion: updates(
    z
      .strictObject({
        mode: z.enum(["scheduled", "immediate", "retain"], "must be `scheduled`, `immediate` or `retain`").default("scheduled"),
        afterSeconds: z
          .int("must be a whole number of seconds")
          .min(fiveMinutes, "must be at least 300: a delete can't be called back in its last five minutes")
          .max(threeDays, "must be at most 259200 (three days)")
          .optional(),
      })
      .prefault({}),
  ),
  /** Take over a namespace that exists already, with its data. Default: false, which makes that an error at preview. */
  adopt: updates(z.boolean("must be true or false").default(false)),
  /**
   * Allow a change that needs another namespace (`name`, `network`, `geoLocation`, `restrictDataAccess`) although the data of the old one goes with
   * it. Default: false, which makes that an error at preview.
   */
  replaceDeletesData: updates(z.boolean("must be true or false").default(false)),
});

const namespaceComputed = z.object({
  ...ownership,
  /** When Akamai will delete the namespace because somebody scheduled that; `up` cancels it. Never there while all is well. */
  scheduledDeleteTime: updates(z.string().optional()),
});

/** What the service tells of a namespace. */
export const namespaceOutputs = z.object({
  /** `READY`, or `DELETING` while a delete is scheduled. */
  namespaceStatus: z.string(),
  /** The policy in force: `policyType` is `inherited` from the database or `overridden`. */
  policy: z.object({ restrictDataAccess: z.boolean(), policyType: z.string().optional() }).optional(),
});

export type NamespaceInputs = z.output<typeof namespaceArgs> & z.output<typeof namespaceComputed> & { name: string };
export type NamespaceState = NamespaceInputs & z.output<typeof namespaceOutputs>;

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

export const namespace: Resource<NamespaceInputs, NamespaceState> = {
  token: "edgekv:Namespace",
  args: namespaceArgs,
  computed: namespaceComputed,
  outputs: namespaceOutputs,
  displayName,

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

  async create(inputs, context) {
    await awaitDatabase(context);
    const found = await findNamespace(context.http, inputs.network, inputs.name);
    const state = found === undefined ? await makeNamespace(inputs, context) : await adoptNamespace(found, inputs, context);
    context.runState.created.add(`namespace ${inputs.network}/${inputs.name}`);
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
};

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
  context.runState.created.add(`namespace ${network}/${name}`);
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
  if (context.runState.created.has(`namespace ${network}/${name}`)) {
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
