import type * as pulumi from "@pulumi/pulumi";
import type * as edgekv from "../../provider/functions/edgekv";
import * as lookups from "../../provider/functions/edgekvLookups";
import { invoke } from "../invoke";
import { outputOf, secretOutputOf } from "../output";

export type {
  GetAccessTokenArgs,
  GetAccessTokensArgs,
  GetItemArgs,
  GetItemGroupsArgs,
  GetItemKeysArgs,
  GetNamespaceArgs,
  GetNamespacesArgs,
} from "../../provider/functions/edgekvArgs";
export type {
  AccessGroupResult,
  AccessTokenResult,
  AccessTokenSummary,
  DatabaseResult,
  ItemKeysResult,
  ItemResult,
  NamespaceResult,
} from "../../provider/functions/edgekvResults";

export type { Inputs } from "../output";

/**
 * EdgeKV of the account as it is now.
 *
 * @example
 * const { accountStatus, cpcode } = await edgekv.getDatabase();
 */
export function getDatabase(options: pulumi.InvokeOptions = {}): Promise<edgekv.DatabaseResult> {
  return invoke(lookups.getDatabase, {}, options);
}

/** `getDatabase` as an output. */
export const getDatabaseOutput = outputOf(getDatabase, "options");

/**
 * All namespaces of a network, `default` among them.
 *
 * @example
 * const names = (await edgekv.getNamespaces({ network: "staging" })).map(({ name }) => name);
 */
export function getNamespaces(
  args: edgekv.GetNamespacesArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgekv.NamespaceResult[]> {
  return invoke(lookups.getNamespaces, args, options);
}

/** `getNamespaces` with arguments from other resources. */
export const getNamespacesOutput = outputOf(getNamespaces);

/**
 * One namespace, made by this program or not; fails when there is none.
 *
 * @example
 * const { groupId } = await edgekv.getNamespace({ network: "production", name: "catalog" });
 */
export function getNamespace(
  args: edgekv.GetNamespaceArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgekv.NamespaceResult> {
  return invoke(lookups.getNamespace, args, options);
}

/** `getNamespace` with arguments from other resources. */
export const getNamespaceOutput = outputOf(getNamespace);

/**
 * All access tokens of the account; the list does not include their permissions.
 *
 * @example
 * const ending = (await edgekv.getAccessTokens()).filter(({ expiresOn }) => expiresOn !== undefined && expiresOn < "2027-01-01");
 */
export function getAccessTokens(
  args: edgekv.GetAccessTokensArgs = {},
  options: pulumi.InvokeOptions = {},
): Promise<edgekv.AccessTokenSummary[]> {
  return invoke(lookups.getAccessTokens, args, options);
}

/** `getAccessTokens` as a secret output. */
export const getAccessTokensOutput = secretOutputOf(getAccessTokens);

/**
 * One access token with its permissions; fails when there is none. `reference` and `value` come in clear text: wrap them with `pulumi.secret` before
 * they go anywhere, or use `getAccessTokenOutput`, which does.
 *
 * @example
 * const { namespacePermissions } = await edgekv.getAccessToken({ name: "catalog-reader" });
 */
export function getAccessToken(
  args: edgekv.GetAccessTokenArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgekv.AccessTokenResult> {
  return invoke(lookups.getAccessToken, args, options);
}

/** `getAccessToken` as a secret output. */
export const getAccessTokenOutput = secretOutputOf(getAccessToken);

/**
 * The access groups that the API client can see: what `groupId` of a namespace can be.
 *
 * @example
 * const team = (await edgekv.getAccessGroups()).find(({ groupName }) => groupName === "Team A");
 */
export function getAccessGroups(options: pulumi.InvokeOptions = {}): Promise<edgekv.AccessGroupResult[]> {
  return invoke(lookups.getAccessGroups, {}, options);
}

/** `getAccessGroups` as an output. */
export const getAccessGroupsOutput = outputOf(getAccessGroups, "options");

/**
 * The item groups of a namespace. Of one that has more than 10,000 items, EdgeKV returns the groups of a random 10,000 of them: a group that is missing here may
 * exist. Groups of sandboxes, whose names end with the sandbox's id, are left out.
 *
 * @example
 * const groups = await edgekv.getItemGroups({ network: "staging", namespace: "catalog" });
 */
export function getItemGroups(
  args: edgekv.GetItemGroupsArgs,
  options: pulumi.InvokeOptions = {},
): Promise<string[]> {
  return invoke(lookups.getItemGroups, args, options);
}

/** `getItemGroups` with arguments from other resources. */
export const getItemGroupsOutput = outputOf(getItemGroups);

/**
 * Keys of an item group; none when there is no such group. A group that has more than were asked for shows a random part of them, another one each time: never
 * conclude from it that a key is not there.
 *
 * @example
 * const { keys, isSample } = await edgekv.getItemKeys({ network: "staging", namespace: "catalog", group: "countries" });
 */
export function getItemKeys(
  args: edgekv.GetItemKeysArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgekv.ItemKeysResult> {
  return invoke(lookups.getItemKeys, args, options);
}

/** `getItemKeys` with arguments from other resources. */
export const getItemKeysOutput = outputOf(getItemKeys);

/**
 * What an item holds; fails when there is none.
 *
 * @example
 * const { value } = await edgekv.getItem({ network: "staging", namespace: "catalog", group: "countries", key: "DE" });
 */
export function getItem(
  args: edgekv.GetItemArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgekv.ItemResult> {
  return invoke(lookups.getItem, args, options);
}

/** `getItem` with arguments from other resources. */
export const getItemOutput = outputOf(getItem);
