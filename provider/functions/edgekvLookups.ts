/** The lookups of EdgeKV. */
import type { Lookup, Maker } from "../framework/lookup";
import * as z from "../framework/zod";
import * as edgekv from "./edgekv";
import * as given from "./edgekvArgs";
import * as results from "./edgekvResults";

type NoArgs = Record<string, never>;

/** Without a database EdgeKV has nothing at all. */
const database: Maker = { token: "edgekv:Database", inputs: {} };

export const getDatabase: Lookup<NoArgs, results.DatabaseResult> = {
  token: "edgekv:getDatabase",
  args: [],
  result: results.databaseResult,
  madeBy: [],
  operation: () => "looking up the EdgeKV database",
  find: edgekv.database,
};

export const getNamespaces: Lookup<given.GetNamespacesArgs, results.NamespaceResult[]> = {
  token: "edgekv:getNamespaces",
  args: [given.getNamespacesArgs],
  result: z.array(results.namespaceResult),
  member: "namespaces",
  madeBy: [database],
  operation: ({ network }) => `looking up the namespaces on ${network}`,
  find: edgekv.namespaces,
};

export const getNamespace: Lookup<given.GetNamespaceArgs, results.NamespaceResult> = {
  token: "edgekv:getNamespace",
  args: [given.getNamespaceArgs],
  result: results.namespaceResult,
  madeBy: [database, { token: "edgekv:Namespace", inputs: { network: "network", name: "name" } }],
  operation: ({ network, name }) => `looking up the namespace ${name} on ${network}`,
  find: edgekv.namespace,
};

export const getAccessTokens: Lookup<given.GetAccessTokensArgs, results.AccessTokenSummary[]> = {
  token: "edgekv:getAccessTokens",
  args: [given.getAccessTokensArgs],
  result: z.array(results.accessTokenSummary),
  member: "accessTokens",
  madeBy: [database],
  operation: () => "looking up the access tokens",
  find: edgekv.accessTokens,
};

export const getAccessToken: Lookup<given.GetAccessTokenArgs, results.AccessTokenResult> = {
  token: "edgekv:getAccessToken",
  args: [given.getAccessTokenArgs],
  result: results.accessTokenResult,
  madeBy: [database, { token: "edgekv:AccessToken", inputs: { name: "name" } }],
  operation: ({ name }) => `looking up the access token ${name}`,
  find: edgekv.accessToken,
};

export const getAccessGroups: Lookup<NoArgs, results.AccessGroupResult[]> = {
  token: "edgekv:getAccessGroups",
  args: [],
  result: z.array(results.accessGroupResult),
  member: "accessGroups",
  madeBy: [database],
  operation: () => "looking up the access groups",
  find: edgekv.accessGroups,
};

const inNamespace: Maker = { token: "edgekv:Namespace", inputs: { network: "network", name: "namespace" } };

export const getItemGroups: Lookup<given.GetItemGroupsArgs, string[]> = {
  token: "edgekv:getItemGroups",
  args: [given.getItemGroupsArgs],
  result: z.array(z.string()),
  member: "itemGroups",
  madeBy: [database, inNamespace],
  operation: ({ network, namespace }) => `looking up the item groups of ${namespace} on ${network}`,
  find: edgekv.itemGroups,
};

export const getItemKeys: Lookup<given.GetItemKeysArgs, results.ItemKeysResult> = {
  token: "edgekv:getItemKeys",
  args: [given.getItemKeysArgs],
  result: results.itemKeysResult,
  madeBy: [database, inNamespace],
  operation: ({ network, namespace, group }) => `looking up the items of ${network}/${namespace}/${group}`,
  find: edgekv.itemKeys,
};

const inGroup = { network: "network", namespace: "namespace", group: "group" };

export const getItem: Lookup<given.GetItemArgs, results.ItemResult> = {
  token: "edgekv:getItem",
  args: [given.getItemArgs],
  result: results.itemResult,
  madeBy: [
    database,
    inNamespace,
    { token: "edgekv:Item", inputs: { ...inGroup, key: "key" } },
    { token: "edgekv:ItemGroup", inputs: inGroup },
  ],
  operation: ({ network, namespace, group, key }) =>
    `looking up the item ${key} of ${network}/${namespace}/${group}`,
  find: edgekv.item,
};
