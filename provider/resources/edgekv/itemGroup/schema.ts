import { takesTexts } from "../../../framework/conversions";
import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import * as z from "../../../framework/zod";
import { itemDeletion, itemGroupRefArgs, sandboxArgs } from "../item/schema";

/** What a program sets of a group of items. */
export const itemGroupArgs = z.strictObject({
  /** `staging` or `production`. Another network is another group. */
  network: itemGroupRefArgs.network,
  /** The namespace of the group, `default` too. It must exist, or be declared before the group. */
  namespace: itemGroupRefArgs.namespace,
  /** 1 to 128 letters, digits, `_` and `-`. With `shards`, the prefix of the groups' names. */
  group: itemGroupRefArgs.group,
  /**
   * The sandbox of the items, on `staging` only: 1 to 64 letters, digits, `_` and `-`. Requests that carry the sandbox's id see
   * these items, and no others. They live for two days, whatever the namespace sets. They are written one by one, since uploads
   * and downloads take no sandbox: `transfer` can't be `bulk`. Another sandbox is another group. Default: none.
   */
  sandboxId: sandboxArgs.sandboxId,
  /**
   * The items as a map from key to value. A string is stored as text, any other value as JSON, `null` too.
   * A value that JSON does not have is refused: `undefined`, a date, a map, an instance of a class.
   * The state holds all values, so use it for small groups. Set one of `items`, `file` and `folder`.
   */
  items: takesTexts(
    updates(
      z
        .record(
          z.string(),
          z.union(
            [
              z.string(),
              z.strictObject({
                /** The text of a JSON value. */
                json: z.string(),
              }),
            ],
            "must be text, or the text of JSON as { json }",
          ),
          "must be a map from keys to values",
        )
        .optional(),
    ),
  ),
  /**
   * Path of a file with the items, relative to the folder in which the program runs. The extension sets the
   * format. `.json`: an object with keys as member names, or a list of records. `.ndjson` and `.jsonl`: a
   * JSON record in each line. `.csv` and `.tsv`: a record in each line after the first, which names the
   * columns, as RFC 4180 describes it. The encoding is UTF-8. A string is stored as text, any other value as
   * JSON; values of CSV are text. Numbers keep their digits. A key or name that comes twice is refused. The
   * state holds hashes and sizes, no values. `.snapshot.csv`: what `snapshotBeforeDelete` of a namespace wrote, with its
   * manifest beside it; the items of `group` are taken, and a file that is not what the manifest describes is refused.
   */
  file: updates(z.string("must be a path").min(1, "must not be empty").optional()),
  /**
   * Path of a folder in which each file is an item. The key is the file name without its extension. A `.json`
   * file is stored as JSON, any other file as its bytes, without a byte order mark. Names that begin with a
   * dot are skipped. Text in UTF-16 and what editors leave behind are refused. The state holds hashes and
   * sizes, no values.
   */
  folder: updates(z.string("must be a path").min(1, "must not be empty").optional()),
  /**
   * Names of the parts of a record: `key` (default: `key`) and `value` (default: `value`). A record without
   * the part `value` is stored as JSON of all its other parts. In the header of a CSV file, blanks around a
   * name and capitals do not count, and columns without a name must be empty. `delimiter` separates the columns of a CSV
   * file (default: `,`, in a `.tsv` file a tab). `retentionInSeconds` is the part with the seconds that the item lives, 0 for
   * ever; where it is empty, the namespace's retention holds. Only uploads carry it, so it can't be set together with
   * `transfer: "items"`. Can be set together with `file` only.
   */
  columns: updates(
    z
      .strictObject({
        /** The part with the key: a name of a column or member. Default: `key`. */
        key: z.string().min(1, "must not be empty").optional(),
        /** The part with the value. Default: `value`. */
        value: z.string().min(1, "must not be empty").optional(),
        /** The part with the seconds that the item lives after its write, 0 to 315,360,000. Default: no such part. */
        retentionInSeconds: z.string().min(1, "must not be empty").optional(),
        /** The one character between two columns of a CSV file. Default: `,`, in a `.tsv` file a tab. */
        delimiter: z
          .string()
          .regex(
            /^[^"\r\n\ud800-\udfff]$/,
            "must be one character, and neither a quotation mark nor the end of a line",
          )
          .optional(),
      })
      .optional(),
  ),
  /**
   * `shared` (default): the resource manages the declared keys, and other items of the group stay as they
   * are. `exclusive`: `up` deletes all other items that it finds in the group, and preview names them. EdgeKV
   * shows a random sample of a large group, so the run reports whether others may be left.
   */
  ownership: updates(z.enum(["shared", "exclusive"], "must be `shared` or `exclusive`").default("shared")),
  /**
   * Number of groups to spread the items over, 1 to 1000. From 2 on they are named `group-0`, `group-1` and
   * so on, and a hash of the key selects the group; `edgekv.shardsModule` has the code for workers. Default:
   * 1, the group itself. Another number means other groups: they are written first, and the old ones are
   * deleted at the end of the run.
   */
  shards: replaces(
    z.int("must be a whole number").min(1, "must be at least 1").max(1000, "must be at most 1000").default(1),
  ),
  /**
   * Replace the values of existing items that this program does not manage. Default: false. Then such items
   * are an error, at preview where it finds them, else at `up`.
   */
  overwrite: updates(z.boolean("must be true or false").default(false)),
  /**
   * How items get into the account. `items`: one request each. `bulk`: uploads of 8 MB, whose jobs write the items; what
   * an upload can't write is written by single requests. `auto` (default): uploads from 500 changed items on.
   * Deletes have single requests always. A sample of each upload is read back, and every item that its job names
   * as failed; the next `up` sends those again. Where the account takes no uploads, the run reports that once and
   * writes the items one by one. Refreshes of groups of 500 items and more download the group, except with
   * `items`. A change of it writes nothing.
   */
  transfer: updates(z.enum(["auto", "items", "bulk"], "must be `auto`, `items` or `bulk`").default("auto")),
  /**
   * Wait until reads show the writes and deletes: the last one, a random sample of the others, and all slow
   * ones. Most take 10 seconds or less; the wait fails after 20 minutes. Default: true.
   */
  waitForPropagation: updates(z.boolean("must be true or false").default(true)),
  /**
   * What the delete of the resource does. `delete` deletes the items that the state knows. `retain` leaves them in place, no longer
   * managed by Pulumi. A destroy does not delete what live code reads: it waits for code that the same run takes off, and is refused
   * while other code is live. An `up` whose program no longer has the resource deletes the items, unless `retain` is set. Default:
   * `delete`.
   */
  deletion: updates(itemDeletion.optional()),
});
export const itemGroupComputed = z.object({
  /** The groups that the items are in: `group`, or one for each shard. */
  groups: updates(z.array(z.string())),
  /** A digest of all keys and values. Another digest is a change, and preview names the keys. */
  digest: updates(z.string()),
  /** The number of items. */
  count: updates(z.int()),
  /** The size of all values, in bytes. */
  bytes: updates(z.int()),
  /**
   * Keys of an exclusive group that are not declared, at most 20. A refresh sets it, and `up` deletes these
   * items. Absent when there are none.
   */
  unmanagedKeys: updates(z.array(z.string()).optional()),
});
/** What is known of the items once they are written. */
export const itemGroupOutputs = z.object({
  /**
   * A line for each item: its key, a blank, and its fingerprint. The fingerprint is 11 characters of a hash
   * of the value, one character (`0` to `z`) for the run that wrote the item, and the size in bytes (base
   * 36). Behind a dot, the seconds that the item lives follow, where it has a retention of its own (base 36).
   * Of more than 1,000 items it begins with `=`, and has the same in packed form, with 48 bits of each hash.
   */
  manifest: z.string(),
  /** What follows of a packed `manifest`, in pieces. Absent for 1,000 items or fewer. */
  manifestParts: z.array(z.string()).optional(),
  /**
   * The times of these runs, ISO 8601 in UTC, in the order of their numbers. The retention of an item counts
   * from its run.
   */
  writes: z.array(z.string()),
});

export const itemGroupSchema = defineSchema({
  token: "edgekv:ItemGroup",
  args: itemGroupArgs,
  computed: itemGroupComputed,
  outputs: itemGroupOutputs,
  sensitiveInputs: ["items"],
  content: { file: ["columns", "digest", "count", "bytes"], folder: ["digest", "count", "bytes"] },
});

export type ItemGroupInputs = InputsOf<typeof itemGroupSchema>;
export type ItemGroupState = ItemGroupInputs & OutputsOf<typeof itemGroupSchema>;
