import {
  defineSchema,
  type InputsOf,
  type OutputsOf,
  replaces,
  stays,
  updates,
} from "../../../framework/resource";
import * as z from "../../../framework/zod";

/** Seconds: the longest that a delete can be put off, and what the service does by default. */
export const maxDeleteDelay = 259_200;
/**
 * Seconds: the shortest that a delete can be put off. So close to it, the delete can't be cancelled any more.
 */
export const minDeleteDelay = 300;

const day = 86_400;
const maxRetention = 315_360_000;

/** What a program can set on a namespace. */
export const namespaceArgs = z.strictObject({
  /**
   * 1 to 32 letters, digits, `_` and `-`, not beginning with `-`. `default` is reserved by Akamai. Both
   * networks may use the same name. Default: the resource's name in the program.
   */
  name: replaces(
    z
      .string()
      .regex(
        /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/,
        "must be 1 to 32 letters, digits, _ or -, and must not begin with -",
      )
      .refine(
        (name) => name !== "default",
        "the namespace `default` is Akamai's own: it can't be created, changed or deleted",
      )
      .optional(),
  ),
  /**
   * `staging` or `production`. Namespaces of one name on the two networks are separate and have their own
   * data.
   */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /**
   * The id of the access group that may manage the namespace. 0 stands for all groups. Both networks share
   * one access group for a name: set the same on both. A change shows on all replicas within 5 minutes.
   */
  groupId: updates(
    z
      .int("must be a whole number: the id of an access group, or 0 for all groups")
      .min(0, "must not be negative"),
  ),
  /**
   * Seconds that an item lives after its last write: 86,400 (1 day) to 315,360,000 (3650 days), or 0 for no
   * expiry. A change shows on all replicas within 5 minutes. It holds for items that are written after it.
   */
  retentionInSeconds: updates(
    z
      .int("must be a whole number of seconds")
      .refine(
        (seconds) => seconds === 0 || (seconds >= day && seconds <= maxRetention),
        `must be 0 (keep for ever) or ${day} (1 day) to ${maxRetention} (3650 days)`,
      ),
  ),
  /** Where the data is stored: `US`, `EU`, `JP` or `GLOBAL`. Staging has `US` only. Default: `US`. */
  geoLocation: replaces(
    z.enum(["US", "EU", "JP", "GLOBAL"], "must be one of US, EU, JP, GLOBAL").default("US"),
  ),
  /**
   * Whether data is served over Enhanced TLS only. Needs a database with `allowNamespacePolicyOverride:
   * true`. `false` needs the Standard TLS entitlement. Default: the database's policy.
   */
  restrictDataAccess: replaces(z.boolean("must be true or false").optional()),
  /**
   * What a destroy does. `mode: "scheduled"` blocks the data at once, and Akamai deletes it after
   * `afterSeconds`: 300 to 259,200 (three days). Declare the namespace again at least five minutes before
   * that time to restore it with its data. `immediate` deletes namespace and data at once and for good.
   * `retain` leaves both in place: the namespace is no longer managed by Pulumi. While live code uses the
   * namespace, its delete is refused. Default: `scheduled`, after 259,200 seconds.
   */
  deletion: updates(
    z
      .strictObject({
        /** What a destroy does: `scheduled` (default), `immediate` or `retain`. */
        mode: z
          .enum(["scheduled", "immediate", "retain"], "must be `scheduled`, `immediate` or `retain`")
          .default("scheduled"),
        /** Seconds until Akamai deletes the namespace, 300 to 259,200 (three days). For `scheduled` only. Default: 259,200. */
        afterSeconds: z
          .int("must be a whole number of seconds")
          .min(minDeleteDelay, "must be at least 300: a delete can't be cancelled in its last five minutes")
          .max(maxDeleteDelay, "must be at most 259200 (three days)")
          .optional(),
        /** Whether to delete the namespace although live code uses it. Default: false, and the delete is refused. */
        evenIfLive: z.boolean("must be true or false").optional(),
      })
      .prefault({}),
  ),
  /**
   * Adopt a namespace that exists already, with its data. Default: false, and the preview fails when the name
   * is taken.
   */
  adopt: updates(z.boolean("must be true or false").default(false)),
  /**
   * Allow a change of `name`, `network`, `geoLocation` or `restrictDataAccess`, which replaces the namespace
   * and deletes the data of the old one. Default: false, and the preview refuses such a change.
   */
  replaceDeletesData: updates(z.boolean("must be true or false").default(false)),
  /**
   * A folder, relative to the one in which the program runs. Before the namespace is deleted, by a destroy or by a
   * replacement, all its items are written there: a CSV (`.snapshot.csv`) and a manifest with its digest and the
   * number of items in each group. The delete is refused when two downloads and the service's lists do not agree. The
   * files have all values in clear; only their owner may read them (mode 0600). `ItemGroup` takes the CSV as its
   * `file`. Default: no snapshot.
   */
  snapshotBeforeDelete: updates(z.string("must be a path").min(1, "must not be empty").optional()),
  /**
   * Copy the data when another `name`, `network`, `geoLocation` or `restrictDataAccess` replaces the namespace. The
   * new one is made first, under another name: set one, or leave `name` out, and one is made of the resource's name
   * and what changed, such as `catalog-eu`. Data is copied and compared before any other resource gets the new name,
   * and the old namespace is deleted at the end of the run. Default: false.
   */
  moveDataOnReplace: updates(z.boolean("must be true or false").default(false)),
});
export const namespaceComputed = z.object({
  /**
   * The ISO time at which Akamai deletes the namespace. Set only after a delete was scheduled outside of the
   * program: `up` cancels it.
   */
  scheduledDeleteTime: updates(z.string().optional()),
  /** The namespace whose data was moved here, such as `production/catalog`. Absent when there was none. */
  movedFrom: updates(z.string().optional()),
});
/** What the service reports of a namespace. */
export const namespaceOutputs = z.object({
  /** `READY`, or `DELETING` while a delete is scheduled. */
  namespaceStatus: z.string(),
  /** The policy in force. `policyType` is `inherited` (from the database) or `overridden`. */
  policy: stays(
    z
      .object({
        /** Whether data is served over Enhanced TLS only. */
        restrictDataAccess: z.boolean(),
        /** `inherited` (from the database) or `overridden`. */
        policyType: z.string().optional(),
      })
      .optional(),
  ),
});

export const namespaceSchema = defineSchema({
  token: "edgekv:Namespace",
  args: namespaceArgs,
  computed: namespaceComputed,
  outputs: namespaceOutputs,
});

export type NamespaceInputs = InputsOf<typeof namespaceSchema> & { name: string };
export type NamespaceState = NamespaceInputs & OutputsOf<typeof namespaceSchema>;
