/** What the engine asks of a function: a lookup, which a preview may ask for something that the program is still to make. */
import { z } from "zod";
import { ApiError } from "../errors";
import { same } from "../framework/canonical";
import { unwrapped } from "../framework/defaults";
import {
  type AnyLookup,
  checkArgs,
  isAbsent,
  isSecretMember,
  LookupError,
  lookUp,
} from "../framework/lookup";
import { placeholderFor } from "../framework/placeholder";
import { plain } from "../framework/plain";
import type { CheckFailure } from "../framework/resource";
import { lookups } from "../functions/registry";
import type { Context } from "../runtime/context";
import { notePlaceholders, type Planned, plannedOf } from "./planned";
import { PluginError, packageName } from "./resources";
import { type Path, unmarked, type Values, withSecrets } from "./values";

interface Question {
  readonly args: Values;
  readonly isPreview: boolean;
}

/** The result as an object, with secrets marked; and what is wrong with the arguments. */
export async function answerLookup(
  context: Context,
  type: string,
  { args: given, isPreview }: Question,
): Promise<{ result: Values; failures: CheckFailure[] }> {
  const lookup = lookups.get(type.replace(`${packageName}:`, ""));
  if (lookup === undefined)
    throw new PluginError(
      `this version of the provider has no function ${type}. It has ${[...lookups.keys()].map((one) => `${packageName}:${one}`).join(", ")}`,
    );
  const { args, failures } = checkArgs(lookup, unmarked(given).values);
  if (failures.length > 0) return { result: {}, failures };
  try {
    const found = await lookUp(context, lookup, args as never);
    return { result: asObject(lookup, found), failures };
  } catch (error) {
    const isStillToMake = isPreview && plannedOf(context).some((one) => makes(lookup, one, args, error));
    if (!isStillToMake) throw error;
    notePlaceholders(context);
    return { result: asObject(lookup, placeholderFor(lookup.result)), failures };
  }
}

/** Whether the error is that of an object which the resource is going to be. */
function makes({ madeBy }: AnyLookup, { token, inputs }: Planned, args: Values, error: unknown): boolean {
  return madeBy.some((maker) => {
    const fields = Object.entries(maker.inputs);
    const isError = isAbsent(error) || (fields.length === 0 && isNotInitialized(error));
    return isError && token === maker.token && fields.every(([input, arg]) => same(inputs[input], args[arg]));
  });
}

/** Without a database EdgeKV refuses every read as a bad request. */
function isNotInitialized(error: unknown): boolean {
  const reason = LookupError.reasonOf(error);
  return reason instanceof ApiError && reason.is(400);
}

function asObject({ result, member }: AnyLookup, found: unknown): Values {
  const schema = member === undefined ? result : z.object({ [member]: result });
  const values = plain((member === undefined ? found : { [member]: found }) as Values);
  return withSecrets(values, secretsIn(schema, values));
}

/** Where the secrets of a result are. */
function secretsIn(schema: z.ZodType, value: unknown, path: Path = []): Path[] {
  if (value === undefined || value === null) return [];
  if (isSecretMember(schema)) return [path];
  const inner = unwrapped(schema);
  if (inner !== undefined) return secretsIn(inner, value, path);
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.flatMap((one, index) => secretsIn(schema.element as z.ZodType, one, [...path, index]));
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, member]) =>
    secretsIn(member as z.ZodType, (value as Values)[name], [...path, name]),
  );
}
