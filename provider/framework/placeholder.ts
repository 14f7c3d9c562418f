/**
 * What a lookup answers at a preview for an object that the same program is going to make. The engine takes no unknown values in such an answer. So it has this
 * text wherever the value is not known, and inputs that have it count as unknown.
 */
import { z } from "zod";
import { unwrapped } from "./defaults";
import { isSecretMember } from "./lookup";
import { unknownValue } from "./unknown";

/** A program's own text is not this one: it would have to be written so on purpose. */
export const placeholder = "(known after `pulumi up`)";

/** A result of the right form in which every value is the text. */
export function placeholderFor(schema: z.ZodType): unknown {
  const inner = unwrapped(schema);
  if (inner !== undefined) return placeholderFor(inner);
  if (schema instanceof z.ZodArray) return [placeholderFor(schema.element as z.ZodType)];
  if (schema instanceof z.ZodRecord) return {};
  if (!(schema instanceof z.ZodObject)) return placeholder;
  return Object.fromEntries(
    Object.entries(schema.shape)
      .filter(([, member]) => !isSecretMember(member as z.ZodType))
      .map(([name, member]) => [name, placeholderFor(member as z.ZodType)]),
  );
}

/** Whether the text is in a value, at any depth. */
export function hasPlaceholder(value: unknown): boolean {
  if (typeof value === "string") return value.includes(placeholder);
  return typeof value === "object" && value !== null && Object.values(value).some(hasPlaceholder);
}

/** Values in which every text that has it is unknown, as the engine marks that. */
export function placeholdersAsUnknown<T>(value: T): T {
  if (typeof value === "string") return (value.includes(placeholder) ? unknownValue : value) as T;
  if (Array.isArray(value)) return value.map(placeholdersAsUnknown) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, placeholdersAsUnknown(one)]),
  ) as T;
}
