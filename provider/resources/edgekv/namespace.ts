import { z } from "zod";
import { listAccessGroups } from "../../api/edgekv/groups";
import {
  cancelNamespaceDelete,
  createNamespace,
  deleteNamespaceNow,
  findNamespace,
  findScheduledDelete,
  listNamespaces,
  type Namespace,
  type Network,
  reauthorizeNamespace,
  rescheduleNamespaceDelete,
  sampleItemGroups,
  scheduleNamespaceDelete,
  updateRetention,
} from "../../api/edgekv/namespaces";
import { inWords } from "../../core/clock";
import type { Context } from "../../core/context";
import { PartialFailure, RefusedError, ServiceError } from "../../core/errors";
import { once } from "../../core/once";
import { type Draft, type Failure, ownership, type Resource, replaces, updates } from "../../core/resource";
import { findSurely, waitFor } from "../../core/wait";
import { awaitDatabase, isInitialized } from "./database";

const threeDays = 259_200;
const fiveMinutes = 300;
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

/** Seconds within which every server shows a change: documented for retention, access group and the cancelling of a delete. */
const changeShowsWithin = 10 * 60;
/** Seconds within which every server shows that a namespace is there, or is gone. */
const existenceShowsWithin = 20 * 60;

export const namespace: Resource<NamespaceInputs, NamespaceState> = {
  token: "edgekv:Namespace",
  args: namespaceArgs,
  computed: namespaceComputed,
  outputs: namespaceOutputs,
  title: ({ name, network }) => `namespace ${name ?? "(name not known yet)"}${network === undefined ? "" : ` on ${network}`}`,

  complete({ known, unknown, olds, logicalName }) {
    return {
      ...(known.name === undefined && !unknown.has("name") ? { name: nameInOwner(olds) ?? logicalName } : {}),
      ...(known.deletion?.mode === "scheduled"
        ? { deletion: { mode: "scheduled", afterSeconds: known.deletion.afterSeconds ?? threeDays } }
        : {}),
    };
  },

  rules(draft) {
    const { known, olds } = draft;
    const failures: Failure[] = [];
    if (known.network === "staging" && known.geoLocation !== undefined && known.geoLocation !== "US") {
      failures.push({ property: "geoLocation", reason: "must be US on staging: the staging network keeps data nowhere else" });
    }
    if (known.deletion !== undefined && known.deletion.mode !== "scheduled" && known.deletion.afterSeconds !== undefined) {
      failures.push({
        property: "deletion.afterSeconds",
        reason: `has a meaning only with mode \`scheduled\`, not with \`${known.deletion.mode}\``,
      });
    }
    return failures.length > 0 || olds.name === undefined ? failures : dataLoss(draft);
  },

  observe: observeNamespace,

  // A policy that is said out loud and is the one in force already asks for nothing.
  needsReplacement: (field, old, news) =>
    field !== "restrictDataAccess" || (news.restrictDataAccess !== undefined && news.restrictDataAccess !== old.policy?.restrictDataAccess),

  sameObject: (old, news) => old.name === news.name && old.network === news.network,

  async drifted(old, context) {
    if (!context.settings.previewReads || old.scheduledDeleteTime !== undefined) return false;
    const one = (await listed(context, old.network)).find(({ namespace: name }) => name === old.name);
    if (one === undefined || !isScheduled(one)) return false;
    // Asked in two ways, since one answer may come from before a delete was cancelled.
    const schedule = await findScheduledDelete(context.http, old.network, old.name);
    if (schedule === undefined) return false;
    context.notices.warn(
      `${namespace.title(old)} was scheduled for deletion outside of this program, on ${schedule.at.toISOString()}; \`up\` cancels that.`,
    );
    return true;
  },

  async create(inputs, context) {
    await awaitDatabase(context);
    const found = await findNamespace(context.http, inputs.network, inputs.name);
    const live = found === undefined ? await makeNamespace(inputs, context) : await takeOver(found, inputs, context);
    context.memory.madeNow.add(`namespace ${inputs.network}/${inputs.name}`);
    return { id: `${inputs.network}/${inputs.name}`, state: toState(inputs, live) };
  },

  async read(state, context) {
    const live = await findNamespaceSurely(state.network, state.name, context);
    if (live === undefined) {
      context.notices.warn(`${namespace.title(state)} is gone; \`up\` makes a new, empty one.`);
      return undefined;
    }
    return asRead(state, live, context);
  },

  async update(old, news, context) {
    const live = await findNamespaceSurely(news.network, news.name, context);
    if (live === undefined) throw new RefusedError("it is gone. Run `pulumi refresh`, so that the next `up` makes a new one.");
    return reach(news, old, live, context);
  },

  delete: removeNamespace,
};

/** The name that was derived from the resource's first name in the program, so that renaming the resource is not another namespace. */
function nameInOwner(olds: Partial<NamespaceInputs>): string | undefined {
  return olds.owner?.split("/").slice(2).join("/");
}

const immutable = ["name", "network", "geoLocation", "restrictDataAccess"] as const;

/** A replacement takes the data with it: refused unless the program says that it knows. */
function dataLoss({ known, olds }: Draft<NamespaceInputs>): Failure[] {
  const changed = immutable.filter(
    (field) => known[field] !== undefined && known[field] !== olds[field] && (field !== "restrictDataAccess" || olds[field] !== undefined),
  );
  const [field] = changed;
  if (field === undefined) return [];
  const samePlace = known.name === olds.name && known.network === olds.network;
  const kept = olds.deletion?.mode === "retain";
  if (kept && samePlace) {
    return [
      {
        property: field,
        reason: `can't be changed (from ${String(olds[field])}), and the old namespace is to be retained, so that its name stays taken: give the new one another name`,
      },
    ];
  }
  if (kept || known.replaceDeletesData === true) return [];
  return [
    {
      property: field,
      reason:
        `can't be changed in place: ${String(olds[field])} to ${String(known[field])} means another namespace, and the data of ${String(olds.name)} on ${String(olds.network)} would be deleted. ` +
        'Say `replaceDeletesData: true` if that is meant, or `deletion: { mode: "retain" }` and run `up` once before the change to keep the old one',
    },
  ];
}

// ---- preview: what `up` would run into ----

async function observeNamespace(draft: Draft<NamespaceInputs>, context: Context): Promise<Failure[]> {
  const { known, olds } = draft;
  const { memory } = context;
  const { name, network, groupId } = known;
  if (name === undefined || network === undefined) return [];
  const key = `namespace ${network}/${name}`;
  const failures = groupId === undefined ? [] : groupConflict(name, network, groupId, context);
  if (olds.name !== undefined) memory.owned.add(`namespace ${olds.network}/${olds.name}`);
  if (!(await isInitialized(context))) {
    memory.planned.add(key);
    return failures;
  }
  if (groupId !== undefined && groupId !== olds.groupId) failures.push(...(await unknownGroup(groupId, network, context)));
  if (olds.name === name && olds.network === network) {
    if (known.retentionInSeconds !== undefined && known.retentionInSeconds !== olds.retentionInSeconds) {
      context.notices.warn(
        `${namespace.title(known)}: the new retention holds for items written from now on; items that are there keep their old end, and Akamai warns that data from before the change may not be found any more. Write again what has to live on.`,
      );
    }
    return failures;
  }
  if (memory.owned.has(key)) return failures;
  const all = await listed(context, network);
  const live = all.find((one) => one.namespace === name);
  if (live !== undefined) return [...failures, ...(await objections(live, draft, context))];
  memory.planned.add(key);
  const planned = [...memory.planned].filter(
    (one) => one.startsWith(`namespace ${network}/`) && !all.some((other) => one === `namespace ${network}/${other.namespace}`),
  );
  const limit = context.settings.namespacesPerNetwork;
  if (all.length + planned.length > limit) {
    failures.push({
      property: "name",
      reason:
        `there is no room for it: the account may have ${limit} namespaces on ${network}, it has ${all.length} (\`default\` counts, and so do those whose delete is scheduled), and this program adds ${planned.length}. ` +
        "If Akamai raised the limit for the account, say so with `pulumi config set akamai-edge:namespacesPerNetwork`",
    });
  }
  return failures;
}

/** Both networks share one access group for a name: two that disagree would undo each other for ever. */
function groupConflict(name: string, network: Network, groupId: number, { memory }: Context): Failure[] {
  const declared = memory.groupOfNamespace.get(name);
  if (declared !== undefined && declared.network !== network && declared.groupId !== groupId) {
    return [
      {
        property: "groupId",
        reason: `must be the same for ${name} on both networks, which share one access group: ${declared.network} says ${declared.groupId}`,
      },
    ];
  }
  memory.groupOfNamespace.set(name, { network, groupId });
  return [];
}

async function unknownGroup(groupId: number, network: Network, context: Context): Promise<Failure[]> {
  const groups = await context.memory.read("access groups", () => listAccessGroups(context.http));
  const group = groups.find((one) => one.groupId === groupId);
  const named = groups.map((one) => `${one.groupId} (${one.groupName})`).join(", ");
  if (group === undefined) {
    // 0 stands for all groups and is not listed everywhere.
    return groupId === 0
      ? []
      : [{ property: "groupId", reason: `the API client has no access to a group ${groupId}; it has access to ${named || "none"}` }];
  }
  const needed = network === "staging" ? "CREATE_STAGING_NAMESPACE" : "CREATE_NAMESPACE";
  if (group.capabilities.length === 0 || group.capabilities.includes(needed)) return [];
  return [{ property: "groupId", reason: `the API client lacks the capability ${needed} in group ${groupId} (${group.groupName})` }];
}

/** What speaks against taking a namespace that is there. */
async function objections(live: Namespace, draft: Draft<NamespaceInputs>, context: Context): Promise<Failure[]> {
  const { known, unknown } = draft;
  const what = namespace.title(known);
  const wrong = unchangeable(live, known);
  if (isScheduled(live)) {
    if (wrong !== undefined && known.replaceDeletesData !== true) return [mismatch(wrong, live)];
    if (wrong !== undefined) {
      context.notices.warn(
        `${what} is scheduled for deletion and has another ${wrong}: \`up\` deletes it at once, as \`replaceDeletesData\` allows, and makes a new one.`,
      );
      return [];
    }
    const schedule = await findScheduledDelete(context.http, known.network ?? "staging", live.namespace);
    const left = secondsLeft(schedule, live, context);
    if (left < fiveMinutes) return [{ property: "name", reason: tooLate(left, schedule?.at) }];
    context.notices.info(`${what} is scheduled for deletion in ${inWords(left)}: \`up\` cancels that, and its data comes back.`);
    return [];
  }
  if (wrong !== undefined) return [mismatch(wrong, live)];
  if (known.adopt === true) {
    context.notices.info(`${what} exists already: \`up\` takes it over with its data.`);
    return [];
  }
  const exact = !unknown.has("groupId") && !unknown.has("retentionInSeconds") && isWhatIsWanted(live, known);
  if (exact && (await isEmpty(live, known.network ?? "staging", context))) {
    context.notices.info(`${what} exists already, just as it is declared here, and is empty: \`up\` goes on with it.`);
    return [];
  }
  return [{ property: "name", reason: notOurs(known.network ?? "staging") }];
}

function mismatch(field: "geoLocation" | "restrictDataAccess", live: Namespace): Failure {
  const has = field === "geoLocation" ? live.geoLocation : live.dataAccessPolicy?.restrictDataAccess;
  return {
    property: field,
    reason: `the namespace exists already with ${field} ${String(has)}, which can't be changed: say the same here, or choose another name`,
  };
}

function notOurs(network: Network): string {
  return `a namespace of this name exists on ${network} and is not this program's: say \`adopt: true\` to take it over with its data, choose another name, or use Pulumi's \`aliases\` if the resource was only renamed or moved`;
}

function tooLate(left: number, at: Date | undefined): string {
  const again = at === undefined ? "in a few minutes" : `after ${at.toISOString()}`;
  return `the namespace will be deleted in ${inWords(left)}, and a delete can't be called back in its last five minutes: run again ${again}, when a new, empty one can be made`;
}

// ---- create ----

async function makeNamespace(inputs: NamespaceInputs, context: Context): Promise<Namespace> {
  const { name, network } = inputs;
  const { retentionInSeconds, groupId, geoLocation, restrictDataAccess } = inputs;
  try {
    await once(context, {
      send: () => createNamespace(context.http, network, { name, retentionInSeconds, groupId, geoLocation, restrictDataAccess }),
      find: () => findNamespace(context.http, network, name),
      visibleWithin: 10,
    });
  } catch (error) {
    if (!(error instanceof ServiceError) || !error.is(409)) throw error;
    // There is one after all, which the first look did not see.
    const found = await findSurely(context, () => findNamespace(context.http, network, name));
    if (found === undefined) throw error;
    return takeOver(found, inputs, context);
  }
  return partial(inputs, undefined, () =>
    waitFor(context, {
      what: `${namespace.title(inputs)} to be there`,
      look: async () => {
        const seen = await findNamespace(context.http, network, name);
        return seen === undefined ? { state: "not to be seen", is: "pending" } : { state: "there", is: "reached", value: seen };
      },
      within: existenceShowsWithin,
      confirmations: 3,
    }),
  );
}

/** A namespace that is there before it was made: called back from its deletion, what an interrupted run left, or adopted. */
async function takeOver(found: Namespace, inputs: NamespaceInputs, context: Context): Promise<Namespace> {
  const wrong = unchangeable(found, inputs);
  if (wrong !== undefined && isScheduled(found) && inputs.replaceDeletesData) {
    await removeAtOnce(inputs, context);
    return makeNamespace(inputs, context);
  }
  if (wrong !== undefined) throw new RefusedError(mismatch(wrong, found).reason);
  const ours = isScheduled(found) || inputs.adopt || (isWhatIsWanted(found, inputs) && (await isEmpty(found, inputs.network, context)));
  if (!ours) throw new RefusedError(notOurs(inputs.network));
  const state = await reach(inputs, undefined, found, context);
  return {
    ...found,
    namespaceStatus: state.namespaceStatus,
    retentionInSeconds: state.retentionInSeconds,
    groupId: state.groupId,
    scheduledDeleteTime: undefined,
  };
}

// ---- update, and what a create does to one that is there ----

/** Brings a live namespace to what is wanted, step by step; a step that is not seen to be done is left for the next run. */
async function reach(
  wanted: NamespaceInputs,
  old: NamespaceState | undefined,
  found: Namespace,
  context: Context,
): Promise<NamespaceState> {
  const { network, name, groupId, retentionInSeconds } = wanted;
  let live = found;
  if (isScheduled(live)) {
    await callBack(wanted, live, context);
    live = await partial(wanted, live, () => untilSeen(wanted, "to come back", (seen) => !isScheduled(seen), context));
  }
  if ((live.groupId ?? 0) !== groupId || (old !== undefined && old.groupId !== groupId)) {
    if (old === undefined) context.notices.info(`${namespace.title(wanted)}: access group ${live.groupId ?? 0} becomes ${groupId}.`);
    await reauthorizeNamespace(context.http, name, groupId);
    live = await partial(wanted, live, () =>
      untilSeen(wanted, `to belong to group ${groupId}`, (seen) => (seen.groupId ?? 0) === groupId, context),
    );
  }
  if (live.retentionInSeconds !== retentionInSeconds || (old !== undefined && old.retentionInSeconds !== retentionInSeconds)) {
    if (old === undefined)
      context.notices.info(`${namespace.title(wanted)}: retention ${String(live.retentionInSeconds)} s becomes ${retentionInSeconds} s.`);
    await updateRetention(context.http, network, { ...live, groupId }, retentionInSeconds);
    live = await partial(wanted, live, () =>
      untilSeen(
        wanted,
        `to have a retention of ${retentionInSeconds} s`,
        (seen) => seen.retentionInSeconds === retentionInSeconds,
        context,
      ),
    );
  }
  return toState(wanted, live);
}

async function callBack(wanted: NamespaceInputs, live: Namespace, context: Context): Promise<void> {
  const { network, name } = wanted;
  const schedule = await findScheduledDelete(context.http, network, name);
  const left = secondsLeft(schedule, live, context);
  if (left < fiveMinutes) throw new RefusedError(tooLate(left, schedule?.at));
  await cancelNamespaceDelete(context.http, network, name);
  context.notices.info(
    `The scheduled delete of ${namespace.title(wanted)} was cancelled, ${inWords(left)} before its time; it comes back with its data.`,
  );
}

function untilSeen(wanted: NamespaceInputs, what: string, is: (seen: Namespace) => boolean, context: Context): Promise<Namespace> {
  return waitFor(context, {
    what: `${namespace.title(wanted)} ${what}`,
    look: async () => {
      const seen = await findNamespace(context.http, wanted.network, wanted.name);
      if (seen === undefined) return { state: "not to be seen", is: "pending" };
      const state = `${seen.namespaceStatus ?? "READY"}, group ${seen.groupId ?? 0}, retention ${String(seen.retentionInSeconds)} s`;
      return is(seen) ? { state, is: "reached", value: seen } : { state, is: "pending" };
    },
    within: changeShowsWithin,
    confirmations: 3,
  });
}

/** A wait after an accepted change: when it fails, the state keeps what was last seen, so that nothing is orphaned and the next run goes on. */
async function partial<T>(wanted: NamespaceInputs, live: Namespace | undefined, wait: () => Promise<T>): Promise<T> {
  try {
    return await wait();
  } catch (error) {
    const seen =
      live === undefined
        ? wanted
        : { ...wanted, retentionInSeconds: live.retentionInSeconds ?? wanted.retentionInSeconds, groupId: live.groupId ?? 0 };
    throw new PartialFailure(
      `${wanted.network}/${wanted.name}`,
      withSchedule({ ...seen, namespaceStatus: live?.namespaceStatus ?? "READY" }, live),
      error,
    );
  }
}

// ---- delete ----

async function removeNamespace(state: NamespaceState, context: Context): Promise<void> {
  const { network, name, deletion } = state;
  const what = namespace.title(state);
  if (deletion.mode === "retain") {
    context.notices.info(`${what} stays where it is, with its data, and is nobody's from now on.`);
    return;
  }
  const live = await findNamespaceSurely(network, name, context);
  if (live === undefined) return;
  if (deletion.mode === "immediate") return removeAtOnce(state, context);
  if (isScheduled(live)) {
    context.notices.info(
      `${what} is scheduled for deletion already, on ${live.scheduledDeleteTime ?? "a time the service does not tell"}.`,
    );
    return;
  }
  const latest = await scheduleNamespaceDelete(context.http, network, name);
  const sooner = threeDays - (deletion.afterSeconds ?? threeDays);
  const at =
    sooner === 0
      ? latest
      : await whenVisible(context, () =>
          rescheduleNamespaceDelete(context.http, network, name, new Date(latest.getTime() - sooner * 1000)),
        );
  context.notices.info(
    `${what} will be deleted on ${at.toISOString()}. Its data can't be read or written from now on; declare it again before then (five minutes at the latest) and everything comes back.`,
  );
}

async function removeAtOnce({ network, name }: NamespaceInputs, context: Context): Promise<void> {
  await deleteNamespaceNow(context.http, network, name);
  await waitFor(context, {
    what: `${namespace.title({ network, name })} to be gone`,
    look: async () => {
      const seen = await findNamespace(context.http, network, name);
      return seen === undefined
        ? { state: "gone", is: "reached", value: undefined }
        : { state: seen.namespaceStatus ?? "READY", is: "pending" };
    },
    within: existenceShowsWithin,
    confirmations: 3,
  });
}

const schedulesShowWithin = 30;

/** Repeats what a server refuses because it has not heard of the schedule that was just made. */
async function whenVisible<T>(context: Context, send: () => Promise<T>): Promise<T> {
  const until = context.clock.now() + schedulesShowWithin * 1000;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      const early = error instanceof ServiceError && (error.status === 400 || error.status === 404);
      if (!early || context.clock.now() >= until) throw error;
      await context.clock.sleep(2000);
    }
  }
}

// ---- what is there ----

function listed(context: Context, network: Network): Promise<Namespace[]> {
  return context.memory.read(`namespaces on ${network}`, () => listNamespaces(context.http, network));
}

/** Gone means gone: neither the namespace itself nor the listing shows it, several times over. Listed but refused is a missing permission. */
async function findNamespaceSurely(network: Network, name: string, context: Context): Promise<Namespace | undefined> {
  return findSurely(context, async () => {
    const found = await findNamespace(context.http, network, name);
    return found ?? (await listNamespaces(context.http, network)).find((one) => one.namespace === name);
  });
}

function isScheduled(live: Namespace): boolean {
  return live.namespaceStatus === "DELETING" || typeof live.scheduledDeleteTime === "string";
}

function secondsLeft(schedule: { at: Date; secondsLeft: number | undefined } | undefined, live: Namespace, context: Context): number {
  // The service's own count is right whatever this machine's clock says.
  if (schedule?.secondsLeft !== undefined) return schedule.secondsLeft;
  const at = schedule?.at.getTime() ?? (live.scheduledDeleteTime ? Date.parse(live.scheduledDeleteTime) : undefined);
  return at === undefined ? threeDays : (at - context.clock.now()) / 1000;
}

/** What no update can change and is other than wanted. */
function unchangeable(live: Namespace, wanted: Partial<NamespaceInputs>): "geoLocation" | "restrictDataAccess" | undefined {
  if (wanted.geoLocation !== undefined && live.geoLocation !== undefined && live.geoLocation !== wanted.geoLocation) return "geoLocation";
  const policy = live.dataAccessPolicy?.restrictDataAccess;
  if (wanted.restrictDataAccess !== undefined && policy !== undefined && policy !== wanted.restrictDataAccess) return "restrictDataAccess";
  return undefined;
}

function isWhatIsWanted(live: Namespace, wanted: Partial<NamespaceInputs>): boolean {
  return (
    live.retentionInSeconds === wanted.retentionInSeconds &&
    (live.groupId ?? 0) === wanted.groupId &&
    unchangeable(live, wanted) === undefined
  );
}

async function isEmpty(live: Namespace, network: Network, context: Context): Promise<boolean> {
  return (await sampleItemGroups(context.http, network, live.namespace)).length === 0;
}

// ---- wire to state ----

function toState(inputs: NamespaceInputs, live: Namespace): NamespaceState {
  const { scheduledDeleteTime: _, ...kept } = inputs;
  return { ...kept, namespaceStatus: live.namespaceStatus ?? "READY", ...(live.dataAccessPolicy ? { policy: live.dataAccessPolicy } : {}) };
}

function withSchedule<T extends object>(state: T, live: Namespace | undefined): T & { scheduledDeleteTime?: string } {
  if (live === undefined || !isScheduled(live)) return state;
  return { ...state, scheduledDeleteTime: live.scheduledDeleteTime ?? "time not told" };
}

function asRead(state: NamespaceState, live: Namespace, context: Context): NamespaceState {
  const seen = toState(
    {
      ...state,
      retentionInSeconds: live.retentionInSeconds ?? state.retentionInSeconds,
      groupId: live.groupId ?? 0,
      geoLocation: (live.geoLocation ?? state.geoLocation) as NamespaceInputs["geoLocation"],
      ...(state.restrictDataAccess !== undefined && live.dataAccessPolicy
        ? { restrictDataAccess: live.dataAccessPolicy.restrictDataAccess }
        : {}),
    },
    live,
  );
  if (isScheduled(live)) {
    context.notices.warn(
      `${namespace.title(state)} was scheduled for deletion outside of this program${live.scheduledDeleteTime ? `, on ${live.scheduledDeleteTime}` : ""}; \`up\` cancels that.`,
    );
  }
  return withSchedule(seen, live);
}
