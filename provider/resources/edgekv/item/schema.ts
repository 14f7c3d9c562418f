import { takesJson } from "../../../framework/conversions";
import { JsonTextError, parseJsonText } from "../../../framework/jsonText";
import { canonicalText } from "../../../framework/jsonValue";
import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import * as z from "../../../framework/zod";

/** Where items are: a single one, and many. */
export const itemGroupRefArgs = {
  /** `staging` or `production`. Another network is another item. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /** The namespace of the item, `default` too. It must exist, or be declared before the item. */
  namespace: replaces(
    z
      .string()
      .regex(
        /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/,
        "is not the name of a namespace: 1 to 32 letters, digits, _ or -, not beginning with -",
      ),
  ),
  /** 1 to 128 letters, digits, `_` and `-`. A group exists as long as it has an item. */
  group: replaces(z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, "must be 1 to 128 letters, digits, _ or -")),
};

/** Seconds that the items of a sandbox live after their write. */
export const sandboxRetention = 172_800;

/** The sandbox of items: of a single one, and of many. */
export const sandboxArgs = {
  /**
   * The sandbox of the item, on `staging` only: 1 to 64 letters, digits, `_` and `-`. Requests that carry the sandbox's id see
   * the item, and others don't. It lives for two days, whatever the namespace sets. Another sandbox is another item. Default:
   * none.
   */
  sandboxId: replaces(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the id of a sandbox: 1 to 64 letters, digits, _ or -")
      .optional(),
  ),
};

const itemDeletionObject = z.strictObject({
  /** What the delete of the resource does: `delete` (default) or `retain`. */
  mode: z.enum(["delete", "retain"], "must be `delete` or `retain`").default("delete"),
  /** Whether a destroy deletes the data although live code reads it. Default: false, and the delete is refused. */
  evenIfLive: z.boolean("must be true or false").optional(),
});
type DeletionSchema = typeof itemDeletionObject;

/** Named, so that the declarations of other files refer to it: the compiler leaves comments out of types that it copies. */
export interface ItemDeletionSchema extends DeletionSchema {}

/** What becomes of items: of a single one, and of many. */
export const itemDeletion: ItemDeletionSchema = itemDeletionObject;

/** Seconds that an item lives, where the program sets it for one alone. */
export const longestRetention = 315_360_000;

export const keyPattern = /^[A-Za-z0-9_-]{1,512}$/;
export const keyRule = "must be 1 to 512 letters, digits, _ or -";

/** Why a text can't be the JSON of an item. */
function jsonProblem(text: string): string | undefined {
  try {
    parseJsonText(text);
    return undefined;
  } catch (error) {
    return error instanceof JsonTextError
      ? `must be JSON text (${error.describeAlone()})`
      : "must be JSON text";
  }
}

/** What a program sets of an item. */
export const itemArgs = z.strictObject({
  ...itemGroupRefArgs,
  /** 1 to 512 letters, digits, `_` and `-`. Another key is another item. */
  key: replaces(z.string().regex(keyPattern, keyRule)),
  /**
   * The value as text, which may be empty. It is compared byte for byte, in UTF-8. At most 1,048,576 bytes;
   * from 262,145 characters on there is a warning, since Akamai documents 262,144 as the limit. Set either
   * `value` or `json`. A value that the program marks as secret is secret in the state. But EdgeKV is not for
   * secrets, as Akamai's documentation states.
   */
  value: updates(
    z
      .string("must be text: use `json` for anything else")
      .refine((text) => text.isWellFormed(), "has half of a surrogate pair, which UTF-8 can't hold")
      .optional(),
  ),
  /**
   * The value as any JSON value, `null` too. It is compared by meaning: the order of members and white space
   * do not count. It is stored as JSON text with its members in order of their names. Numbers keep their
   * digits. Refused is what JSON does not have: a date, a map, an instance of a class, `undefined` in a list, `NaN`, a
   * number beyond 1.8e308. The limits are those of `value`.
   */
  json: takesJson(
    updates(
      z
        .string("must be JSON text")
        .superRefine((text, { addIssue }) => {
          const message = jsonProblem(text);
          if (message !== undefined) addIssue({ code: "custom", message });
        })
        .overwrite((text) => (jsonProblem(text) === undefined ? canonicalText(parseJsonText(text)) : text))
        .optional(),
    ),
  ),
  ...sandboxArgs,
  /**
   * Seconds that the item lives after its write: 1 to 315,360,000 (3650 days), or 0 for ever. Default: as long as its
   * namespace retains items. Requests for one item carry no retention: such an item is written by an upload, which takes
   * some ten seconds or more. Where the account takes no uploads, it is refused, at preview already.
   */
  retentionInSeconds: updates(
    z
      .int("must be a whole number of seconds")
      .min(0, "must not be negative")
      .max(longestRetention, `must be at most ${longestRetention} (3650 days)`)
      .optional(),
  ),
  /**
   * Replace the value of an existing item that this program does not manage. Default: false. Then such an
   * item is an error at preview.
   */
  overwrite: updates(z.boolean("must be true or false").default(false)),
  /**
   * Wait until a read shows a write. Most take 10 seconds or less; the wait fails after 20 minutes.
   * Default: true. Set `false` for items that nothing else in the program reads.
   */
  waitForPropagation: updates(z.boolean("must be true or false").default(true)),
  /**
   * What the delete of the resource does. `delete` deletes the data. `retain` leaves it in place, no longer managed by Pulumi. A
   * destroy does not delete what live code reads: it waits for code that the same run takes off, and is refused while other code is
   * live. An `up` whose program no longer has the resource deletes the data, unless `retain` is set. Default: `delete`.
   */
  deletion: updates(itemDeletion.optional()),
});

/** What is known of an item once it is written. */
export const itemOutputs = z.object({
  /**
   * When this program last wrote the item, ISO 8601 in UTC. Its retention counts from there. Absent while no
   * read has shown the write.
   */
  writtenAt: z.string().optional(),
});

export const itemSchema = defineSchema({
  token: "edgekv:Item",
  args: itemArgs,
  outputs: itemOutputs,
  sensitiveInputs: ["value", "json"],
});

export type ItemInputs = InputsOf<typeof itemSchema>;
export type ItemState = ItemInputs & OutputsOf<typeof itemSchema>;
