/** What the preview checks before `up` touches a namespace: first the program, then the account. */

import { listAccessGroups } from "../../../api/edgekv/groups";
import { findScheduledDelete, type Namespace, type Network } from "../../../api/edgekv/namespaces";
import { findEventually } from "../../../consistency/read";
import { ApiError } from "../../../errors";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { type Key, keyOf, slot } from "../../../runtime/runState";
import { declareNamespaceGroup } from "../../declared";
import { exceedsQuota } from "../../quota";
import { declaredPolicy, isInitialized, readInitialization } from "../database/observe";
import { announceReplacement, dataLoss } from "./dataAtRisk";
import { secondsLeft, tooLateToCancel } from "./deletion";
import { replacementFailures, warnOfGroupMove } from "./narrowing";
import {
  displayName,
  findListed,
  groupOf,
  immutableDifference,
  isEmpty,
  isScheduled,
  isThere,
  isUpToDate,
  mismatch,
  notManaged,
  readNamespaces,
} from "./observe";
import type { NamespaceInputs } from "./schema";

type Wanted = Partial<NamespaceInputs>;

/** The access group that the program declares for a name. Both networks share it. */
const declaredGroups = slot(() => new Map<string, { readonly network: string; readonly groupId: number }>());

// ---- the program alone ----

/** Both networks share one access group for a name: two that differ would undo each other at each `up`. */
export function groupConflict({ runState }: Context, { name, network, groupId }: Wanted): CheckFailure[] {
  if (name === undefined || network === undefined || groupId === undefined) return [];
  const declared = runState.get(declaredGroups).get(name);
  if (declared !== undefined && declared.network !== network && declared.groupId !== groupId) {
    return [
      {
        property: "groupId",
        reason: `must be the same for ${name} on both networks, which share one access group: ${declared.network} has ${declared.groupId}`,
      },
    ];
  }
  runState.get(declaredGroups).set(name, { network, groupId });
  declareNamespaceGroup(runState, name, groupId);
  return [];
}

// ---- the account ----

export async function preflightNamespace(
  context: Context,
  { known, unknown, oldInputs }: Draft<NamespaceInputs>,
): Promise<CheckFailure[]> {
  const { runState } = context;
  const { name, network } = known;
  if (oldInputs.name !== undefined) runState.owned.add(keyOfWanted(oldInputs));
  announceReplacement(context, known, oldInputs);
  if (name === undefined || network === undefined) return [];
  if (!(await isInitialized(context))) {
    runState.planned.add(keyOfWanted(known));
    return [];
  }
  const isInPlace = keyOfWanted(known) === keyOfWanted(oldInputs);
  const verb = isInPlace ? "AUTHORIZE" : "CREATE";
  const groups =
    known.groupId === oldInputs.groupId ? [] : await checkAccessGroup(context, network, known, verb);
  if (isInPlace) {
    if (groups.length === 0) await warnOfGroupMove(context, known, oldInputs);
    const changes = await preflightChanges(context, network, known, oldInputs);
    return [...groups, ...changes, ...(await replacementFailures(context, known, oldInputs))];
  }
  const override = await checkOverride(context, known);
  if (runState.owned.has(keyOfWanted(known))) return [...groups, ...override];
  const live = findListed(await readNamespaces(context, network), name);
  if (live === undefined) return [...groups, ...override, ...(await checkQuota(context, network, known))];
  const isExact = !unknown.has("groupId") && !unknown.has("retentionInSeconds");
  const refusals = await preflightAdoption(context, network, known, live, isExact);
  // One that was deleted just now may still be listed.
  const isGone = refusals.length > 0 && !(await isThere(context, network, name));
  return [...groups, ...(isGone ? await checkQuota(context, network, known) : refusals)];
}

/** A namespace can have a policy of its own only where the one of the database allows it. */
async function checkOverride(context: Context, { restrictDataAccess }: Wanted): Promise<CheckFailure[]> {
  if (restrictDataAccess === undefined) return [];
  // A policy that this run declares comes first.
  const policy = declaredPolicy(context) ?? (await readInitialization(context)).dataAccessPolicy;
  if (policy?.allowNamespacePolicyOverride !== false) return [];
  if (policy.restrictDataAccess === restrictDataAccess) return [];
  const reason = `must be ${policy.restrictDataAccess}, as in the data access policy of the database, which allows no other one: set \`allowNamespacePolicyOverride: true\` on the \`Database\`, or leave it out here`;
  return [{ property: "restrictDataAccess", reason }];
}

function keyOfWanted({ network, name }: Wanted): Key {
  return keyOf("namespace", String(network), String(name));
}

async function checkAccessGroup(
  context: Context,
  network: Network,
  { groupId }: Wanted,
  verb: "CREATE" | "AUTHORIZE",
): Promise<CheckFailure[]> {
  if (groupId === undefined) return [];
  const groups = await context.runState
    .read(
      keyOf("access groups"),
      () => listAccessGroups(context.http),
      () => true,
    )
    .catch((error: unknown) => {
      // A client that may not see the groups may still be allowed to use one.
      if (error instanceof ApiError && error.is(403)) return undefined;
      throw error;
    });
  if (groups === undefined) return [];
  const group = groups.find((one) => one.groupId === groupId);
  const refuse = (reason: string) => [{ property: "groupId", reason }];
  if (group === undefined) {
    // 0 stands for all groups, and not every account lists it.
    if (groupId === 0) return [];
    const named = groups.map((one) => `${one.groupId} (${one.groupName})`).join(", ");
    return refuse(`the API client has no access to a group ${groupId}; it has access to ${named || "none"}`);
  }
  const needed = `${verb}${network === "staging" ? "_STAGING" : ""}_NAMESPACE`;
  if (group.capabilities.length === 0 || group.capabilities.includes(needed)) return [];
  return refuse(`the API client lacks the capability ${needed} in group ${groupId} (${group.groupName})`);
}

async function preflightChanges(
  context: Context,
  network: Network,
  known: Wanted,
  oldInputs: Wanted,
): Promise<CheckFailure[]> {
  if (known.retentionInSeconds !== undefined && known.retentionInSeconds !== oldInputs.retentionInSeconds) {
    context.logger.warn(
      `${displayName(known)}: the new retention holds for items written from now on. Existing items expire as before, and Akamai warns that older data may become unreadable. Write again what has to stay.`,
    );
  }
  if (known.restrictDataAccess === undefined || oldInputs.restrictDataAccess !== undefined) return [];
  // The old inputs lack a policy that came from the database: only the service knows it.
  const live = findListed(await readNamespaces(context, network), String(known.name));
  const inForce = live?.dataAccessPolicy?.restrictDataAccess;
  return inForce === undefined ? [] : dataLoss(known, { ...oldInputs, restrictDataAccess: inForce });
}

async function checkQuota(context: Context, network: Network, known: Wanted): Promise<CheckFailure[]> {
  const { runState, settings } = context;
  const all = await readNamespaces(context, network);
  runState.planned.add(keyOfWanted(known));
  const limit = settings.namespacesPerNetwork;
  const added = exceedsQuota(context, {
    quota: keyOf("namespaces", network),
    limit,
    used: all.length,
    added: String(known.name),
  });
  if (added === undefined) return [];
  return [
    {
      property: "name",
      reason:
        `there is no room for it: the account may have ${limit} namespaces on ${network}, it has ${all.length} (\`default\` counts, and so do those whose delete is scheduled), and this program adds ${added}. ` +
        "If Akamai raised the limit for the account, set it with `pulumi config set akamai-edge:namespacesPerNetwork`",
    },
  ];
}

/** Why an existing namespace can't be adopted. Announces what `up` does where it can. */
async function preflightAdoption(
  context: Context,
  network: Network,
  known: Wanted,
  live: Namespace,
  isExact: boolean,
): Promise<CheckFailure[]> {
  const { logger } = context;
  const field = immutableDifference(live, known);
  // A replica may not show a new schedule yet: one answer alone refuses nothing.
  const find = () => findScheduledDelete(context.http, network, live.namespace);
  const schedule = known.adopt === true ? await find() : await findEventually(context, find);
  const isGoing = schedule !== undefined || isScheduled(live);
  if (field !== undefined) {
    if (!isGoing || known.replaceDeletesData !== true)
      return [{ property: field, reason: mismatch(field, live) }];
    logger.warn(
      `${displayName(known)} is scheduled for deletion and has another ${field}: \`up\` deletes it at once, as \`replaceDeletesData\` allows, and makes a new one.`,
    );
    return [];
  }
  if (isGoing) {
    const left = secondsLeft(context, schedule, live);
    const tooLate = tooLateToCancel(left, schedule?.at);
    if (tooLate !== undefined) return [{ property: "name", reason: tooLate }];
    logger.info(
      `${displayName(known)} is scheduled for deletion in ${formatDuration(left)}: \`up\` cancels that and restores it with its data.`,
    );
    if (known.groupId !== undefined && known.groupId !== groupOf(live))
      logger.warn(
        `${displayName(known)} belongs to access group ${groupOf(live)}: \`up\` moves it to ${known.groupId}, on both networks.`,
      );
    return [];
  }
  if (known.movedFrom !== undefined && isUpToDate(live, known)) {
    logger.info(`${displayName(known)} exists already: \`up\` continues the move of ${known.movedFrom}.`);
    return [];
  }
  if (known.adopt === true) {
    logger.info(`${displayName(known)} exists already: \`up\` adopts it with its data.`);
    return [];
  }
  if (isExact && isUpToDate(live, known) && (await isEmpty(context, network, live))) {
    logger.info(
      `${displayName(known)} exists already with the declared settings and no data: \`up\` continues with it.`,
    );
    return [];
  }
  return [{ property: "name", reason: notManaged(network, live.namespace) }];
}
