/** The objects of functions as interfaces, from their schemas and the comments on their fields. */
import { z } from "zod";
import { unwrapped } from "../../provider/framework/defaults";
import { shapeNames } from "../../provider/framework/lookup";
import type { Fields } from "../schema/comments";
import { isOptional } from "../schema/types";

/** An interface as a reader needs it. */
export function interfaceText(name: string, schema: z.ZodObject, comments: Fields): string {
  return `interface ${name} ${membersText(schema, comments, "")}`;
}

function membersText({ shape }: z.ZodObject, comments: Fields, indent: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(shape).flatMap(([field, schema]) => {
    const comment = comments.comment(field);
    const type = typeOf(schema as z.ZodType, comments.below(field), inner);
    return [
      ...(comment === "" ? [] : [`${inner}/** ${comment} */`]),
      `${inner}${field}${isOptional(schema) ? "?" : ""}: ${type};`,
    ];
  });
  return `{\n${members.join("\n")}\n${indent}}`;
}

function typeOf(schema: z.ZodType, comments: Fields, indent: string): string {
  const name = shapeNames.get(schema)?.name;
  if (name !== undefined) return name;
  const inner = unwrapped(schema);
  if (inner !== undefined) return typeOf(inner, comments, indent);
  if (schema instanceof z.ZodEnum) return schema.options.map((one) => JSON.stringify(one)).join(" | ");
  if (schema instanceof z.ZodUnion)
    return (schema.options as z.ZodType[]).map((one) => typeOf(one, comments, indent)).join(" | ");
  if (schema instanceof z.ZodArray) {
    const element = typeOf(schema.element as z.ZodType, comments, indent);
    return element.includes(" | ") ? `(${element})[]` : `${element}[]`;
  }
  if (schema instanceof z.ZodRecord)
    return `Record<string, ${typeOf(schema.valueType as z.ZodType, comments, indent)}>`;
  if (schema instanceof z.ZodObject) return membersText(schema, comments, indent);
  if (schema instanceof z.ZodBoolean) return "boolean";
  if (schema instanceof z.ZodNumber) return "number";
  return schema instanceof z.ZodString ? "string" : "unknown";
}
