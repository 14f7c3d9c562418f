import { z } from "zod";
import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import { longestDescription } from "./identity";

/** What a program says of an EdgeWorker. */
export const edgeWorkerArgs = z.strictObject({
  /** A name for people; the service takes the same name any number of times. Default: the resource's name in the program. */
  name: updates(z.string().min(1, "must not be empty").optional()),
  /** The access group that the EdgeWorker belongs to. The API client needs the capability `EDIT` in it. */
  groupId: updates(z.int("must be a whole number: the id of an access group").min(1, "must be the id of an access group")),
  /**
   * The resource tier: 100 is Basic Compute, 200 Dynamic Compute, which EdgeKV may need; `getResourceTiers` tells all. Set for good: another tier is
   * another EdgeWorker with another id. Either this or `resourceTier` is required.
   */
  resourceTierId: replaces(z.int("must be a whole number: the id of a resource tier").min(1, "must be at least 1").optional()),
  /** The tier by its name instead, such as `Dynamic Compute`, in capitals or not; needs `contractId`. Looked up at preview, which shows the id. */
  resourceTier: updates(z.string().min(1, "must not be empty").optional()),
  /** The contract whose tiers `resourceTier` is looked up in, without `ctr_`. */
  contractId: updates(
    z
      .string()
      .regex(/^(?!ctr_)[\w.-]{1,64}$/, "must be a contract id, without `ctr_`")
      .optional(),
  ),
  /**
   * Text for people, at most 106 characters. The service shows a mark behind it, such as `[pulumi 1f0c9a…]`: by that, a run that was interrupted finds the
   * EdgeWorker that it made, and never takes another one.
   */
  description: updates(
    z
      .string()
      .max(longestDescription, `must have no more than ${longestDescription} characters`)
      .optional()
      .overwrite((text) => text || undefined),
  ),
  /**
   * Destroying the EdgeWorker also deletes versions that this program did not make. Default: false, which makes them an error that lists them. A version
   * that is live is an error in any case.
   */
  deleteVersions: updates(z.boolean("must be true or false").default(false)),
});

/** What the service tells of an EdgeWorker. */
export const edgeWorkerOutputs = z.object({
  /** The id that versions, activations, tokens and property rules name it by. */
  edgeWorkerId: z.number(),
  /** The account that it belongs to. */
  accountId: z.string().optional(),
  /** When it was made, ISO time in UTC. */
  createdTime: z.string().optional(),
});

export const edgeWorkerSchema = defineSchema({
  token: "edgeworkers:EdgeWorker",
  args: edgeWorkerArgs,
  outputs: edgeWorkerOutputs,
});

export type EdgeWorkerInputs = InputsOf<typeof edgeWorkerSchema> & { name: string; resourceTierId: number };
export type EdgeWorkerState = EdgeWorkerInputs & OutputsOf<typeof edgeWorkerSchema>;
