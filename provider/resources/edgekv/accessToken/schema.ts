import { z } from "zod";
import { defineSchema, type InputsOf, type OutputsOf, replaces, secret, updates } from "../../../framework/resource";
import { longestLife } from "./identity";
import { letters } from "./observe";

const namespaceName = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/;
const anEdgeWorker = 'must be the id of an EdgeWorker (a whole number, or its digits as a text), or "all"';
/** What a program says of an access token. */
export const accessTokenArgs = z.strictObject({
  /**
   * 1 to 32 letters, digits, `_` and `-`, unique in the account. Default: the resource's name in the program and a short hash of project, stack and
   * all that can't be changed in a token, so that a token that has to be new gets a new name and the old one works until nothing needs it. A name
   * of your own stays the same: then a change revokes the old token before it makes the new one, and EdgeWorkers get 401 in between.
   */
  name: replaces(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, "must be 1 to 32 letters, digits, _ or -")
      .optional(),
  ),
  /** Whether the token works on staging. At least one of the two networks must be allowed. Default: false. */
  allowOnStaging: replaces(z.boolean("must be true or false").default(false)),
  /** Whether the token works on production. Default: false. */
  allowOnProduction: replaces(z.boolean("must be true or false").default(false)),
  /**
   * What the token allows: 1 to 20 namespaces, each with letters of `r` (read), `w` (write) and `d` (delete). All of them must exist on every
   * network that is allowed, and share one data access policy.
   */
  namespacePermissions: replaces(
    z
      .record(
        z.string().regex(namespaceName, "is not the name of a namespace: 1 to 32 letters, digits, _ or -, not beginning with -"),
        z
          .array(z.enum(letters, "must be r, w or d"))
          .min(1, "must allow something: one or more of r, w, d")
          .refine((given) => new Set(given).size === given.length, "names a permission twice")
          // A set: the service gives it back in an order of its own.
          .overwrite((given) => letters.filter((letter) => given.includes(letter))),
      )
      .refine((permissions) => Object.keys(permissions).length >= 1, "must name at least one namespace")
      .refine((permissions) => Object.keys(permissions).length <= 20, "must not name more than 20 namespaces"),
  ),
  /** The EdgeWorker ids that may use the token, 8 at most. Default, and the meaning of an empty list and of `["all"]`: any. */
  restrictToEdgeWorkerIds: replaces(
    z
      .array(z.union([z.string().regex(/^([1-9]\d*|all)$/, anEdgeWorker), z.int(anEdgeWorker).min(1, anEdgeWorker)], anEdgeWorker))
      .max(8, "must not name more than 8 EdgeWorkers")
      .refine((ids) => !ids.includes("all") || ids.length === 1, '"all" stands alone')
      .optional()
      // Texts in one order, as the service keeps them.
      .overwrite((ids) =>
        ids === undefined || ids.length === 0 || ids.includes("all") ? undefined : [...new Set(ids.map(String))].sort(),
      ),
  ),
  /**
   * When the token ends, for accounts whose tokens do: a day in UTC (`"2027-03-31"`) or `{ days: n }` from the day it is made, at most 180 days. Accounts
   * on the current generation of tokens take no notice of it: theirs do not expire.
   */
  expiry: updates(
    z
      .union(
        [
          z.iso.date('must be a day such as "2027-03-31"'),
          z.strictObject({
            days: z.int("must be a whole number of days").min(1, "must be at least 1").max(longestLife, `must be at most ${longestLife}`),
          }),
        ],
        `must be a day such as "2027-03-31", or { days: n } with n from 1 to ${longestLife}`,
      )
      .optional(),
  ),
  /**
   * Replace the token when fewer than this many days are left; the preview says so. The new one lives as long as `expiry.days` says, or 180 days where
   * `expiry` is a day. Default: never; the last 30 days bring a warning.
   */
  renewBeforeDays: updates(z.int("must be a whole number of days").min(1, "must be at least 1").optional()),
  /** Any value; a change of it refreshes the token: what stands behind it is made anew, name and reference stay. */
  refreshTriggers: updates(z.json().optional()),
  /** What destroying the token does: `revoke` (the default; EdgeWorkers that still hold it get 401) or `retain`. */
  deletion: updates(z.strictObject({ mode: z.enum(["revoke", "retain"], "must be `revoke` or `retain`").default("revoke") }).prefault({})),
});
export const accessTokenComputed = z.object({
  /** The end that is asked for, `YYYY-MM-DD`; kept until `expiry` changes or a renewal is due. */
  requestedExpiry: replaces(z.string().optional()),
});
/** What the service tells of an access token. */
export const accessTokenOutputs = z.object({
  /** What an EdgeWorker's `edgekv_tokens.js` names the token by. Secret in state. */
  reference: secret(z.string()),
  /** The JWT of a token of the older generation; those of the current one have none. Secret in state. */
  value: secret(z.string().optional()),
  /** `COMPLETE` when the token can be used. */
  tokenActivationStatus: z.string(),
  /** The day the token ends, `YYYY-MM-DD`; `9999-12-31` when it does not. */
  expiresOn: z.string().optional(),
  /** The day it was made, `YYYY-MM-DD`. */
  issueDate: z.string().optional(),
  /** The CP code of the account's EdgeKV. */
  cpcode: z.string().optional(),
});

export const accessTokenSchema = defineSchema({
  token: "edgekv:AccessToken",
  args: accessTokenArgs,
  computed: accessTokenComputed,
  outputs: accessTokenOutputs,
});

export type AccessTokenInputs = InputsOf<typeof accessTokenSchema> & { name: string };
export type AccessTokenState = AccessTokenInputs & OutputsOf<typeof accessTokenSchema>;
