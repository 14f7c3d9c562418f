/** The functions of Pulumi's schema, from the lookups. */
import { z } from "zod";
import { type AnyLookup, shapeNames } from "../../provider/framework/lookup";
import { lookups } from "../../provider/functions/registry";
import { packageName } from "../../provider/plugin/resources";
import { exported } from "../docs/source";
import { Sources } from "./comments";
import type { ObjectSpec, Types } from "./types";

export interface FunctionSpec {
  readonly description: string;
  readonly inputs: ObjectSpec;
  readonly outputs: ObjectSpec;
}

/** Where everything about the functions of a product is. */
export const functionFiles = (product: string) => ({
  sdk: `sdk/${product}/functions.ts`,
  shapes: [`provider/functions/${product}Args.ts`, `provider/functions/${product}Results.ts`],
});

export function functionSpecs(
  read: (path: string) => string,
  types: Types,
): Readonly<Record<string, FunctionSpec>> {
  return Object.fromEntries(
    [...lookups.values()].map((lookup) => [
      `${packageName}:${lookup.token}`,
      functionSpec(lookup, read, types),
    ]),
  );
}

function functionSpec(lookup: AnyLookup, read: (path: string) => string, types: Types): FunctionSpec {
  const [product = "", name = ""] = lookup.token.split(":");
  const { sdk, shapes } = functionFiles(product);
  const sources = new Sources(shapes.map(read));
  const description = exported(read(sdk)).find((one) => one.name === name)?.text ?? "";
  const objectOf = (options: readonly z.ZodObject[], purpose: string): ObjectSpec => ({
    type: "object",
    ...types.membersOf(options, `${product}:${name}${purpose}`, sources.fieldsOfAll(options.map(constantOf))),
  });
  const { args, member, result } = lookup;
  const inputs = objectOf(args, "Args");
  if (result instanceof z.ZodObject) return { description, inputs, outputs: objectOf([result], "Result") };
  if (member === undefined) throw new Error(`the result of ${lookup.token} is no object, and has no name`);
  const element = result instanceof z.ZodArray ? (result.element as z.ZodType) : result;
  const comments = sources.fieldsOfAll([constantOf(element)]);
  const listed = types.specOf(result, `${product}:${name}${member}`, comments);
  const [firstSentence = ""] = description.split(/(?<=\.)\s/);
  return {
    description,
    inputs,
    outputs: {
      type: "object",
      properties: { [member]: { ...listed, description: firstSentence } },
      required: [member],
    },
  };
}

/** The constant of an object with a name: the same, beginning with a small letter. */
export function constantOf(schema: z.ZodType): string {
  const name = shapeNames.get(schema)?.name ?? "";
  return name.charAt(0).toLowerCase() + name.slice(1);
}
