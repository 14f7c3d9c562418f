import { z } from "zod";
import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import { itemGroupPlace } from "../item/schema";

/** What a program says of a group of items. */
export const itemGroupArgs = z.strictObject({
  /** `staging` or `production`. Another network is another group. */
  network: itemGroupPlace.network,
  /** The namespace that the group is in, `default` too. It must be there, or be declared before. */
  namespace: itemGroupPlace.namespace,
  /** 1 to 128 letters, digits, `_` and `-`. With `shards`, what the names of the groups begin with. */
  group: itemGroupPlace.group,
  /**
   * The items as a map: a text is kept as text, anything else as JSON, `null` too. For small groups: all of it stands in the state. One of `items`, `file` and
   * `folder` has to be said.
   */
  items: updates(
    z
      .record(z.string(), z.union([z.string(), z.strictObject({ json: z.string() })], "must be text, or the text of JSON as { json }"))
      .optional(),
  ),
  /**
   * A file with the items, a path from where the program runs; the state has hashes and sizes of them only. `.json`: an object, whose names are the keys, or a
   * list of records. `.ndjson`, `.jsonl`: a record in each line. `.csv`, `.tsv`: a record in each line after the first, which names the columns; as RFC 4180 has
   * it. All in UTF-8. A text is kept as text, anything else as JSON; what CSV holds is text.
   */
  file: updates(z.string("must be a path").min(1, "must not be empty").optional()),
  /**
   * A folder in which every file is an item: the name without what follows its last dot is the key. A `.json` file is kept as JSON, any other as its bytes are.
   * Names that begin with a dot are left out.
   */
  folder: updates(z.string("must be a path").min(1, "must not be empty").optional()),
  /**
   * What the parts of a record are: `key` (default: `key`) and `value` (default: `value`). A record that has no `value` is kept as JSON of all its other parts.
   * `delimiter` stands between the columns of a CSV file (default: `,`, and a tab in a `.tsv` file).
   */
  columns: updates(
    z
      .strictObject({
        key: z.string().min(1, "must not be empty").optional(),
        value: z.string().min(1, "must not be empty").optional(),
        delimiter: z
          .string()
          .regex(/^[^"\r\n\ud800-\udfff]$/, "must be one character, and neither a quotation mark nor the end of a line")
          .optional(),
      })
      .optional(),
  ),
  /**
   * `shared` (the default): only the declared keys are this resource's, others in the group are left alone. `exclusive`: whatever else is found in the group is
   * deleted; preview names it. EdgeKV shows a random part of what is in a large group, so that a run says how sure it is that nothing is left.
   */
  ownership: updates(z.enum(["shared", "exclusive"], "must be `shared` or `exclusive`").default("shared")),
  /**
   * Spread the items over so many groups, named `group-0`, `group-1` and so on, 2 to 1000; a hash of the key tells which, and `edgekv.shardsModule` is the code
   * that finds it in a worker. Default: 1, the group itself. Another number means other groups: they are written first, and the old ones go at the end of the run.
   */
  shards: replaces(z.int("must be a whole number").min(1, "must be at least 1").max(1000, "must be at most 1000").default(1)),
  /** Replace what items of these keys hold although they are not this program's. Default: false, which makes that an error, at preview as far as it can be seen. */
  overwrite: updates(z.boolean("must be true or false").default(false)),
  /**
   * Wait until reads show what was written and deleted: once for all of it, by looking at a sample and at every item that was slow. Ten seconds or less in most
   * cases, and twenty minutes before it is given up. Default: true.
   */
  waitForPropagation: updates(z.boolean("must be true or false").default(true)),
});
export const itemGroupComputed = z.object({
  /** The groups that the items are in: `group`, or one for each shard. */
  groups: updates(z.array(z.string())),
  /** A digest of all keys and values: another one means that something is to be written or deleted, and preview names it. */
  digest: updates(z.string()),
  /** How many items there are. */
  count: updates(z.int()),
  /** The size of all values. */
  bytes: updates(z.int()),
  /** Keys that are in an exclusive group and are not declared; `up` deletes them. Never there while all is well. */
  unmanagedKeys: updates(z.array(z.string()).optional()),
});
/** What is known of the items once they are written. */
export const itemGroupOutputs = z.object({
  /** A line for each item: its key, and in one word the beginning of its hash, the run that wrote it (`0` to `z`) and its size (base 36). */
  manifest: z.string(),
  /** When those runs were, ISO times in UTC: the retention of an item counts from there. */
  writes: z.array(z.string()),
});

export const itemGroupSchema = defineSchema({
  token: "edgekv:ItemGroup",
  args: itemGroupArgs,
  computed: itemGroupComputed,
  outputs: itemGroupOutputs,
  sensitiveInputs: ["items"],
});

export type ItemGroupInputs = InputsOf<typeof itemGroupSchema>;
export type ItemGroupState = ItemGroupInputs & OutputsOf<typeof itemGroupSchema>;
