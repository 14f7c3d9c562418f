import { PreconditionError } from "../errors";
import type { Context } from "../runtime/context";
import { check } from "./check";
import { withDefaults } from "./defaults";
import { plain } from "./plain";
import { type AnyResource, inputFields } from "./resource";

type Values = Readonly<Record<string, unknown>>;

/** An object of the account, as a state and as inputs. */
export interface Imported {
  readonly state: Record<string, unknown>;
  readonly inputs: Record<string, unknown>;
  /** Where in the inputs secrets are. */
  readonly secrets: readonly (readonly string[])[];
}

/**
 * An object that no state has, as a state and as inputs: those are what a check makes of it, defaults too. So the program that declares it changes nothing.
 * Undefined when there is no such object.
 */
export async function imported(
  context: Context,
  resource: AnyResource,
  id: string,
  fields: Values,
): Promise<Imported | undefined> {
  if (resource.import === undefined)
    throw new PreconditionError(
      `${resource.token.split(":").at(-1)} can't be imported: the service does not have all that its inputs need. Its page has how to go on with one that exists`,
    );
  const { form, example, identify, find = resource.read, secretsOf } = resource.import;
  const identity = identify(id);
  if (identity === undefined)
    throw new PreconditionError(
      `the id ${JSON.stringify(id)} is not of the form ${form}, such as ${example}`,
    );
  // What a read reports is about an object that a program had: here it may be none yet.
  const quiet = { ...context, logger: { info: () => undefined, warn: () => undefined } };
  const found = await find(quiet, withDefaults(resource, { ...fields, ...defined(identity) }));
  if (found === undefined) return undefined;
  const { owner } = fields;
  const live = plain({ ...found, owner });
  const args = pick(live, Object.keys(resource.args.shape));
  // The object exists: what is asked of a new one, such as that its name is free, does not hold.
  const olds = pick(live, inputFields(resource));
  const offline = { ...quiet, settings: { ...quiet.settings, previewReads: false } };
  const { inputs } = await check(offline, resource, olds, { ...args, owner });
  const kept = { ...olds, ...inputs };
  return { state: { ...live, ...kept }, inputs: kept, secrets: secretsOf?.(live) ?? [] };
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function pick(values: Values, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.flatMap((field) => (field in values ? [[field, values[field]]] : [])));
}
