/** What `up` would run into with a namespace, told at preview. */

import { listAccessGroups } from "../../../api/edgekv/groups";
import { findScheduledDelete, type Namespace, type Network } from "../../../api/edgekv/namespaces";
import { findEventually } from "../../../consistency/read";

import { ApiError } from "../../../errors";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { type Key, keyOf, slot } from "../../../runtime/runState";
import { isInitialized } from "../database/database";
import {
  displayName,
  findScheduleConsistent,
  fiveMinutes,
  groupOf,
  isEmpty,
  isScheduled,
  isUpToDate,
  listed,
  mismatch,
  notManaged,
  secondsLeft,
  tooLate,
  unchangeable,
} from "./observe";
import type { NamespaceInputs } from "./schema";

type Wanted = Partial<NamespaceInputs>;

/** The access group that the program declares for a namespace. Both networks share it. */
const declaredGroups = slot(() => new Map<string, { readonly network: string; readonly groupId: number }>());

// ---- known without asking anybody ----

const immutable = ["name", "network", "geoLocation", "restrictDataAccess"] as const;

/** A replacement takes the data with it: refused unless the program says that it knows. */
export function dataLoss(wanted: Wanted, old: Wanted): CheckFailure[] {
  const field = immutable.find((one) => wanted[one] !== undefined && old[one] !== undefined && wanted[one] !== old[one]);
  if (field === undefined) return [];
  const kept = old.deletion?.mode === "retain";
  if (kept && wanted.name === old.name && wanted.network === old.network) {
    return [
      {
        property: field,
        reason: `can't be changed (from ${String(old[field])}), and the old namespace is to be retained, so that its name stays taken: give the new one another name`,
      },
    ];
  }
  if (kept || wanted.replaceDeletesData === true) return [];
  return [
    {
      property: field,
      reason:
        `can't be changed in place: ${String(old[field])} to ${String(wanted[field])} means another namespace, and the data of ${displayName(old)} would be deleted. ` +
        'Say `replaceDeletesData: true` if that is meant, or `deletion: { mode: "retain" }` and run `up` once before the change to keep the old one',
    },
  ];
}

/** Both networks share one access group for a name: two that disagree would undo each other for ever. */
export function groupConflict({ name, network, groupId }: Wanted, { runState }: Context): CheckFailure[] {
  if (name === undefined || network === undefined || groupId === undefined) return [];
  const declared = runState.get(declaredGroups).get(name);
  if (declared !== undefined && declared.network !== network && declared.groupId !== groupId) {
    return [
      {
        property: "groupId",
        reason: `must be the same for ${name} on both networks, which share one access group: ${declared.network} says ${declared.groupId}`,
      },
    ];
  }
  runState.get(declaredGroups).set(name, { network, groupId });
  return [];
}

// ---- seen in the account ----

export async function preflightNamespace({ known, unknown, oldInputs }: Draft<NamespaceInputs>, context: Context): Promise<CheckFailure[]> {
  const { runState } = context;
  const { name, network } = known;
  if (oldInputs.name !== undefined) runState.owned.add(keyOfWanted(oldInputs));
  if (name === undefined || network === undefined) return [];
  if (!(await isInitialized(context))) {
    runState.planned.add(keyOfWanted(known));
    return [];
  }
  const inPlace = keyOfWanted(known) === keyOfWanted(oldInputs);
  const groups = known.groupId === oldInputs.groupId ? [] : await groupTrouble(known, inPlace ? "AUTHORIZE" : "CREATE", network, context);
  if (inPlace) return [...groups, ...(await changesInPlace(known, oldInputs, network, context))];
  if (runState.owned.has(keyOfWanted(known))) return groups;
  const live = (await listed(context, network)).find((one) => one.namespace === name);
  if (live === undefined) return [...groups, ...(await quotaFailure(known, network, context))];
  const exact = !unknown.has("groupId") && !unknown.has("retentionInSeconds");
  return [...groups, ...(await objections(live, known, exact, network, context))];
}

function keyOfWanted({ network, name }: Wanted): Key {
  return keyOf("namespace", String(network), String(name));
}

async function groupTrouble(
  { groupId }: Wanted,
  verb: "CREATE" | "AUTHORIZE",
  network: Network,
  context: Context,
): Promise<CheckFailure[]> {
  if (groupId === undefined) return [];
  const groups = await context.runState
    .read(keyOf("access groups"), () => listAccessGroups(context.http))
    .catch((error: unknown) => {
      // A client that may not see the groups may still be allowed to use one.
      if (error instanceof ApiError && error.is(403)) return undefined;
      throw error;
    });
  if (groups === undefined) return [];
  const group = groups.find((one) => one.groupId === groupId);
  const refuse = (reason: string) => [{ property: "groupId", reason }];
  if (group === undefined) {
    // 0 stands for all groups and is not listed everywhere.
    if (groupId === 0) return [];
    const named = groups.map((one) => `${one.groupId} (${one.groupName})`).join(", ");
    return refuse(`the API client has no access to a group ${groupId}; it has access to ${named || "none"}`);
  }
  const needed = `${verb}${network === "staging" ? "_STAGING" : ""}_NAMESPACE`;
  if (group.capabilities.length === 0 || group.capabilities.includes(needed)) return [];
  return refuse(`the API client lacks the capability ${needed} in group ${groupId} (${group.groupName})`);
}

async function changesInPlace(known: Wanted, olds: Wanted, network: Network, context: Context): Promise<CheckFailure[]> {
  if (known.retentionInSeconds !== undefined && known.retentionInSeconds !== olds.retentionInSeconds) {
    context.logger.warn(
      `${displayName(known)}: the new retention holds for items written from now on; items that are there keep their old end, and Akamai warns that data from before the change may not be found any more. Write again what has to live on.`,
    );
  }
  if (known.restrictDataAccess === undefined || olds.restrictDataAccess !== undefined) return [];
  // A policy that was left to the database until now: only the service tells what it is.
  const live = (await listed(context, network)).find((one) => one.namespace === known.name);
  const inForce = live?.dataAccessPolicy?.restrictDataAccess;
  return inForce === undefined ? [] : dataLoss(known, { ...olds, restrictDataAccess: inForce });
}

async function quotaFailure(known: Wanted, network: Network, context: Context): Promise<CheckFailure[]> {
  const { runState, settings } = context;
  const all = await listed(context, network);
  runState.planned.add(keyOfWanted(known));
  const planned = [...runState.planned].filter(
    (one) =>
      one.startsWith(keyOf("namespace", network, "")) && !all.some((other) => one === keyOfWanted({ network, name: other.namespace })),
  );
  const limit = settings.namespacesPerNetwork;
  if (all.length + planned.length <= limit) return [];
  return [
    {
      property: "name",
      reason:
        `there is no room for it: the account may have ${limit} namespaces on ${network}, it has ${all.length} (\`default\` counts, and so do those whose delete is scheduled), and this program adds ${planned.length}. ` +
        "If Akamai raised the limit for the account, say so with `pulumi config set akamai-edge:namespacesPerNetwork`",
    },
  ];
}

/** What speaks against taking a namespace that is there. */
async function objections(live: Namespace, known: Wanted, exact: boolean, network: Network, context: Context): Promise<CheckFailure[]> {
  const { logger } = context;
  const wrong = unchangeable(live, known);
  // Right after a delete was scheduled, a server may not know of it yet: nothing is refused because of one answer.
  const ask = () => findScheduledDelete(context.http, network, live.namespace);
  const schedule = known.adopt === true ? await ask() : await findEventually(context, ask);
  const goes = schedule !== undefined || isScheduled(live);
  if (wrong !== undefined) {
    if (!goes || known.replaceDeletesData !== true) return [{ property: wrong, reason: mismatch(wrong, live) }];
    logger.warn(
      `${displayName(known)} is scheduled for deletion and has another ${wrong}: \`up\` deletes it at once, as \`replaceDeletesData\` allows, and makes a new one.`,
    );
    return [];
  }
  if (goes) {
    const left = secondsLeft(schedule, live, context);
    if (left < fiveMinutes) return [{ property: "name", reason: tooLate(left, schedule?.at) }];
    logger.info(
      `${displayName(known)} is scheduled for deletion in ${formatDuration(left)}: \`up\` cancels that, and its data comes back.`,
    );
    if (known.groupId !== undefined && known.groupId !== groupOf(live)) {
      logger.warn(`${displayName(known)} belongs to access group ${groupOf(live)}: \`up\` hands it to ${known.groupId}, on both networks.`);
    }
    return [];
  }
  if (known.adopt === true) {
    logger.info(`${displayName(known)} exists already: \`up\` takes it over with its data.`);
    return [];
  }
  if (exact && isUpToDate(live, known) && (await isEmpty(live, network, context))) {
    logger.info(`${displayName(known)} exists already, just as it is declared here, and is empty: \`up\` goes on with it.`);
    return [];
  }
  return [{ property: "name", reason: notManaged(network) }];
}

/** Whether somebody scheduled the namespace for deletion, behind the back of program and state. */
export async function scheduledOutside(old: NamespaceInputs, context: Context): Promise<boolean> {
  if (!context.settings.previewReads || old.scheduledDeleteTime !== undefined) return false;
  const one = (await listed(context, old.network)).find(({ namespace: name }) => name === old.name);
  if (one === undefined || !isScheduled(one)) return false;
  // Asked in two ways, since an answer may come from before a delete was cancelled.
  const schedule = await findScheduleConsistent(old.network, old.name, context);
  if (schedule === undefined) return false;
  context.logger.warn(
    `${displayName(old)} was scheduled for deletion outside of this program, on ${schedule.at.toISOString()}; \`up\` cancels that.`,
  );
  return true;
}
