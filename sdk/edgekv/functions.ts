import * as edgekv from "../../provider/functions/edgekv";
import { invoke } from "../invoke";
import { outputOf, secretOutputOf } from "../output";

export type {
  AccessGroupResult,
  AccessTokenResult,
  AccessTokenSummary,
  DatabaseResult,
  ItemKeysResult,
  ItemResult,
  NamespaceResult,
} from "../../provider/functions/edgekv";

export type { Inputs } from "../output";

/**
 * EdgeKV of the account as it is now.
 *
 * @example
 * const { accountStatus, cpcode } = await edgekv.getDatabase();
 */
export function getDatabase(): Promise<edgekv.DatabaseResult> {
  return invoke("looking up the EdgeKV database", edgekv.database);
}

/** `getDatabase` as an output. */
export const getDatabaseOutput = outputOf(getDatabase);

export interface GetNamespacesArgs {
  readonly network: "staging" | "production";
}

/**
 * All namespaces of a network, `default` among them.
 *
 * @example
 * const names = (await edgekv.getNamespaces({ network: "staging" })).map(({ name }) => name);
 */
export function getNamespaces(args: GetNamespacesArgs): Promise<edgekv.NamespaceResult[]> {
  return invoke(`looking up the namespaces on ${args.network}`, (context) =>
    edgekv.namespaces(context, args),
  );
}

/** `getNamespaces` with arguments from other resources. */
export const getNamespacesOutput = outputOf(getNamespaces);

export interface GetNamespaceArgs extends GetNamespacesArgs {
  readonly name: string;
}

/**
 * One namespace, made by this program or not; fails when there is none.
 *
 * @example
 * const { groupId } = await edgekv.getNamespace({ network: "production", name: "catalog" });
 */
export function getNamespace(args: GetNamespaceArgs): Promise<edgekv.NamespaceResult> {
  return invoke(`looking up the namespace ${args.name} on ${args.network}`, (context) =>
    edgekv.namespace(context, args),
  );
}

/** `getNamespace` with arguments from other resources. */
export const getNamespaceOutput = outputOf(getNamespace);

export interface GetAccessTokensArgs {
  /** Also those that expired within the last 30 days, which still count against the account's limit. Default: false. */
  readonly includeExpired?: boolean | undefined;
}

/**
 * All access tokens of the account; the list does not include their permissions.
 *
 * @example
 * const ending = (await edgekv.getAccessTokens()).filter(({ expiresOn }) => expiresOn !== undefined && expiresOn < "2027-01-01");
 */
export function getAccessTokens(args: GetAccessTokensArgs = {}): Promise<edgekv.AccessTokenSummary[]> {
  return invoke("looking up the access tokens", (context) => edgekv.accessTokens(context, args));
}

/** `getAccessTokens` as a secret output. */
export const getAccessTokensOutput = secretOutputOf(getAccessTokens);

export interface GetAccessTokenArgs {
  readonly name: string;
}

/**
 * One access token with its permissions; fails when there is none. `reference` and `value` come in clear text: wrap them with `pulumi.secret` before
 * they go anywhere, or use `getAccessTokenOutput`, which does.
 *
 * @example
 * const { namespacePermissions } = await edgekv.getAccessToken({ name: "catalog-reader" });
 */
export function getAccessToken(args: GetAccessTokenArgs): Promise<edgekv.AccessTokenResult> {
  return invoke(`looking up the access token ${args.name}`, (context) => edgekv.accessToken(context, args));
}

/** `getAccessToken` as a secret output. */
export const getAccessTokenOutput = secretOutputOf(getAccessToken);

/**
 * The access groups that the API client can see: what `groupId` of a namespace can be.
 *
 * @example
 * const team = (await edgekv.getAccessGroups()).find(({ groupName }) => groupName === "Team A");
 */
export function getAccessGroups(): Promise<edgekv.AccessGroupResult[]> {
  return invoke("looking up the access groups", edgekv.accessGroups);
}

/** `getAccessGroups` as an output. */
export const getAccessGroupsOutput = outputOf(getAccessGroups);

export interface GetItemGroupsArgs extends GetNamespacesArgs {
  readonly namespace: string;
  /** The sandbox to look into, on staging: for `getItem` and `getItemKeys`. The groups of a sandbox can't be listed. Default: none. */
  readonly sandboxId?: string | undefined;
}

/**
 * The item groups of a namespace. Of one that has more than 10,000 items, EdgeKV returns the groups of a random 10,000 of them: a group that is missing here may
 * exist. Groups of sandboxes, whose names end with the sandbox's id, are left out.
 *
 * @example
 * const groups = await edgekv.getItemGroups({ network: "staging", namespace: "catalog" });
 */
export function getItemGroups(args: GetItemGroupsArgs): Promise<string[]> {
  return invoke(`looking up the item groups of ${args.namespace} on ${args.network}`, (context) =>
    edgekv.itemGroups(context, args),
  );
}

/** `getItemGroups` with arguments from other resources. */
export const getItemGroupsOutput = outputOf(getItemGroups);

export interface GetItemKeysArgs extends GetItemGroupsArgs {
  readonly group: string;
  /** How many keys to ask for. Default: 100; how many EdgeKV gives at most is not documented. */
  readonly maxItems?: number | undefined;
}

/**
 * Keys of an item group; none when there is no such group. A group that has more than were asked for shows a random part of them, another one each time: never
 * conclude from it that a key is not there.
 *
 * @example
 * const { keys, isSample } = await edgekv.getItemKeys({ network: "staging", namespace: "catalog", group: "countries" });
 */
export function getItemKeys(args: GetItemKeysArgs): Promise<edgekv.ItemKeysResult> {
  const { network, namespace, group } = args;
  return invoke(`looking up the items of ${network}/${namespace}/${group}`, (context) =>
    edgekv.itemKeys(context, args),
  );
}

/** `getItemKeys` with arguments from other resources. */
export const getItemKeysOutput = outputOf(getItemKeys);

export interface GetItemArgs extends GetItemGroupsArgs {
  readonly group: string;
  readonly key: string;
}

/**
 * What an item holds; fails when there is none.
 *
 * @example
 * const { value } = await edgekv.getItem({ network: "staging", namespace: "catalog", group: "countries", key: "DE" });
 */
export function getItem(args: GetItemArgs): Promise<edgekv.ItemResult> {
  const { network, namespace, group, key } = args;
  return invoke(`looking up the item ${key} of ${network}/${namespace}/${group}`, (context) =>
    edgekv.item(context, args),
  );
}

/** `getItem` with arguments from other resources. */
export const getItemOutput = outputOf(getItem);
