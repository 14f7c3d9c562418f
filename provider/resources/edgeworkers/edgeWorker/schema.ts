import {
  defineSchema,
  type InputsOf,
  type OutputsOf,
  replaces,
  stays,
  updates,
} from "../../../framework/resource";
import * as z from "../../../framework/zod";
import { maxDescriptionLength } from "./identity";

/** What a program sets. */
export const edgeWorkerArgs = z.strictObject({
  /** A name for people. It need not be unique. Default: the resource's name in the program. */
  name: updates(z.string().min(1, "must not be empty").optional()),
  /** The access group that the EdgeWorker belongs to. The API client needs the capability `EDIT` in it. */
  groupId: updates(
    z.int("must be a whole number: the id of an access group").min(1, "must be the id of an access group"),
  ),
  /**
   * The id of the resource tier: 100 is Basic Compute, 200 Dynamic Compute, which EdgeKV may need. `getResourceTiers` lists all. It can't be changed: another
   * tier is another EdgeWorker with another id. Either this or `resourceTier` is required.
   */
  resourceTierId: replaces(
    z.int("must be a whole number: the id of a resource tier").min(1, "must be at least 1").optional(),
  ),
  /**
   * The name of the tier instead of its id, such as `Dynamic Compute`. Upper and lower case are the same. It needs `contractId`. A preview looks it up and
   * shows the id.
   */
  resourceTier: updates(z.string().min(1, "must not be empty").optional()),
  /** The contract whose tiers `resourceTier` is looked up in, with or without `ctr_`. */
  contractId: updates(
    z
      .string()
      .regex(/^(?!\.{1,2}$)[\w.-]{1,64}$/, "must be the id of a contract, such as `1-3CV382`")
      // The EdgeWorkers API names contracts without it.
      .overwrite((id) => id.replace(/^ctr_/, ""))
      .optional(),
  ),
  /**
   * Text for people, at most 106 characters. On the account it ends with an ownership marker, such as `[pulumi 1f0c9a2b3c4d]`. By the marker, the run after
   * an interrupted one finds its EdgeWorker, and never adopts another one.
   */
  description: updates(
    z
      .string()
      .max(maxDescriptionLength, `must have no more than ${maxDescriptionLength} characters`)
      .optional()
      .overwrite((text) => text || undefined),
  ),
  /**
   * Adopt the EdgeWorker of this `name` in the access group, with its versions. Its id stays, and its description gets the ownership marker. It fails when
   * several have the name, and when its resource tier is another one. When there is none, one is created. Default: false, and a new one is created.
   */
  adopt: updates(z.boolean("must be true or false").default(false)),
  /**
   * Whether a destroy also deletes versions that this program did not create. Default: false. Then a destroy with such versions fails and lists them. It always
   * fails while a version is live.
   */
  deleteVersions: updates(z.boolean("must be true or false").default(false)),
});

/** What the service adds. */
export const edgeWorkerOutputs = z.object({
  /** The id, by which versions, activations, tokens and property rules name it. */
  edgeWorkerId: stays(z.int()),
  /** The account that it belongs to. */
  accountId: stays(z.string().optional()),
  /** When it was created, as ISO time in UTC. */
  createdTime: stays(z.string().optional()),
});

export const edgeWorkerSchema = defineSchema({
  token: "edgeworkers:EdgeWorker",
  args: edgeWorkerArgs,
  outputs: edgeWorkerOutputs,
});

export type EdgeWorkerInputs = InputsOf<typeof edgeWorkerSchema> & { name: string; resourceTierId: number };
export type EdgeWorkerState = EdgeWorkerInputs & OutputsOf<typeof edgeWorkerSchema>;
