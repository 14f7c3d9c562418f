/**
 * Fills in defaults. A state that was written before an argument existed counts as one with the argument's default: a new argument with a default updates no
 * existing stack. The schema's own defaults are used, at any depth; nothing else about a value is changed.
 */
import { z } from "zod";
import { same } from "./canonical";
import type { ResourceSchema } from "./resource";

type Values = Readonly<Record<string, unknown>>;
type Fields = Pick<ResourceSchema, "args" | "computed">;

/** The values with the default of each input that is missing. */
export function withDefaults({ args, computed }: Fields, values: Values): Record<string, unknown> {
  return filledMembers({ ...args.shape, ...computed.shape }, values);
}

/**
 * The reverse, for a refresh: a default that was missing before, and that only `withDefaults` filled in, stays missing.
 * Otherwise a refresh would change every existing stack.
 */
export function withoutFilled(
  { args, computed }: Fields,
  before: Values,
  after: Values,
): Record<string, unknown> {
  const kept = { ...after };
  for (const [field, schema] of Object.entries({ ...args.shape, ...computed.shape })) {
    const given = Object.hasOwn(before, field) ? before[field] : undefined;
    if (!same(filled(schema as z.ZodType, given), kept[field])) continue;
    if (given === undefined || given === null) delete kept[field];
    else kept[field] = given;
  }
  return kept;
}

/** A value with the defaults of its schema. What has no default, or is of another type, stays as it is. */
function filled(schema: z.ZodType, value: unknown): unknown {
  if (!hasDefault(schema)) return value;
  if (value === undefined || value === null) return schema.safeParse(undefined).data;
  const inner = unwrapped(schema);
  if (inner !== undefined) return filled(inner, value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((one: unknown) => filled(schema.element as z.ZodType, one));
  }
  if (typeof value !== "object" || Array.isArray(value)) return value;
  if (schema instanceof z.ZodObject) return filledMembers(schema.shape, value as Values);
  if (schema instanceof z.ZodRecord) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, filled(schema.valueType as z.ZodType, one)]),
    );
  }
  if (schema instanceof z.ZodUnion) {
    const option = (schema.options as z.ZodType[]).find((one) => one.safeParse(value).success);
    return option === undefined ? value : filled(option, value);
  }
  return value;
}

function filledMembers(shape: Readonly<Record<string, unknown>>, values: Values): Record<string, unknown> {
  const result: Record<string, unknown> = { ...values };
  for (const [name, schema] of Object.entries(shape)) {
    const value = filled(schema as z.ZodType, Object.hasOwn(values, name) ? values[name] : undefined);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

const known = new WeakMap<z.ZodType, boolean>();

/** Whether a schema has a default at any depth. Most have none: large values, such as a map of items, are then not searched. */
function hasDefault(schema: z.ZodType): boolean {
  const found = known.get(schema) ?? (isDefault(schema) || partsOf(schema).some(hasDefault));
  known.set(schema, found);
  return found;
}

function isDefault(schema: z.ZodType): boolean {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
}

/** What a schema is without its default, and without its leave to be absent. */
export function unwrapped(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.unwrap() as z.ZodType;
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly
  ) {
    return schema.unwrap() as z.ZodType;
  }
  return undefined;
}

/** The schemas that a schema is made of. */
function partsOf(schema: z.ZodType): z.ZodType[] {
  const inner = unwrapped(schema);
  if (inner !== undefined) return [inner];
  if (schema instanceof z.ZodObject) return Object.values(schema.shape) as z.ZodType[];
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.ZodType];
  if (schema instanceof z.ZodUnion) return schema.options as z.ZodType[];
  if (schema instanceof z.ZodPipe) return [schema.in as z.ZodType, schema.out as z.ZodType];
  return [];
}
