import { listAccessGroups } from "../api/edgekv/groups";
import { getInitialization } from "../api/edgekv/initialization";
import { findItem, type ItemGroupRef, type ItemRef, sampleItemKeys } from "../api/edgekv/items";
import { listNamespaces, type Namespace, type Network, sampleItemGroups } from "../api/edgekv/namespaces";
import { findToken, listTokens, type Token, type TokenSummary } from "../api/edgekv/tokens";
import { findEventually } from "../consistency/read";

import { PreconditionError } from "../errors";
import type { Context } from "../runtime/context";
import type {
  AccessGroupResult,
  AccessTokenResult,
  AccessTokenSummary,
  DatabaseResult,
  ItemKeysResult,
  ItemResult,
  NamespaceResult,
} from "./edgekvResults";

export type * from "./edgekvArgs";
export type * from "./edgekvResults";

export async function database(context: Context): Promise<DatabaseResult> {
  const { cpcode, dataAccessPolicy, ...statuses } = await getInitialization(context.http);
  return {
    ...statuses,
    ...(cpcode ? { cpcode } : {}),
    ...(dataAccessPolicy ? { policy: dataAccessPolicy } : {}),
  };
}

export async function namespaces(
  context: Context,
  { network }: { network: Network },
): Promise<NamespaceResult[]> {
  return (await listNamespaces(context.http, network)).map((live) => namespaceResult(live, network));
}

export async function namespace(
  context: Context,
  { network, name }: { network: Network; name: string },
): Promise<NamespaceResult> {
  const all = await namespaces(context, { network });
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new PreconditionError(
    `there is no namespace ${name} on ${network}; there are ${all.map((one) => one.name).join(", ")}`,
  );
}

export async function accessTokens(
  context: Context,
  { includeExpired = false } = {},
): Promise<AccessTokenSummary[]> {
  return (await listTokens(context.http, { includeExpired })).map(summary);
}

export async function accessToken(context: Context, { name }: { name: string }): Promise<AccessTokenResult> {
  const found = await findToken(context.http, name);
  if (found === "revoked") throw new PreconditionError(`there is no access token ${name} in the account`);
  if (found === "expired") throw new PreconditionError(`the access token ${name} has expired`);
  const ids = found.restrictToEdgeWorkerIds ?? [];
  return {
    ...summary(found),
    allowOnStaging: found.allowOnStaging ?? false,
    allowOnProduction: found.allowOnProduction ?? false,
    namespacePermissions: found.namespacePermissions ?? {},
    restrictToEdgeWorkerIds: ids.includes("all") ? [] : ids,
    ...(found.cpcode ? { cpcode: found.cpcode } : {}),
    ...(found.value ? { value: found.value } : {}),
  };
}

export function accessGroups(context: Context): Promise<AccessGroupResult[]> {
  return listAccessGroups(context.http);
}

export async function item(context: Context, ref: ItemRef): Promise<ItemResult> {
  // One answer alone may come from a stale replica.
  const found = await findEventually(context, () => findItem(context.http, ref));
  const { network, namespace, group, key, sandboxId } = ref;
  const sandbox = sandboxId === undefined ? "" : `, sandbox ${sandboxId}`;
  if (found === undefined)
    throw new PreconditionError(
      `there is no item ${key} in the group ${group} of the namespace ${namespace} on ${network}${sandbox}`,
    );
  const value = Buffer.from(found).toString("utf8");
  try {
    return { value, json: JSON.parse(value) };
  } catch {
    return { value };
  }
}

/** Keys that the service returns by default. */
const defaultKeys = 100;

export async function itemKeys(
  context: Context,
  { maxItems = defaultKeys, ...ref }: ItemGroupRef & { readonly maxItems?: number | undefined },
): Promise<ItemKeysResult> {
  const keys = await sampleItemKeys(context.http, ref, maxItems);
  return { keys: keys.sort(), isSample: keys.length >= Math.min(maxItems, defaultKeys) };
}

/** Groups of sandboxes show in lists of the staging network by this name: the group, and the id of the sandbox. */
const groupOfSandbox = /_[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export async function itemGroups(
  context: Context,
  { network, namespace, sandboxId }: { network: Network; namespace: string; sandboxId?: string | undefined },
): Promise<string[]> {
  if (sandboxId !== undefined)
    throw new PreconditionError(
      "the service does not list the groups of a sandbox. `getItemKeys` lists the keys of one of its groups",
    );
  const groups = await sampleItemGroups(context.http, network, namespace);
  return groups.filter((group) => network !== "staging" || !groupOfSandbox.test(group)).sort();
}

function namespaceResult(live: Namespace, network: Network): NamespaceResult {
  return {
    name: live.namespace,
    network,
    groupId: live.groupId ?? 0,
    namespaceStatus: live.namespaceStatus ?? "READY",
    ...(live.retentionInSeconds === undefined ? {} : { retentionInSeconds: live.retentionInSeconds }),
    ...(live.geoLocation === undefined ? {} : { geoLocation: live.geoLocation }),
    ...(live.scheduledDeleteTime ? { scheduledDeleteTime: live.scheduledDeleteTime } : {}),
    ...(live.dataAccessPolicy ? { policy: live.dataAccessPolicy } : {}),
  };
}

function summary(token: TokenSummary | Token): AccessTokenSummary {
  const {
    name,
    uuid,
    expiry,
    tokenActivationStatus,
    issueDate,
    latestRefreshDate,
    nextScheduledRefreshDate,
  } = token;
  return {
    name,
    ...(uuid ? { reference: uuid } : {}),
    ...(expiry ? { expiresOn: expiry.slice(0, 10) } : {}),
    ...(tokenActivationStatus ? { tokenActivationStatus } : {}),
    ...(issueDate ? { issueDate } : {}),
    ...(latestRefreshDate ? { latestRefreshDate } : {}),
    ...(nextScheduledRefreshDate ? { nextScheduledRefreshDate } : {}),
  };
}
