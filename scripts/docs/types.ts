import { z } from "zod";

/** The part of JSON Schema that zod makes of the fields. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly $ref?: string;
}

/** A field's type as a program writes it, such as `"staging" | "production"`. */
export function typeText(field: z.ZodType): string {
  const schema = z.toJSONSchema(field, { io: "input", unrepresentable: "any" });
  // A value of any JSON is a schema that contains itself.
  return JSON.stringify(schema).includes('"$ref"') ? "any JSON value" : text(schema as Schema);
}

function text({
  type,
  const: constant,
  enum: values,
  anyOf,
  oneOf,
  items,
  properties,
  required = [],
  additionalProperties,
}: Schema): string {
  if (constant !== undefined) return JSON.stringify(constant);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  const either = anyOf ?? oneOf;
  if (either !== undefined) return either.map(text).join(" | ");
  if (items !== undefined) return /\|/.test(text(items)) ? `(${text(items)})[]` : `${text(items)}[]`;
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(
      ([name, of]) => `${name}${required.includes(name) ? "" : "?"}: ${text(of)}`,
    );
    return `{ ${fields.join("; ")} }`;
  }
  if (typeof additionalProperties === "object") return `{ [name]: ${text(additionalProperties)} }`;
  return type === "integer" ? "number" : (type ?? "any JSON value");
}

/**
 * The default of a field as text. Undefined: the field is required. `null`: it is optional without a default.
 */
export function defaultText(field: z.ZodType): string | null | undefined {
  const left = field.safeParse(undefined);
  if (!left.success) return undefined;
  return left.data === undefined
    ? null
    : JSON.stringify(left.data)
        .replace(/"(\w+)":/g, " $1: ")
        .replace(/}$/, " }");
}
