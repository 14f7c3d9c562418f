/** The contract of a lookup, which is a function that a program calls: what it takes and gives as data, and how it reads. */
import { z } from "zod";
import { ApiError, explain, PreconditionError } from "../errors";
import type { Context } from "../runtime/context";
import { unwrapped } from "./defaults";
import { failureText, noSuchName } from "./failureTexts";
import { parseFields } from "./parseFields";
import type { CheckFailure } from "./resource";

type Values = Readonly<Record<string, unknown>>;

/** Names of objects that lookups take and give: programs, pages and the schema call them by these. */
export const shapeNames = z.registry<{ readonly name: string }>();

/** Gives an object its name. */
export function shape<T extends z.ZodType>(name: string, schema: T): T {
  shapeNames.add(schema, { name });
  return schema;
}

/** Members of a result that the engine must encrypt. */
const secretMembers = new WeakSet<z.ZodType>();

/** A member of a result that is a secret. */
export function secretMember<T extends z.ZodType>(schema: T): T {
  secretMembers.add(schema);
  return schema;
}

/** Also one that may be absent. */
export function isSecretMember(schema: z.ZodType): boolean {
  const inner = unwrapped(schema);
  return secretMembers.has(schema) || (inner !== undefined && isSecretMember(inner));
}

/** A resource whose creation makes what a lookup looks for: which of its inputs are which arguments. Without any, all of its kind do. */
export interface Maker {
  readonly token: string;
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Lookup<Args = Values, Result = unknown> {
  /** Such as `edgekv:getNamespace`; programs in all languages call it by this. */
  readonly token: string;
  /** What it is asked by: the arguments, or several choices of them. None: it takes none. */
  readonly args: readonly z.ZodObject[];
  readonly result: z.ZodType;
  /** What a result is called that is no object: Pulumi's protocol has objects only. */
  readonly member?: string;
  /** What a program may be going to make, so that a preview does not find it yet. */
  readonly madeBy: readonly Maker[];
  /** What it does, in errors, such as `looking up the namespaces on staging`. */
  operation(args: Args): string;
  find(context: Context, args: Args): Promise<Result>;
}

/** What a lookup is to those who handle all of them alike. */
export type AnyLookup = Lookup<never, unknown>;

/**
 * A lookup that failed; its message has what was looked up, the reason and the next step. It has no `cause`: Pulumi would print
 * that as it is, below the message.
 */
export class LookupError extends Error {
  override readonly name = "LookupError";
  readonly #reason: unknown;

  constructor(message: string, reason: unknown) {
    super(message);
    this.#reason = reason;
  }

  /** What the lookup failed with; another error is its own reason. */
  static reasonOf(error: unknown): unknown {
    return error instanceof LookupError ? error.#reason : error;
  }
}

/** Whether a lookup failed because there is nothing of what it asked for. */
export function isAbsent(error: unknown): boolean {
  const reason = LookupError.reasonOf(error);
  return reason instanceof PreconditionError || (reason instanceof ApiError && reason.is(404));
}

/** Reads the live account. The arguments were checked. */
export async function lookUp<Args, Result>(
  context: Context,
  { operation, find }: Pick<Lookup<Args, Result>, "operation" | "find">,
  args: Args,
): Promise<Result> {
  try {
    return await find(context, args);
  } catch (error) {
    throw new LookupError(explain(operation(args), error, context.redact), error);
  }
}

/** The arguments without those that are not set, and why they are refused. The choice is the one that they fit. */
export function checkArgs(
  { args: choices }: Pick<AnyLookup, "args">,
  given: Values,
): { readonly args: Record<string, unknown>; readonly failures: CheckFailure[] } {
  const set = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && value !== null),
  );
  const names = [...new Set(choices.flatMap((one) => Object.keys(one.shape)))];
  const unknownNames = Object.keys(set).filter((name) => !names.includes(name));
  const failures = unknownNames.map((name) => ({
    property: name,
    reason: failureText([name], noSuchName(name, names)),
  }));
  const [first] = choices;
  if (first === undefined) return { args: {}, failures };
  const fitting = choices.find((one) => requiredOf(one).every((name) => Object.hasOwn(set, name)));
  if (fitting === undefined && choices.length > 1) {
    const ways = choices.map((one) => `\`${requiredOf(one).join("` and `")}\``);
    const missing = { property: requiredOf(first)[0] ?? "", reason: `set ${ways.join(", or ")}` };
    return { args: {}, failures: [...failures, missing] };
  }
  const chosen = fitting ?? first;
  const own = Object.fromEntries(Object.entries(set).filter(([name]) => Object.hasOwn(chosen.shape, name)));
  const { known, refusals } = parseFields(chosen, own, []);
  const refused = refusals.map(({ path, rule }) => ({
    property: String(path[0]),
    reason: failureText(path, rule, path.reduce<unknown>(inside, own)),
  }));
  return { args: known, failures: [...failures, ...refused] };
}

/** The arguments that a program has to set. */
export function requiredOf({ shape: members }: z.ZodObject): string[] {
  return Object.entries(members)
    .filter(([, schema]) => !(schema as z.ZodType).safeParse(undefined).success)
    .map(([name]) => name);
}

function inside(value: unknown, name: PropertyKey): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<PropertyKey, unknown>)[name]
    : undefined;
}
