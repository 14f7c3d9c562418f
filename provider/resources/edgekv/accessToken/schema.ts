import {
  defineSchema,
  type InputsOf,
  type OutputsOf,
  replaces,
  secret,
  stays,
  updates,
} from "../../../framework/resource";
import * as z from "../../../framework/zod";

/** Days: six months, the most that the service grants a token that expires. */
export const maxLifeDays = 180;
/** The permissions that a token can have on a namespace: read, write, delete. */
export const permissionLetters = ["r", "w", "d"] as const;

const namespaceName = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/;
const anEdgeWorker =
  'must be the id of an EdgeWorker (a whole number, or its digits as a text), its name, or "all"';
/** Ids that come as one text, as from stack config: `12345, 54321`. */
function idsOfText(value: string | readonly (string | number)[] | undefined): unknown {
  const split = (one: unknown) =>
    typeof one === "string" && /^\s*\d+(\s*[,;\s]\s*\d+)*\s*$/.test(one)
      ? one.trim().split(/\s*[,;\s]\s*/)
      : [one];
  if (Array.isArray(value)) return value.flatMap(split);
  if (typeof value !== "string") return value;
  const ids = split(value);
  return ids.length === 1 && ids[0] === value && !/^\d+$/.test(value) ? value : ids;
}

/** What a program can set on an access token. */
export const accessTokenArgs = z.strictObject({
  /**
   * 1 to 32 letters, digits, `_` and `-`, unique in the account. Default: the resource's name in the program
   * and a hash of its content: a new token gets a new name, and the old one works until nothing needs it.
   * With a name of your own, a change revokes the old token first, and EdgeWorkers get 401 until they hold
   * the new one.
   */
  name: replaces(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, "must be 1 to 32 letters, digits, _ or -")
      .optional(),
  ),
  /** Whether the token works on staging. A token needs at least one of the two networks. Default: false. */
  allowOnStaging: replaces(z.boolean("must be true or false").default(false)),
  /** Whether the token works on production. A token needs at least one of the two networks. Default: false. */
  allowOnProduction: replaces(z.boolean("must be true or false").default(false)),
  /**
   * What the token allows: 1 to 20 namespaces, each with one or more of `r` (read), `w` (write) and `d`
   * (delete). All of them must exist on each allowed network and share one data access policy.
   */
  namespacePermissions: replaces(
    z
      .record(
        z
          .string()
          .regex(
            namespaceName,
            "is not the name of a namespace: 1 to 32 letters, digits, _ or -, not beginning with -",
          ),
        z
          .array(
            z.enum(permissionLetters, "must be r, w or d"),
            'must be a list of r, w and d, such as ["r"]',
          )
          .min(1, "must allow something: one or more of r, w, d")
          .refine((given) => new Set(given).size === given.length, "names a permission twice")
          // A set: the service returns it in an order of its own.
          .overwrite((given) => permissionLetters.filter((letter) => given.includes(letter))),
        "must be an object with a list of permissions for each namespace",
      )
      .refine((permissions) => Object.keys(permissions).length >= 1, "must name at least one namespace")
      .refine(
        (permissions) => Object.keys(permissions).length <= 20,
        "must not name more than 20 namespaces",
      ),
  ),
  /**
   * The ids of the EdgeWorkers that may use the token, at most 8. Or their names, which the preview looks up:
   * it shows the ids. Default: any EdgeWorker. `[]` and `["all"]` mean the same.
   */
  restrictToEdgeWorkerIds: replaces(
    z
      .preprocess(
        idsOfText,
        z
          .array(
            z.union(
              [z.string().regex(/^(?!0*$).*\S/s, anEdgeWorker), z.int(anEdgeWorker).min(1, anEdgeWorker)],
              anEdgeWorker,
            ),
          )
          .max(8, "must not name more than 8 EdgeWorkers")
          .refine((ids) => !ids.includes("all") || ids.length === 1, '"all" stands alone')
          .optional()
          // Text, sorted: the service stores them like that.
          .overwrite((ids) =>
            ids === undefined || ids.length === 0 || ids.includes("all")
              ? undefined
              : [...new Set(ids.map(String))].sort(),
          ),
      )
      .optional(),
  ),
  /**
   * When the token expires, on accounts of the older generation: a day in UTC (`"2027-03-31"`), or `{ days: n
   * }` after its creation with n from 1 to 180. Tokens of the current generation do not expire, and the
   * service ignores it. Default: the service decides.
   */
  expiry: updates(
    z
      .union(
        [
          z.iso.date('must be a day such as "2027-03-31"'),
          z.strictObject({
            /** Days from the creation of the token, 1 to 180. */
            days: z
              .int("must be a whole number of days")
              .min(1, "must be at least 1")
              .max(maxLifeDays, `must be at most ${maxLifeDays}`),
          }),
        ],
        `must be a day such as "2027-03-31", or { days: n } with n from 1 to ${maxLifeDays}`,
      )
      .optional(),
  ),
  /**
   * Replace the token when this many days or fewer are left. It needs `expiry`, and is at least 1 and less than the days
   * that the token lives. The preview announces it. The new token lives for `expiry.days`, or 180 days where `expiry` is a
   * day. Default: no renewal, and a warning in the last 30 days.
   */
  renewBeforeDays: updates(z.int("must be a whole number of days").min(1, "must be at least 1").optional()),
  /**
   * Adopt a token of this `name` that exists already. What it permits has to be what is declared: it can't be changed. Default: false, and the preview fails
   * when the name is taken.
   */
  adopt: updates(z.boolean("must be true or false").default(false)),
  /**
   * Any JSON value. A change of it, or its removal, replaces the token by another one with the same permissions: another name,
   * another reference, and the old one is revoked at the end. It is what to change when a token leaked. Not secret: the state has it
   * in clear text. Default: none, and nothing but the other inputs replaces the token.
   */
  replaceTriggers: replaces(z.json().optional()),
  /**
   * Any JSON value. A change of it refreshes the token: the service renews its credentials, name and
   * reference stay. It does not help when a token leaked: see `replaceTriggers`. Default: none, and the token is never refreshed.
   */
  refreshTriggers: updates(z.json().optional()),
  /**
   * What a destroy does. `revoke`: refused while live code holds the token, which would get 401. `retain`: the
   * token stays valid and is no longer managed by Pulumi. Default: `revoke`.
   */
  deletion: updates(
    z
      .strictObject({
        /** What a destroy does: `revoke` (default) or `retain`. */
        mode: z.enum(["revoke", "retain"], "must be `revoke` or `retain`").default("revoke"),
        /** Whether to revoke the token although live code holds it. Default: false, and the delete is refused. */
        evenIfLive: z.boolean("must be true or false").optional(),
      })
      .prefault({}),
  ),
});
export const accessTokenComputed = z.object({
  /** The requested expiry, `YYYY-MM-DD`. Stays until `expiry` changes or a renewal is due. */
  requestedExpiry: replaces(z.string().optional()),
});
/** What the service reports of an access token. */
export const accessTokenOutputs = z.object({
  /** The reference to the token in an EdgeWorker's `edgekv_tokens.js`. Secret in state. */
  reference: stays(secret(z.string())),
  /**
   * The JWT of a token of the older generation. Tokens of the current generation have none. Secret in state.
   */
  value: secret(z.string().optional()),
  /** `COMPLETE` when the token can be used. */
  tokenActivationStatus: z.string(),
  /** The day on which the token expires, `YYYY-MM-DD`. `9999-12-31`: it does not expire. */
  expiresOn: z.string().optional(),
  /** The day on which the token was created, `YYYY-MM-DD`. */
  issueDate: stays(z.string().optional()),
  /** The day on which the service last renewed the token's credentials, `YYYY-MM-DD`. Not set before the first time. */
  latestRefreshDate: z.string().optional(),
  /** The day on which the service will renew the token's credentials by itself, `YYYY-MM-DD`. Not set for tokens of the older generation. */
  nextScheduledRefreshDate: z.string().optional(),
  /** The CP code of the account's EdgeKV. */
  cpcode: stays(z.string().optional()),
});

export const accessTokenSchema = defineSchema({
  token: "edgekv:AccessToken",
  args: accessTokenArgs,
  computed: accessTokenComputed,
  outputs: accessTokenOutputs,
});

export type AccessTokenInputs = InputsOf<typeof accessTokenSchema> & { name: string };
export type AccessTokenState = AccessTokenInputs & OutputsOf<typeof accessTokenSchema>;
