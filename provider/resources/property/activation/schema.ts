import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import * as z from "../../../framework/zod";
import { after } from "../../probe/schema";
import { anId, aVersion } from "../propertyRef";

const text = z.string("must be text").min(1, "must not be empty");
const email = z.email("must be an email address");
const ticket = {
  /** The id of the ticket. Default: none. */
  ticketId: text.optional(),
};
const noWarnings =
  "must be `all`, or a list of ids of warnings, such as `msg_baa4…`: the error of an activation names them";
/** What was done before an activation on production, or why it was not. */
const complianceRecord = z.discriminatedUnion(
  "noncomplianceReason",
  [
    z.strictObject({
      /** `NONE`: the change was reviewed and tested. */
      noncomplianceReason: z.literal("NONE"),
      /** The email address of the customer. */
      customerEmail: email,
      /** Who reviewed the change. */
      peerReviewedBy: text,
      /** Always true. Without tests, set another `noncomplianceReason`. */
      unitTested: z.literal(true, "must be true: without tests, set another `noncomplianceReason`"),
      ...ticket,
    }),
    z.strictObject({
      /** `OTHER`: the reason is in `otherNoncomplianceReason`. */
      noncomplianceReason: z.literal("OTHER"),
      /** The reason, as text. */
      otherNoncomplianceReason: text,
      ...ticket,
    }),
    z.strictObject({
      /** `NO_PRODUCTION_TRAFFIC`: the property serves nobody yet. */
      noncomplianceReason: z.literal("NO_PRODUCTION_TRAFFIC"),
      ...ticket,
    }),
    z.strictObject({
      /** `EMERGENCY`: there was no time. */
      noncomplianceReason: z.literal("EMERGENCY"),
      ...ticket,
    }),
  ],
  "must be an object with a `noncomplianceReason`: NONE, OTHER, NO_PRODUCTION_TRAFFIC or EMERGENCY",
);
const noVersion = "must be the number of a version, or `latest`";
/** What a program sets. */
export const activationArgs = z.strictObject({
  /** The property, with or without `prp_`. */
  propertyId: replaces(anId.property),
  /** The contract of the property, with or without `ctr_`. Default: looked up once. */
  contractId: updates(anId.contract.optional()),
  /** The group of the property, a number or a text, with or without `grp_`. Default: looked up once. */
  groupId: updates(anId.group.optional()),
  /** `staging` or `production`. A program has one activation for a property on each network. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /**
   * The version to make live: its number, or `latest` for the newest one of the property. The preview shows the number. `latest` is looked up at each run;
   * what the same run changes is not in it, so pass the `version` of an `EdgeWorkerRules` instead. Another version, also an older one, is an update in place:
   * the live one serves until the new one does.
   */
  version: updates(z.union([z.literal("latest"), aVersion(noVersion)], noVersion)),
  /** A note for the service's history. A change of it alone sends nothing. */
  note: updates(text.optional()),
  /** Addresses that the service emails about the activation, at least one. A change of it alone sends nothing. */
  notifyEmails: updates(
    z.array(email, "must be a list of email addresses").min(1, "must name at least one address"),
  ),
  /**
   * Warnings that may not block the activation: their ids (`msg_…`), or `all`. Default: none. Then an activation with warnings fails, and the error lists them
   * with their ids.
   */
  acknowledgeWarnings: updates(
    z
      .union(
        [z.literal("all"), z.array(z.string().regex(/^msg_\w+$/, noWarnings)).min(1, noWarnings)],
        noWarnings,
      )
      .optional(),
  ),
  /**
   * What was done before an activation on production, or why it was not. Some accounts demand it. It is sent for production only, so that both networks can
   * share their arguments.
   */
  complianceRecord: updates(complianceRecord.optional()),
  /** Whether the service uses its fast push. Default: not sent; the service uses it then. */
  fastPush: updates(z.boolean("must be true or false").optional()),
  /**
   * Whether a rollback to the version that was live before uses the service's fast fallback, which takes seconds. It is possible for an hour, while the hostnames
   * are the same. Default: true.
   */
  useFastFallback: updates(z.boolean("must be true or false").default(true)),
  /**
   * Seconds to wait for the activation, and for each other one that is under way before it: 60 to 86,400. Staging takes minutes, production up to tens of
   * minutes. After that the run fails, and the next one continues the wait. Default: 5400.
   */
  timeoutSeconds: updates(
    z
      .int("must be a whole number of seconds")
      .min(60, "must be at least 60")
      .max(86_400, "must be at most 86400 (a day)")
      .default(5400),
  ),
  /**
   * What has to hold before the network is asked: a request to the edge of another network that must succeed. A failed one leaves the
   * network as it is, and the next `up` probes again. A change of it alone sends nothing. Default: nothing.
   */
  after: updates(after.optional()),
  /**
   * What a destroy does: `retain` leaves the version live, `deactivate` takes the property off the network, which then serves none of its hostnames. Default:
   * `retain`. `preview --diff` shows the mode.
   */
  deletion: updates(
    z
      .strictObject({
        /** What a destroy does: `retain` (default) or `deactivate`. */
        mode: z.enum(["retain", "deactivate"], "must be `retain` or `deactivate`"),
      })
      .default({ mode: "retain" }),
  ),
});

export const activationComputed = z.object({
  /** The name of the property. */
  propertyName: updates(z.string()),
});
/** What the service adds. */
export const activationOutputs = z.object({
  /** Such as `atv_67037`. */
  activationId: z.string().optional(),
  /** `ACTIVE` once the version serves. */
  status: z.string(),
  /** The version that was live before. After a failed activation it is live still, as a rule. */
  previousVersion: z.int().optional(),
  /** The version that this resource last made live. A refresh does not change it. When `version` differs, others activated that one. */
  activatedVersion: z.int().optional(),
});

export const activationSchema = defineSchema({
  token: "property:Activation",
  args: activationArgs,
  computed: activationComputed,
  outputs: activationOutputs,
});

/** As `check` hands them on: `latest` is a number then. */
export type ActivationInputs = Omit<InputsOf<typeof activationSchema>, "version"> & {
  contractId: string;
  groupId: string;
  version: number;
};
export type ActivationState = ActivationInputs & OutputsOf<typeof activationSchema>;
