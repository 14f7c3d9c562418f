import { z } from "zod";
import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import { canonicalJson } from "../../../items/content";

/** Where items are: of a single one, and of many. */
export const itemGroupPlace = {
  /** `staging` or `production`. Another network is another item. */
  network: replaces(z.enum(["staging", "production"], "must be `staging` or `production`")),
  /** The namespace that the item is in, `default` too. It must be there, or be declared before. */
  namespace: replaces(
    z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/, "is not the name of a namespace: 1 to 32 letters, digits, _ or -, not beginning with -"),
  ),
  /** 1 to 128 letters, digits, `_` and `-`. A group is there as long as it has an item. */
  group: replaces(z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, "must be 1 to 128 letters, digits, _ or -")),
};

export const keyPattern = /^[A-Za-z0-9_-]{1,512}$/;
export const keyRule = "must be 1 to 512 letters, digits, _ or -";
/** What a program says of an item. */
export const itemArgs = z.strictObject({
  ...itemGroupPlace,
  /** 1 to 512 letters, digits, `_` and `-`. Another key is another item. */
  key: replaces(z.string().regex(keyPattern, keyRule)),
  /**
   * What the item holds, as text; the empty text is a value too. Compared byte for byte, in UTF-8. At most 1 MB, and a warning from 262,144 characters on,
   * which is the most that Akamai documents. Either this or `json`. What the program marks as secret is secret in the state; but EdgeKV is no place for
   * secrets: Akamai says so.
   */
  value: updates(z.string("must be text: use `json` for anything else").optional()),
  /**
   * What the item holds, as any JSON value, `null` too. Compared by what it means: the order of members and blanks do not count. It is kept, sent and shown as
   * JSON text with the members in the order of their names.
   */
  json: updates(
    z
      .string("must be JSON text")
      .refine((text) => canonicalJson(text) !== undefined, "must be JSON text")
      .overwrite((text) => canonicalJson(text) ?? text)
      .optional(),
  ),
  /** Replace what an item of this key holds although it is not this program's. Default: false, which makes that an error at preview. */
  overwrite: updates(z.boolean("must be true or false").default(false)),
  /**
   * Wait until reads show a write, or a delete: ten seconds or less in most cases, and twenty minutes before it is given up. Default: true. `false` is for
   * items that nothing else in the program reads.
   */
  waitForPropagation: updates(z.boolean("must be true or false").default(true)),
});

/** What is known of an item once it is written. */
export const itemOutputs = z.object({
  /** When this program last wrote it, ISO time in UTC: its retention counts from there. Not there while a write was not seen to have arrived. */
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
