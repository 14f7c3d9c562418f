import type { z } from "zod";
import { InvalidInputError, truncate } from "../errors";
import { nearest } from "../errors/nearest";
import type { Context } from "../runtime/context";
import { same } from "./canonical";
import { failureText, type Path, pathOf, ruleOf } from "./failureTexts";
import { exceedsInputLimits } from "./inputLimits";
import { plain } from "./plain";
import { type AnyResource, type CheckFailure, type Draft, nameInProgram } from "./resource";
import { hasUnknown, unknownValue } from "./unknown";

export interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: CheckFailure[];
}

type Values = Readonly<Record<string, unknown>>;

/** What is refused, and the rule that it breaks. */
interface Refusal {
  /** From the input down to what is refused. */
  readonly path: Path;
  readonly rule: string;
}

/**
 * Checks inputs without changing anything: each field against its schema, then defaults and names, then rules over several fields.
 * Without a failure so far, and where previews may read, the live account comes last.
 */
export async function check(
  context: Context,
  resource: AnyResource,
  olds: Values,
  news: Values,
): Promise<Checked> {
  const owner = typeof olds.owner === "string" ? olds.owner : String(news.owner ?? "");
  const declared = Object.entries(news).filter(([field]) => !isInternal(field));
  const overLimits = declared.flatMap(([field, value]): Refusal[] => {
    const rule = exceedsInputLimits(value);
    return rule === undefined ? [] : [{ path: [field], rule }];
  });
  const args = withoutNulls(
    Object.fromEntries(declared.filter(([field]) => !overLimits.some(({ path }) => path[0] === field))),
  ) as Values;
  const parsed = parseFields(resource.args, args, overLimits);
  // The program set an invalid field to something: it counts as unknown, and no default replaces it.
  const invalid = parsed.refusals.map(({ path }) => String(path[0]));
  const before: Draft<Record<string, unknown>> = {
    known: parsed.known,
    unknown: new Set([...parsed.unknown, ...invalid]),
    partiallyKnown: parsed.partiallyKnown,
    oldInputs: olds,
    logicalName: nameInProgram(owner),
  };
  const { computed, refused } = await computeInputs(context, resource, {
    ...before,
    known: { ...parsed.known, owner },
    partiallyKnown: { ...parsed.partiallyKnown, owner },
  });
  const added = defined({ ...computed, owner });
  const draft: Draft<Record<string, unknown>> = {
    ...before,
    known: { ...parsed.known, ...knownOf(added) },
    unknown: new Set([...before.unknown, ...Object.keys(added).filter((field) => hasUnknown(added[field]))]),
    partiallyKnown: {
      ...parsed.partiallyKnown,
      ...Object.fromEntries(Object.entries(added).filter(([, value]) => value !== unknownValue)),
    },
  };
  const values = { ...args, ...added };
  const own = [...parsed.refusals, ...refused, ...fieldRefusals(resource.args, added)];
  const validated = resource.check.validate(context, draft).map(refusalOf);
  const refusals = [
    ...own,
    ...validated.filter(({ path }) => !own.some((other) => same(other.path, path))),
  ];
  if (refusals.length === 0 && context.settings.previewReads)
    refusals.push(...(await resource.check.preflight(context, draft)).map(refusalOf));
  const accepted = refusals.length === 0 ? added : knownOf(added);
  const failures = refusals.map((refusal) => asFailure(resource, values, refusal));
  return { inputs: plain({ ...parsed.raw, ...accepted }), failures: shortened(failures) };
}

/**
 * The known ones of the computed inputs. Those that follow from a refused field are unknown, also during an update.
 * There the engine accepts no unknown value: it would report that value, and none of the failures.
 */
function knownOf(computed: Values): Values {
  return Object.fromEntries(Object.entries(computed).filter(([, value]) => !hasUnknown(value)));
}

/** A failure that a hook reports. */
function refusalOf({ property, reason }: CheckFailure): Refusal {
  return { path: pathOf(property), rule: reason };
}

/** The engine prints a property of the program and its value: it gets the input, and the sentence names the rest. */
function asFailure(resource: AnyResource, values: Values, { path, rule }: Refusal): CheckFailure {
  const property = String(path[0]);
  const value = at(values, path);
  const isShown = !resource.sensitiveInputs?.includes(property) && !hasUnknown(value);
  return { property, reason: failureText(path, rule, isShown ? value : undefined) };
}

/** Failures that are reported of one field, and of all fields. */
const maxFailuresPerField = 10;
const maxFailures = 100;
/** Characters. A refused value has any length, and its name or the reason may quote it. */
const maxPropertyLength = 200;
const maxReasonLength = 1500;

/** The failures, few and short enough to be read. */
function shortened(failures: readonly CheckFailure[]): CheckFailure[] {
  const byField = Map.groupBy(failures, ({ property }) => property);
  const few = [...byField].flatMap(([field, ones]) => {
    const more = ones.length - maxFailuresPerField;
    return more > 0
      ? [
          ...ones.slice(0, maxFailuresPerField),
          { property: field, reason: `and ${more} more failures like these` },
        ]
      : ones;
  });
  return few.slice(0, maxFailures).map(({ property, reason }) => ({
    property: truncate(property, maxPropertyLength),
    reason: truncate(reason, maxReasonLength),
  }));
}

async function computeInputs(
  context: Context,
  resource: AnyResource,
  draft: Draft<Record<string, unknown>>,
): Promise<{ computed: Values; refused: Refusal[] }> {
  try {
    return { computed: await resource.check.computeInputs(context, draft), refused: [] };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { computed: {}, refused: [refusalOf(error)] };
  }
}

/** Whether a field is not the program's: the resource classes and Pulumi add some of their own. */
function isInternal(field: string): boolean {
  return field.startsWith("__") || field === "owner";
}

/** Absent and null mean the same, at any depth. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const present = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(present.map(([name, member]) => [name, withoutNulls(member)]));
}

function defined(values: Values): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}

interface Parsed {
  /** What goes into the inputs: parsed where it is known, as it came where it is not. */
  readonly raw: Record<string, unknown>;
  readonly known: Record<string, unknown>;
  /** What parses although a part of it is unknown. */
  readonly partiallyKnown: Record<string, unknown>;
  readonly unknown: ReadonlySet<string>;
  readonly refusals: Refusal[];
}

function parseFields(args: z.ZodObject, values: Values, overLimits: readonly Refusal[]): Parsed {
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
  const meant = nearest(String(path.at(-1)), names);
  const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
  const all = names.length === 0 ? "" : `${hint === "" ? "; there are" : " There are"} ${names.join(", ")}`;
  return { path, rule: `there is no property of this name${hint}${all}` };
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
function fieldRefusals(args: z.ZodObject, added: Values): Refusal[] {
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
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => noSuchProperty([...path, key], []));
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

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : inner,
    value,
  );
}
