/** Types of Pulumi's schema, from the fields of a contract. */
import { z } from "zod";
import { type Conversion, conversionOf } from "../../provider/framework/conversions";
import { unwrapped } from "../../provider/framework/defaults";
import { isSecretMember, shapeNames } from "../../provider/framework/lookup";
import { meaning } from "../../provider/framework/resource";
import { packageName } from "../../provider/plugin/resources";
import type { Fields } from "./comments";

export interface TypeSpec {
  readonly type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
  readonly $ref?: string;
  readonly oneOf?: readonly TypeSpec[];
}

export interface PropertySpec extends TypeSpec {
  readonly description: string;
  readonly secret?: true;
  readonly willReplaceOnChanges?: true;
}

export interface ObjectSpec {
  readonly type: "object";
  readonly properties: Readonly<Record<string, PropertySpec>>;
  readonly required: readonly string[];
}

const any: TypeSpec = { $ref: "pulumi.json#/Any" };
export const archive: TypeSpec = { $ref: "pulumi.json#/Archive" };

/** Fields that a program may set in another form too. */
const wider: Readonly<Record<Conversion["takes"], TypeSpec>> = {
  json: any,
  texts: { type: "object", additionalProperties: any },
};

/** Collects the types of objects, which have names of their own. */
export class Types {
  readonly found: Record<string, ObjectSpec> = {};

  /** @param name of the object's type, such as `edgekv:NamespaceDeletion` */
  specOf(schema: z.ZodType, name: string, comments: Fields): TypeSpec {
    const inner = unwrapped(schema);
    if (inner !== undefined) return this.specOf(inner, name, comments);
    if (schema instanceof z.ZodPipe) {
      const { in: before, out } = schema as z.ZodPipe<z.ZodType, z.ZodType>;
      return this.specOf(before instanceof z.ZodTransform ? out : before, name, comments);
    }
    if (schema instanceof z.ZodEnum) return { type: "string" };
    if (schema instanceof z.ZodLiteral) return ofValues([...schema.values]);
    if (schema instanceof z.ZodBoolean) return { type: "boolean" };
    if (schema instanceof z.ZodNumber) return { type: schema.format === "safeint" ? "integer" : "number" };
    if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return { type: "string" };
    if (schema instanceof z.ZodArray)
      return { type: "array", items: this.specOf(schema.element as z.ZodType, name, comments) };
    if (schema instanceof z.ZodRecord)
      return {
        type: "object",
        additionalProperties: this.specOf(schema.valueType as z.ZodType, name, comments),
      };
    if (schema instanceof z.ZodUnion) return this.#choice(schema.options as z.ZodType[], name, comments);
    if (schema instanceof z.ZodObject) return this.#object([schema], name, comments);
    return any;
  }

  propertyOf(field: string, schema: z.ZodType, owner: string, comments: Fields): PropertySpec {
    const takes = conversionOf(schema)?.takes;
    const spec =
      takes === undefined
        ? this.specOf(schema, `${owner}${capital(field)}`, comments.below(field))
        : wider[takes];
    const means = meaning.get(schema);
    return {
      ...spec,
      description: comments.comment(field),
      ...(means?.secret || isSecretMember(schema) ? { secret: true } : {}),
      ...(means?.change === "replace" ? { willReplaceOnChanges: true } : {}),
    };
  }

  /** Objects that are a choice become one with the members of all: languages have no better name for each. */
  #choice(options: readonly z.ZodType[], name: string, comments: Fields): TypeSpec {
    // A custom type is a mark of the engine's beside what a program sets.
    const typed = options.filter((one) => !(one instanceof z.ZodCustom));
    const objects = typed.filter((one) => one instanceof z.ZodObject);
    const specs = typed
      .filter((one) => !(one instanceof z.ZodObject))
      .map((one) => this.specOf(one, name, comments));
    const all = [...specs, ...(objects.length > 0 ? [this.#object(objects, name, comments)] : [])];
    const different = [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
    const [only] = different;
    return different.length === 1 && only !== undefined ? only : { oneOf: different };
  }

  #object(options: readonly z.ZodObject[], name: string, comments: Fields): TypeSpec {
    // Anything may be in it besides.
    if (options.some((one) => one.def.catchall instanceof z.ZodUnknown)) return any;
    const [first] = options;
    const given = first === undefined ? undefined : shapeNames.get(first)?.name;
    const [product] = name.split(":");
    const named = given === undefined ? name : `${product}:${given}`;
    const token = `${packageName}:${named}`;
    this.found[token] = { type: "object", ...this.membersOf(options, named, comments) };
    return { $ref: `#/types/${token}` };
  }

  /** The members of an object; of several, which are a choice, those of all. */
  membersOf(
    options: readonly z.ZodObject[],
    name: string,
    comments: Fields,
  ): { readonly properties: Record<string, PropertySpec>; readonly required: string[] } {
    const properties: Record<string, PropertySpec> = {};
    for (const { shape } of options)
      for (const [field, schema] of Object.entries(shape))
        properties[field] ??= this.propertyOf(field, schema as z.ZodType, name, comments);
    const isRequired = (field: string) =>
      options.every(({ shape }) => field in shape && !isOptional(shape[field]));
    return { properties, required: Object.keys(properties).filter(isRequired) };
  }
}

/** Whether a program may leave the field out. */
export function isOptional(schema: unknown): boolean {
  return schema instanceof z.ZodExactOptional || (schema as z.ZodType).safeParse(undefined).success;
}

/** Whether the state always has the field: check fills a default in. */
export function isAlwaysSet(schema: unknown): boolean {
  const absent = (schema as z.ZodType).safeParse(undefined);
  return !absent.success || absent.data !== undefined;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function ofValues(values: readonly unknown[]): TypeSpec {
  const [first] = values;
  if (typeof first === "number") return { type: Number.isInteger(first) ? "integer" : "number" };
  return { type: typeof first === "boolean" ? "boolean" : "string" };
}
