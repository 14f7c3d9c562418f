/**
 * What a program may set in another form than the one that is checked and kept: a JSON value as itself, where the field is its text. It is converted before
 * the check, so that programs of every language may set it so.
 */
import type { z } from "zod";
import type { ResourceSchema } from "./resource";
import { hasUnknown, unknownValue } from "./unknown";

type Convert = (value: unknown) => unknown;

/** The form that a field takes besides its own. */
export interface Conversion {
  /** `json`: any JSON value. `texts`: a map of them, of which each text stays a text. */
  readonly takes: "json" | "texts";
  readonly convert: Convert;
}

const conversions = new WeakMap<z.ZodType, Conversion>();

export function conversionOf(schema: z.ZodType): Conversion | undefined {
  return conversions.get(schema);
}

/** A field with the text of a JSON value, which may be set as that value. A text is the text of JSON. */
export function takesJson<T extends z.ZodType>(schema: T): T {
  conversions.set(schema, { takes: "json", convert: jsonText });
  return schema;
}

/** A map of texts and of JSON texts as `{ json }`, whose values may be set as any JSON value. */
export function takesTexts<T extends z.ZodType>(schema: T): T {
  conversions.set(schema, { takes: "texts", convert: textsOf });
  return schema;
}

/** Inputs as they are checked. */
export function converted(
  { args }: Pick<ResourceSchema, "args">,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([field, value]) => {
      const schema = Object.hasOwn(args.shape, field) ? (args.shape[field] as z.ZodType) : undefined;
      const conversion = schema === undefined ? undefined : conversionOf(schema);
      return [field, conversion === undefined || value === null ? value : conversion.convert(value)];
    }),
  );
}

function jsonText(value: unknown): unknown {
  if (typeof value === "string" || value === undefined) return value;
  // A text of which a part is not known is not known.
  return hasUnknown(value) ? unknownValue : JSON.stringify(value);
}

function textsOf(items: unknown): unknown {
  if (typeof items !== "object" || items === null || Array.isArray(items)) return items;
  return Object.fromEntries(Object.entries(items).map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): unknown {
  if (typeof value === "string" || isJsonForm(value)) return value;
  const text = jsonText(value);
  return text === unknownValue || text === undefined ? text : { json: text };
}

function isJsonForm(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length === 1 &&
    "json" in value &&
    typeof value.json === "string"
  );
}
