/** Parses what a program sets, field by field. Each refusal has the rule in the project's words, never the parser's. */
import type { z } from "zod";
import { noSuchName, type Path, ruleOf } from "./failureTexts";
import { hasUnknown, unknownValue } from "./unknown";

type Values = Readonly<Record<string, unknown>>;

/** What is refused, and the rule that it breaks. */
export interface Refusal {
  /** From the input down to what is refused. */
  readonly path: Path;
  readonly rule: string;
  /** The rule tells of lists and objects what matters. */
  readonly showsScalarsOnly?: true;
}

export interface Parsed {
  /** What goes into the inputs: parsed where it is known, as it came where it is not. */
  readonly raw: Record<string, unknown>;
  readonly known: Record<string, unknown>;
  /** What parses although a part of it is unknown. */
  readonly partiallyKnown: Record<string, unknown>;
  readonly unknown: ReadonlySet<string>;
  readonly refusals: Refusal[];
}

export function parseFields(args: z.ZodObject, values: Values, overLimits: readonly Refusal[]): Parsed {
  const raw: Record<string, unknown> = {};
  const known: Record<string, unknown> = {};
  const partiallyKnown: Record<string, unknown> = {};
  const unknown = new Set<string>();
  const names = Object.keys(args.shape);
  const unrecognized = Object.keys(values).filter((field) => !Object.hasOwn(args.shape, field));
  const refusals = [...overLimits, ...unrecognized.map((field) => noSuchProperty([field], names))];
  for (const [field, schema] of Object.entries(args.shape)) {
    if (overLimits.some(({ path }) => path[0] === field)) continue;
    const value = Object.hasOwn(values, field) ? values[field] : undefined;
    const result = parse(schema as z.ZodType, value);
    refusals.push(...forbiddenNames([field], value));
    if (result.success && result.data !== undefined && value !== unknownValue)
      partiallyKnown[field] = result.data;
    if (result.success && !hasUnknown(value)) {
      if (result.data === undefined) continue;
      raw[field] = result.data;
      known[field] = result.data;
    } else {
      if (value !== undefined) raw[field] = value;
      if (hasUnknown(value)) unknown.add(field);
      if (!result.success) refusals.push(...issuesAsRefusals(field, value, result.error));
    }
  }
  return { raw, known, partiallyKnown, unknown, refusals };
}

function parse(schema: z.ZodType, value: unknown): z.ZodSafeParseResult<unknown> {
  return schema.safeParse(value, { error: ruleOf });
}

function noSuchProperty(path: Path, names: readonly string[]): Refusal {
  return { path, rule: noSuchName(String(path.at(-1)), names) };
}

/** Zod drops this one name silently. A permission must not get lost like that. */
function forbiddenNames(path: Path, value: unknown): Refusal[] {
  if (typeof value !== "object" || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = [...path, isList ? Number(name) : name];
    const below = forbiddenNames(inner, member);
    return name === "__proto__" ? [{ path: inner, rule: "this name can't be used" }, ...below] : below;
  });
}

/** Checks computed inputs against the rules of their fields: a resource's name in the program need not be a valid name for the service. */
export function computedRefusals(args: z.ZodObject, added: Values): Refusal[] {
  return Object.entries(added).flatMap(([field, value]) => {
    const schema = Object.hasOwn(args.shape, field) ? (args.shape[field] as z.ZodType) : undefined;
    if (schema === undefined || hasUnknown(value)) return [];
    const result = parse(schema, value);
    return result.success ? [] : issuesAsRefusals(field, value, result.error);
  });
}

function issuesAsRefusals(field: string, value: unknown, error: z.ZodError): Refusal[] {
  return error.issues.flatMap((issue) => {
    const path = [field, ...issue.path];
    // Names are known even where a value is not.
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key, index) => ({
        path: [...path, key],
        rule: index === 0 ? issue.message : noSuchName(key, []),
      }));
    if (issue.code === "invalid_key") return [{ path, rule: issue.issues[0]?.message ?? issue.message }];
    // A choice between objects by one member is refused as a whole, whether the member is absent or wrong.
    const isChoice = issue.code === "invalid_union" && issue.errors.length === 0;
    if (isChoice) path.pop();
    const refused = at({ [field]: value }, path);
    // An unknown value is not validated.
    if (hasUnknown(refused)) return [];
    // A rule over several members may refer to what is absent: its message is complete.
    const isMissing = (refused === undefined || refused === null) && issue.code !== "custom";
    return [{ path, rule: isMissing ? `is required: ${issue.message}` : issue.message }];
  });
}

/** The value at the end of a path. */
export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : inner,
    value,
  );
}
