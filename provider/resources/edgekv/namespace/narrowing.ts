/** What a change of a namespace takes from live code: reported at preview, before anything is touched. */

import type { CheckFailure } from "../../../framework/resource";
import type { LiveUser } from "../../../liveUse/account";
import type { Context } from "../../../runtime/context";
import { describeUsers, usersOfNamespace } from "../../inUse";
import { displayName } from "./observe";
import type { NamespaceInputs } from "./schema";

type Wanted = Partial<NamespaceInputs>;

/** The data goes before code that does without it can be live. */
export async function replacementFailures(
  context: Context,
  known: Wanted,
  old: Wanted,
): Promise<CheckFailure[]> {
  const field = (["geoLocation", "restrictDataAccess"] as const).find(
    (one) => known[one] !== undefined && old[one] !== undefined && known[one] !== old[one],
  );
  const isAllowed = known.deletion?.evenIfLive === true;
  if (field === undefined || known.replaceDeletesData !== true || isAllowed) return [];
  const users = await usersOf(context, old);
  if (users.length === 0) return [];
  const mode = old.deletion?.mode ?? "scheduled";
  return [
    {
      property: field,
      reason: `can't be changed while live code uses the namespace, whose data is deleted: ${describeUsers(users)}. Deactivate that code first. To change it all the same, set \`deletion: { mode: "${mode}", evenIfLive: true }\``,
    },
  ];
}

/** Whoever may edit the namespace should be those who may edit the code with the token for it. */
export async function warnOfGroupMove(context: Context, known: Wanted, old: Wanted): Promise<void> {
  const { groupId } = known;
  if (groupId === undefined || old.groupId === undefined || groupId === old.groupId || groupId === 0) return;
  const users = await usersOf(context, old);
  if (users.length === 0) return;
  const { allEdgeWorkers } = require("../../../liveUse/observe") as typeof import("../../../liveUse/observe");
  const all = await allEdgeWorkers(context);
  const others = users.filter(({ edgeWorkerId }) =>
    all.some((one) => one.edgeWorkerId === edgeWorkerId && one.groupId !== groupId),
  );
  if (others.length === 0) return;
  context.logger.warn(
    `${displayName(known)} moves to access group ${groupId}. Code of EdgeWorkers in other groups uses it: ${describeUsers(others)}. Move these EdgeWorkers too: then one group covers both.`,
  );
}

async function usersOf(context: Context, { name, network }: Wanted): Promise<LiveUser[]> {
  return name === undefined || network === undefined ? [] : usersOfNamespace(context, { name, network });
}
