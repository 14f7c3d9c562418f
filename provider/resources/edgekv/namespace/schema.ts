import { z } from "zod";
import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import { fiveMinutes, threeDays } from "./observe";

const day = 86_400;
const longestRetention = 315_360_000;
/** What a program says of a namespace. */
export const namespaceArgs = z.strictObject({
  /**
   * 1 to 32 letters, digits, `_` and `-`, not beginning with `-`; `default` is Akamai's own. The same name may be used on both networks.
   * Default: the resource's name in the program. Another name is another namespace.
   */
  name: replaces(
    z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/, "must be 1 to 32 letters, digits, _ or -, and must not begin with -")
      .refine((name) => name !== "default", "the namespace `default` is Akamai's own: it can't be created, changed or deleted")
      .optional(),
  ),
  /** `staging` or `production`: two namespaces of one name on the two networks are separate, with data of their own. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /**
   * The access group that may manage the namespace; 0 stands for all groups. It is one for both networks: where both are declared, both
   * must say the same. A change reaches all servers within 5 minutes.
   */
  groupId: updates(z.int("must be a whole number: the id of an access group, or 0 for all groups").min(0, "must not be negative")),
  /**
   * Seconds that an item lives after it was last written: 0 keeps it for ever, otherwise 86,400 (a day) to 315,360,000 (3650 days). A change
   * reaches all servers within 5 minutes and holds for items written after it only.
   */
  retentionInSeconds: updates(
    z
      .int("must be a whole number of seconds")
      .refine(
        (seconds) => seconds === 0 || (seconds >= day && seconds <= longestRetention),
        `must be 0 (keep for ever) or ${day} (1 day) to ${longestRetention} (3650 days)`,
      ),
  ),
  /** Where the data is kept: `US` (default), `EU`, `JP` or `GLOBAL`; staging knows `US` only. Can't be changed. */
  geoLocation: replaces(z.enum(["US", "EU", "JP", "GLOBAL"], "must be one of US, EU, JP, GLOBAL").default("US")),
  /**
   * Whether data is served over Enhanced TLS only. Can be set only where the database's `allowNamespacePolicyOverride` is true, and only when
   * the namespace is made; `false` needs the Standard TLS entitlement. Default: what the database's policy says.
   */
  restrictDataAccess: replaces(z.boolean("must be true or false").optional()),
  /**
   * What destroying the namespace does. `scheduled` (the default): Akamai deletes it after `afterSeconds`, 300 to 259,200 (three days, the
   * default); its data can't be read or written from then on, and until then declaring it again brings everything back. `immediate`: it is gone for
   * good. `retain`: it stays, and is nobody's.
   */
  deletion: updates(
    z
      .strictObject({
        mode: z.enum(["scheduled", "immediate", "retain"], "must be `scheduled`, `immediate` or `retain`").default("scheduled"),
        afterSeconds: z
          .int("must be a whole number of seconds")
          .min(fiveMinutes, "must be at least 300: a delete can't be called back in its last five minutes")
          .max(threeDays, "must be at most 259200 (three days)")
          .optional(),
      })
      .prefault({}),
  ),
  /** Take over a namespace that exists already, with its data. Default: false, which makes that an error at preview. */
  adopt: updates(z.boolean("must be true or false").default(false)),
  /**
   * Allow a change that needs another namespace (`name`, `network`, `geoLocation`, `restrictDataAccess`) although the data of the old one goes with
   * it. Default: false, which makes that an error at preview.
   */
  replaceDeletesData: updates(z.boolean("must be true or false").default(false)),
});
export const namespaceComputed = z.object({
  /** When Akamai will delete the namespace because somebody scheduled that; `up` cancels it. Never there while all is well. */
  scheduledDeleteTime: updates(z.string().optional()),
});
/** What the service tells of a namespace. */
export const namespaceOutputs = z.object({
  /** `READY`, or `DELETING` while a delete is scheduled. */
  namespaceStatus: z.string(),
  /** The policy in force: `policyType` is `inherited` from the database or `overridden`. */
  policy: z.object({ restrictDataAccess: z.boolean(), policyType: z.string().optional() }).optional(),
});

export const namespaceSchema = defineSchema({
  token: "edgekv:Namespace",
  args: namespaceArgs,
  computed: namespaceComputed,
  outputs: namespaceOutputs,
});

export type NamespaceInputs = InputsOf<typeof namespaceSchema> & { name: string };
export type NamespaceState = NamespaceInputs & OutputsOf<typeof namespaceSchema>;
