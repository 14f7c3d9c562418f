/** What the functions of EdgeKV take. */
import { shape } from "../framework/lookup";
import * as z from "../framework/zod";

const network = z.enum(["staging", "production"], "must be `staging` or `production`");
const name = z.string("must be text").min(1, "must not be empty");
const sandboxId = name.optional();

export const getNamespacesArgs = shape(
  "GetNamespacesArgs",
  z.object({
    /** `staging` or `production`. */
    network,
  }),
);
export interface GetNamespacesArgs extends z.input<typeof getNamespacesArgs> {}

export const getNamespaceArgs = shape(
  "GetNamespaceArgs",
  z.object({
    /** `staging` or `production`. */
    network,
    /** The name of the namespace. */
    name,
  }),
);
export interface GetNamespaceArgs extends z.input<typeof getNamespaceArgs> {}

export const getAccessTokensArgs = shape(
  "GetAccessTokensArgs",
  z.object({
    /** Also those that expired within the last 30 days, which still count against the account's limit. Default: false. */
    includeExpired: z.boolean("must be true or false").optional(),
  }),
);
export interface GetAccessTokensArgs extends z.input<typeof getAccessTokensArgs> {}

export const getAccessTokenArgs = shape(
  "GetAccessTokenArgs",
  z.object({
    /** The name of the token. */
    name,
  }),
);
export interface GetAccessTokenArgs extends z.input<typeof getAccessTokenArgs> {}

export const getItemGroupsArgs = shape(
  "GetItemGroupsArgs",
  z.object({
    /** `staging` or `production`. */
    network,
    /** The name of the namespace. */
    namespace: name,
    /** The sandbox to look into, on staging: for `getItem` and `getItemKeys`. The groups of a sandbox can't be listed. Default: none. */
    sandboxId,
  }),
);
export interface GetItemGroupsArgs extends z.input<typeof getItemGroupsArgs> {}

export const getItemKeysArgs = shape(
  "GetItemKeysArgs",
  z.object({
    /** `staging` or `production`. */
    network,
    /** The name of the namespace. */
    namespace: name,
    /** The sandbox to look into, on staging: for `getItem` and `getItemKeys`. The groups of a sandbox can't be listed. Default: none. */
    sandboxId,
    /** The name of the item group. */
    group: name,
    /** How many keys to ask for. Default: 100; how many EdgeKV gives at most is not documented. */
    maxItems: z.int("must be a whole number").optional(),
  }),
);
export interface GetItemKeysArgs extends z.input<typeof getItemKeysArgs> {}

export const getItemArgs = shape(
  "GetItemArgs",
  z.object({
    /** `staging` or `production`. */
    network,
    /** The name of the namespace. */
    namespace: name,
    /** The sandbox to look into, on staging: for `getItem` and `getItemKeys`. The groups of a sandbox can't be listed. Default: none. */
    sandboxId,
    /** The name of the item group. */
    group: name,
    /** The key of the item. */
    key: name,
  }),
);
export interface GetItemArgs extends z.input<typeof getItemArgs> {}
