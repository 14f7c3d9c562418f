import type { z } from "zod";
import type { Refusal } from "./parseFields";

/** The names in a map are the program's. One without a value would be deleted silently, as if it were absent. */
export function emptyMembers(
  args: z.ZodObject,
  declared: readonly (readonly [string, unknown])[],
): Refusal[] {
  return declared.flatMap(([property, value]) => {
    const schema = Object.hasOwn(args.shape, property) ? (args.shape[property] as z.ZodType) : undefined;
    if (schema === undefined || !isMap(schema) || typeof value !== "object" || value === null) return [];
    const empty = Object.entries(value).filter(([, member]) => member === null || member === undefined);
    return empty.map(([name]) => ({
      path: [property, name],
      rule: "has no value: set one, or remove the name",
    }));
  });
}

function isMap(schema: z.ZodType): boolean {
  const { type, innerType, options } = schema.def as unknown as {
    readonly type: string;
    readonly innerType?: z.ZodType;
    readonly options?: readonly z.ZodType[];
  };
  return type === "record" || (innerType ? [innerType] : (options ?? [])).some(isMap);
}
