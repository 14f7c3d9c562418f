import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import * as z from "../../../framework/zod";
import { after } from "../../probe/schema";
import { anEdgeWorker } from "../byName";

const noVersion = 'must be the name of a version as text, such as "1.0", or `latest`';
/** What a program sets. */
export const activationArgs = z.strictObject({
  /** The EdgeWorker: its id, a number or its digits as text. Or its name, which the preview looks up: it shows the id. */
  edgeWorkerId: replaces(anEdgeWorker),
  /** `staging` or `production`. A program has one activation for an EdgeWorker on each network. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /**
   * The version to make live: its name, or `latest` for the one that was uploaded last. The preview shows the name. `latest` is looked up at each run; what the
   * same run uploads is not in it, so pass a `Version` instead. Another version, also an older one, is an update in place: the live one serves until the new
   * one does.
   */
  version: updates(
    z
      .string(noVersion)
      .min(1, "must not be empty")
      .refine((name) => name !== "." && name !== "..", "must be the name of a version, and not dots alone"),
  ),
  /** A note for the service's history, 1 to 128 characters. A change of it alone sends nothing. */
  note: updates(
    z.string().min(1, "must not be empty").max(128, "must have no more than 128 characters").optional(),
  ),
  /** Whether the service pins the version. Default: not sent; the service pins then. A change of it alone sends nothing. */
  autoPin: updates(z.boolean("must be true or false").optional()),
  /**
   * Seconds to wait for the activation, and for each other one that is under way before it: 60 to 86,400, default 1800. Five minutes are usual. After that
   * the run fails, and the next one continues the wait. The wait for a deactivation is at least an hour.
   */
  timeoutSeconds: updates(
    z
      .int("must be a whole number of seconds")
      .min(60, "must be at least 60")
      .max(86_400, "must be at most 86400 (a day)")
      .default(1800),
  ),
  /**
   * What has to hold before the network is asked: a request to the edge of another network that must succeed. A failed one leaves the
   * network as it is, and the next `up` probes again. A change of it alone sends nothing. Default: nothing.
   */
  after: updates(after.optional()),
  /**
   * What a destroy does: `deactivate` takes the version off the network, `retain` leaves it live. What live code uses stays in the same run too: its version,
   * EdgeWorker, access tokens and namespaces. Default: `deactivate` on staging, `retain` on production; `deactivate` on both with the setting
   * `akamai-edge:takeDown`. So no removed line of a program takes a site down. `preview --diff` shows the mode.
   */
  deletion: updates(
    z
      .strictObject({
        /** What a destroy does: `deactivate` (default on staging, and with `akamai-edge:takeDown`) or `retain` (default on production). */
        mode: z.enum(["deactivate", "retain"], "must be `deactivate` or `retain`"),
      })
      .optional(),
  ),
});

/** What the service adds. */
export const activationOutputs = z.object({
  /** Counts up for each EdgeWorker. */
  activationId: z.int(),
  /** `COMPLETE` once the version serves. */
  status: z.string(),
});

export const activationSchema = defineSchema({
  token: "edgeworkers:Activation",
  args: activationArgs,
  outputs: activationOutputs,
});

export type ActivationInputs = InputsOf<typeof activationSchema> & {
  edgeWorkerId: number;
  deletion: { mode: "deactivate" | "retain" };
};
export type ActivationState = ActivationInputs & OutputsOf<typeof activationSchema>;
