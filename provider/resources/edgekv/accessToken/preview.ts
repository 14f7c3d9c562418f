/** What `up` would run into with an access token, told at preview. */
import { namespaceKey, tokenKey } from "../../../api/edgekv/keys";
import type { Network } from "../../../api/edgekv/namespaces";
import { findToken } from "../../../api/edgekv/tokens";
import { same } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { isInitialized } from "../database/database";
import { listed } from "../namespace/observe";
import { contentFields, daysUntil, isOurs } from "./identity";
import { allTokens, displayName } from "./observe";
import type { AccessTokenInputs } from "./schema";

export const taken =
  "a token of this name exists and is not this program's, or not as it is declared here. Its permissions can't be changed: revoke it first, choose another name, or leave `name` out to have one derived";

export async function preflightToken(draft: Draft<AccessTokenInputs>, context: Context): Promise<CheckFailure[]> {
  const { known, oldInputs } = draft;
  const { runState } = context;
  if (oldInputs.name !== undefined) runState.owned.add(tokenKey(oldInputs.name));
  if (!(await isInitialized(context))) return [];
  if (known.name !== undefined && known.name === oldInputs.name) {
    const replaced =
      contentFields.some((field) => known[field] !== undefined && !same(known[field], oldInputs[field])) ||
      known.requestedExpiry !== oldInputs.requestedExpiry;
    if (replaced) {
      context.logger.warn(
        `${displayName(known)} has a fixed name: the old token is revoked before the new one exists, and EdgeWorkers that use it get 401 until they are given the new one. Leave \`name\` out to have the new token first.`,
      );
    } else {
      await warnOfEnd(draft, context);
      return [];
    }
  }
  const failures = await namespacesTrouble(draft, context);
  if (known.name === undefined || runState.owned.has(tokenKey(known.name))) return failures;
  if (!(await allTokens(context)).some(({ name }) => name === known.name)) return failures;
  const found = await findToken(context.http, known.name);
  if (typeof found === "object" && !isOurs(found, known, context)) failures.push({ property: "name", reason: taken });
  return failures;
}

async function warnOfEnd({ known }: Draft<AccessTokenInputs>, context: Context): Promise<void> {
  if (known.renewBeforeDays !== undefined) return;
  const end = (await allTokens(context)).find(({ name }) => name === known.name)?.expiry;
  if (end === undefined) return;
  const days = daysUntil(end.slice(0, 10), context.clock.now());
  if (days <= 30) {
    context.logger.warn(
      `${displayName(known)} ends on ${end.slice(0, 10)}, in ${days} days. Say \`renewBeforeDays\` to have it replaced in time.`,
    );
  }
}

/** The namespaces of a token must be there on each network that it allows, and all share one policy. */
async function namespacesTrouble({ known }: Draft<AccessTokenInputs>, context: Context): Promise<CheckFailure[]> {
  const names = Object.keys(known.namespacePermissions ?? {});
  const networks: Network[] = [
    ...(known.allowOnStaging ? ["staging" as const] : []),
    ...(known.allowOnProduction ? ["production" as const] : []),
  ];
  const policies: { readonly of: string; readonly restricted: boolean }[] = [];
  for (const network of networks) {
    const all = await listed(context, network);
    for (const name of names) {
      const live = all.find((one) => one.namespace === name);
      if (live?.dataAccessPolicy) policies.push({ of: `${name} on ${network}`, restricted: live.dataAccessPolicy.restrictDataAccess });
      if (live !== undefined || context.runState.planned.has(namespaceKey(network, name))) continue;
      context.logger.warn(
        `${displayName(known)} names the namespace ${name}, which is not there on ${network} and which no resource before it declares: \`up\` will fail unless it comes first (use \`dependsOn\`, or the namespace's \`name\` output).`,
      );
    }
  }
  if (new Set(policies.map(({ restricted }) => restricted)).size <= 1) return [];
  const told = policies.map(({ of, restricted }) => `${of} has ${restricted}`).join(", ");
  return [{ property: "namespacePermissions", reason: `must name namespaces with one \`restrictDataAccess\` only; ${told}` }];
}
