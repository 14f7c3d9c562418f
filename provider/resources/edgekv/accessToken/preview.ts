/** What the preview checks in the account before `up` touches an access token. */

import { namespaceKey, tokenKey } from "../../../api/edgekv/keys";
import type { Network } from "../../../api/edgekv/namespaces";
import { findToken, listTokens, type TokenSummary } from "../../../api/edgekv/tokens";
import { same } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import type { LiveUser } from "../../../liveUse/account";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { tokenInUse, usersOfToken } from "../../inUse";
import { exceedsQuota } from "../../quota";
import { isInitialized } from "../database/observe";
import { findListed, readNamespaces } from "../namespace/observe";
import { daysUntil, isOurs, mayAdopt, replacingFields, whyTaken } from "./identity";
import { displayName, findListedToken, readTokens } from "./observe";
import type { AccessTokenInputs } from "./schema";

/** Days before the expiry from which the preview warns. */
const warnBeforeDays = 30;

export async function preflightToken(
  context: Context,
  draft: Draft<AccessTokenInputs>,
): Promise<CheckFailure[]> {
  const { known, unknown, oldInputs } = draft;
  const { runState } = context;
  if (oldInputs.name !== undefined) runState.owned.add(tokenKey(oldInputs.name));
  if (!(await isInitialized(context))) return quotaFailures(context, draft, []);
  if (known.name !== undefined && known.name === oldInputs.name) {
    const isReplaced =
      replacingFields.some((field) => !unknown.has(field) && !same(known[field], oldInputs[field])) ||
      known.requestedExpiry !== oldInputs.requestedExpiry;
    if (isReplaced) {
      const users = await usersOfReplaced(context, draft);
      if (users.length > 0) return [{ property: "name", reason: replacedInUse(users) }];
      context.logger.warn(
        `${displayName(known)} has a fixed name: the old token is revoked before the new one exists, and EdgeWorkers that use it get 401 until they hold the new one. Leave out \`name\`: then the new token is created first.`,
      );
    } else {
      await warnOfExpiry(context, draft);
      return [];
    }
  }
  const failures = await checkNamespaces(context, draft);
  if (known.name !== undefined && runState.owned.has(tokenKey(known.name))) return failures;
  if (known.name === undefined || findListedToken(await readTokens(context), known.name) === undefined)
    return [...failures, ...(await quotaFailures(context, draft))];
  const found = await findToken(context.http, known.name);
  if (typeof found !== "object" || isOurs(context, found, known)) return failures;
  if (!mayAdopt(found, known)) return [...failures, { property: "name", reason: whyTaken(known) }];
  context.logger.info(`${displayName(known)} exists already: \`up\` adopts it as it is.`);
  return failures;
}

/** A replaced token needs room for both: the old one goes at the end of the run. The API does not tell the limit. */
async function quotaFailures(
  context: Context,
  { known: { name, owner = "" }, oldInputs }: Draft<AccessTokenInputs>,
  none?: readonly TokenSummary[],
): Promise<CheckFailure[]> {
  const limit = context.settings.tokensPerAccount;
  // Nothing tells yet whether one that exists is replaced.
  const mayStay = name === undefined && oldInputs.name !== undefined;
  if (limit === undefined || mayStay) return [];
  const quota = keyOf("tokens", "with the expired ones");
  const load = () => listTokens(context.http, { includeExpired: true });
  const all = none ?? (await context.runState.read(quota, load, () => true));
  const added = exceedsQuota(context, { quota, limit, used: all.length, added: owner });
  if (added === undefined) return [];
  const reason =
    `there is no room for it: the account may have ${limit} access tokens, it has ${all.length} (those that expired in the last 30 days count), and this program adds ${added}. ` +
    "If Akamai raised the limit for the account, set it with `pulumi config set akamai-edge:tokensPerAccount`";
  return [{ property: name === undefined ? "namespacePermissions" : "name", reason }];
}

/** Under a fixed name, the old token is revoked before code that holds the new one can be live. */
async function usersOfReplaced(
  context: Context,
  { known, oldInputs }: Draft<AccessTokenInputs>,
): Promise<readonly LiveUser[]> {
  const { deletion, ...old } = oldInputs;
  if (known.deletion?.evenIfLive === true || deletion?.mode === "retain" || old.name === undefined) return [];
  const { name, allowOnStaging = false, allowOnProduction = false, restrictToEdgeWorkerIds } = old;
  const found = await findToken(context.http, name);
  const { uuid: reference, value } = typeof found === "object" ? found : {};
  return usersOfToken(context, {
    name,
    reference,
    value: value ?? undefined,
    allowOnStaging,
    allowOnProduction,
    restrictToEdgeWorkerIds,
  });
}

function replacedInUse(users: readonly LiveUser[]): string {
  return `is fixed: this change would revoke the token before another one exists. Now ${tokenInUse(users)}. Leave out \`name\`: then the new token is created first. To allow the gap, set \`deletion: { mode: "revoke", evenIfLive: true }\``;
}

async function warnOfExpiry(context: Context, { known }: Draft<AccessTokenInputs>): Promise<void> {
  if (known.renewBeforeDays !== undefined) return;
  const expiry = findListedToken(await readTokens(context), String(known.name))?.expiry?.slice(0, 10);
  if (expiry === undefined) return;
  const days = daysUntil(expiry, context.serviceClock.now());
  if (days > warnBeforeDays) return;
  context.logger.warn(
    `${displayName(known)} expires on ${expiry}, in ${days} days. Set \`renewBeforeDays\` to have it replaced in time.`,
  );
}

/** The namespaces of a token must exist on each network that it allows, and share one data access policy. */
async function checkNamespaces(
  context: Context,
  { known }: Draft<AccessTokenInputs>,
): Promise<CheckFailure[]> {
  const names = Object.keys(known.namespacePermissions ?? {});
  const networks: Network[] = [
    ...(known.allowOnStaging ? ["staging" as const] : []),
    ...(known.allowOnProduction ? ["production" as const] : []),
  ];
  const policies: { readonly of: string; readonly restricted: boolean }[] = [];
  for (const network of networks) {
    const all = await readNamespaces(context, network);
    for (const name of names) {
      const live = findListed(all, name);
      if (live?.dataAccessPolicy)
        policies.push({ of: `${name} on ${network}`, restricted: live.dataAccessPolicy.restrictDataAccess });
      if (live !== undefined || context.runState.planned.has(namespaceKey(network, name))) continue;
      context.logger.warn(
        `${displayName(known)} names the namespace ${name}, which is not there on ${network} and which no resource before it declares: \`up\` will fail unless it comes first (use \`dependsOn\`, or the namespace's \`name\` output).`,
      );
    }
  }
  if (new Set(policies.map(({ restricted }) => restricted)).size <= 1) return [];
  const found = policies.map(({ of, restricted }) => `${of} has ${restricted}`).join(", ");
  return [
    {
      property: "namespacePermissions",
      reason: `must name namespaces with one \`restrictDataAccess\` only; ${found}`,
    },
  ];
}
