import * as pulumi from "@pulumi/pulumi";
import * as edgekv from "../../provider/lookups/edgekv";
import { lookUp } from "../lookup";

export type {
  AccessGroupResult,
  AccessTokenResult,
  AccessTokenSummary,
  DatabaseResult,
  NamespaceResult,
} from "../../provider/lookups/edgekv";

/**
 * EdgeKV of the account as it is now.
 *
 * @example
 * const { accountStatus, cpcode } = await edgekv.getDatabase();
 */
export function getDatabase(): Promise<edgekv.DatabaseResult> {
  return lookUp("looking up the EdgeKV database", edgekv.database);
}

/** `getDatabase` as an output. */
export function getDatabaseOutput(): pulumi.Output<edgekv.DatabaseResult> {
  return pulumi.output(getDatabase());
}

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
  return lookUp(`looking up the namespaces on ${args.network}`, (context) => edgekv.namespaces(context, args));
}

/** `getNamespaces` with arguments from other resources. */
export function getNamespacesOutput(args: { network: pulumi.Input<"staging" | "production"> }): pulumi.Output<edgekv.NamespaceResult[]> {
  return pulumi.output(args.network).apply((network) => getNamespaces({ network }));
}

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
  return lookUp(`looking up the namespace ${args.name} on ${args.network}`, (context) => edgekv.namespace(context, args));
}

/** `getNamespace` with arguments from other resources. */
export function getNamespaceOutput(args: {
  network: pulumi.Input<"staging" | "production">;
  name: pulumi.Input<string>;
}): pulumi.Output<edgekv.NamespaceResult> {
  return pulumi.all([args.network, args.name]).apply(([network, name]) => getNamespace({ network, name }));
}

export interface GetAccessTokensArgs {
  /** Also those that expired within the last 30 days, which still count against the account's limit. Default: false. */
  readonly includeExpired?: boolean | undefined;
}

/**
 * All access tokens of the account; the list does not tell their permissions.
 *
 * @example
 * const ending = (await edgekv.getAccessTokens()).filter(({ expiresOn }) => expiresOn !== undefined && expiresOn < "2027-01-01");
 */
export function getAccessTokens(args: GetAccessTokensArgs = {}): Promise<edgekv.AccessTokenSummary[]> {
  return lookUp("looking up the access tokens", (context) => edgekv.accessTokens(context, args));
}

/** `getAccessTokens` as a secret output. */
export function getAccessTokensOutput(
  args: { includeExpired?: pulumi.Input<boolean> | undefined } = {},
): pulumi.Output<edgekv.AccessTokenSummary[]> {
  return pulumi.secret(pulumi.output(args.includeExpired ?? false).apply((includeExpired) => getAccessTokens({ includeExpired })));
}

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
  return lookUp(`looking up the access token ${args.name}`, (context) => edgekv.accessToken(context, args));
}

/** `getAccessToken` as a secret output. */
export function getAccessTokenOutput(args: { name: pulumi.Input<string> }): pulumi.Output<edgekv.AccessTokenResult> {
  return pulumi.secret(pulumi.output(args.name).apply((name) => getAccessToken({ name })));
}

/**
 * The access groups that the API client can see: what `groupId` of a namespace can be.
 *
 * @example
 * const team = (await edgekv.getAccessGroups()).find(({ groupName }) => groupName === "Team A");
 */
export function getAccessGroups(): Promise<edgekv.AccessGroupResult[]> {
  return lookUp("looking up the access groups", edgekv.accessGroups);
}

/** `getAccessGroups` as an output. */
export function getAccessGroupsOutput(): pulumi.Output<edgekv.AccessGroupResult[]> {
  return pulumi.output(getAccessGroups());
}
