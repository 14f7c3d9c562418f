import type { z } from "zod";
import { InvalidInputError, truncate } from "../errors";
import type { Context } from "../runtime/context";
import { exceedsInputLimits } from "./inputLimits";
import { plain } from "./plain";
import { type AnyResource, type CheckFailure, type Draft, nameInProgram } from "./resource";
import { hasUnknown, unknownValue } from "./unknown";

export interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: CheckFailure[];
}

type Values = Readonly<Record<string, unknown>>;

/**
 * All that can be known without changing anything: every field against its own rule, defaults and names, rules over several fields and, as
 * long as nothing is wrong so far and previews may read, what the live account would object to.
 */
export async function check(resource: AnyResource, olds: Values, news: Values, context: Context): Promise<Checked> {
  const owner = typeof olds.owner === "string" ? olds.owner : String(news.owner ?? "");
  const declared = Object.entries(news).filter(([field]) => !isOurs(field));
  const excessive = declared.flatMap(([property, value]): CheckFailure[] => {
    const reason = exceedsInputLimits(value);
    return reason === undefined ? [] : [{ property, reason }];
  });
  const said = withoutNulls(
    Object.fromEntries(declared.filter(([field]) => !excessive.some(({ property }) => property === field))),
  ) as Values;
  const parsed = parseFields(resource.args, said, excessive);
  // What is wrong was said, but not what it was meant to be: nothing is concluded from it, and no default takes its place.
  const wrong = parsed.failures.map(({ property }) => property.split(".")[0] ?? property);
  const before: Draft<Record<string, unknown>> = {
    known: parsed.known,
    unknown: new Set([...parsed.unknown, ...wrong]),
    partiallyKnown: parsed.partly,
    oldInputs: olds,
    logicalName: nameInProgram(owner),
  };
  const { completed, refused } = await complete(
    resource,
    { ...before, known: { ...parsed.known, owner }, partiallyKnown: { ...parsed.partly, owner } },
    context,
  );
  const added = defined({ ...completed, owner });
  const draft: Draft<Record<string, unknown>> = {
    ...before,
    known: { ...parsed.known, ...knownOf(added) },
    unknown: new Set([...before.unknown, ...Object.keys(added).filter((field) => hasUnknown(added[field]))]),
    partiallyKnown: { ...parsed.partly, ...Object.fromEntries(Object.entries(added).filter(([, value]) => value !== unknownValue)) },
  };
  const failures = [...parsed.failures, ...refused, ...fieldFailures(resource.args, added)];
  failures.push(
    ...resource.check.validate(draft, context).filter(({ property }) => !failures.some((other) => other.property === property)),
  );
  if (failures.length === 0 && context.settings.previewReads) failures.push(...(await resource.check.preflight(draft, context)));
  const computed = failures.length === 0 ? added : knownOf(added);
  return { inputs: plain({ ...parsed.raw, ...computed }), failures: told(failures) };
}

/**
 * What is known of the computed inputs. What follows from a refused field is unknown, during an update too. The engine accepts no unknown value there: it
 * would report that value, and none of the failures.
 */
function knownOf(computed: Values): Values {
  return Object.fromEntries(Object.entries(computed).filter(([, value]) => !hasUnknown(value)));
}

/** Of what is wrong with one field, so much is told; and of all fields. */
const mostOfField = 10;
const mostInAll = 100;
/** Characters. What is refused may be of any size, and stands in its name or in the reason. */
const longestProperty = 200;
const longestReason = 1500;

/** The failures, few and short enough to be read. */
function told(failures: readonly CheckFailure[]): CheckFailure[] {
  const byField = Map.groupBy(failures, ({ property }) => property.split(".", 1)[0] ?? property);
  const few = [...byField].flatMap(([field, ones]) => {
    const more = ones.length - mostOfField;
    return more > 0 ? [...ones.slice(0, mostOfField), { property: field, reason: `and ${more} more failures like these` }] : ones;
  });
  return few.slice(0, mostInAll).map(({ property, reason }) => ({
    property: truncate(property, longestProperty),
    reason: truncate(reason, longestReason),
  }));
}

async function complete(
  resource: AnyResource,
  draft: Draft<Record<string, unknown>>,
  context: Context,
): Promise<{ completed: Values; refused: CheckFailure[] }> {
  try {
    return { completed: await resource.check.computeInputs(draft, context), refused: [] };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { completed: {}, refused: [{ property: error.property, reason: error.reason }] };
  }
}

/** Fields that come with the inputs but are not the program's: what the resource classes and Pulumi put beside them. */
function isOurs(field: string): boolean {
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
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));
}

interface Parsed {
  /** What goes into the inputs: parsed where it is known, as it came where it is not. */
  readonly raw: Record<string, unknown>;
  readonly known: Record<string, unknown>;
  /** What parses although a part of it is not known. */
  readonly partly: Record<string, unknown>;
  readonly unknown: ReadonlySet<string>;
  readonly failures: CheckFailure[];
}

function parseFields(args: z.ZodObject, said: Values, excessive: readonly CheckFailure[]): Parsed {
  const raw: Record<string, unknown> = {};
  const known: Record<string, unknown> = {};
  const partly: Record<string, unknown> = {};
  const unknown = new Set<string>();
  const strange = Object.keys(said).filter((field) => !Object.hasOwn(args.shape, field));
  const names = Object.keys(args.shape).join(", ");
  const failures = [
    ...excessive,
    ...strange.map((property) => ({ property, reason: `there is no property of this name; there are ${names}` })),
  ];
  for (const [field, schema] of Object.entries(args.shape)) {
    if (excessive.some(({ property }) => property === field)) continue;
    const value = Object.hasOwn(said, field) ? said[field] : undefined;
    const result = (schema as z.ZodType).safeParse(value);
    failures.push(...lostNames(field, value));
    if (result.success && result.data !== undefined && value !== unknownValue) partly[field] = result.data;
    if (result.success && !hasUnknown(value)) {
      if (result.data === undefined) continue;
      raw[field] = result.data;
      known[field] = result.data;
    } else {
      if (value !== undefined) raw[field] = value;
      if (hasUnknown(value)) unknown.add(field);
      if (!result.success) failures.push(...issuesAsFailures(field, value, result.error));
    }
  }
  return { raw, known, partly, unknown, failures };
}

/** The one name that zod leaves out without a word; a permission must not get lost like that. */
function lostNames(property: string, value: unknown): CheckFailure[] {
  if (typeof value !== "object" || value === null) return [];
  const here = Object.hasOwn(value, "__proto__") ? [{ property: `${property}.__proto__`, reason: "this name can't be used" }] : [];
  return [...here, ...Object.entries(value).flatMap(([name, member]) => lostNames(`${property}.${name}`, member))];
}

/** Whether what was filled in obeys the field's own rule as well: a resource's name in the program need not be a name for the service. */
function fieldFailures(args: z.ZodObject, added: Values): CheckFailure[] {
  return Object.entries(added).flatMap(([field, value]) => {
    const schema = Object.hasOwn(args.shape, field) ? (args.shape[field] as z.ZodType) : undefined;
    if (schema === undefined || hasUnknown(value)) return [];
    const result = schema.safeParse(value);
    return result.success ? [] : issuesAsFailures(field, value, result.error);
  });
}

function issuesAsFailures(field: string, value: unknown, error: z.ZodError): CheckFailure[] {
  return error.issues.flatMap((issue) => {
    const property = [field, ...issue.path.map(String)].join(".");
    // Names are known even where a value is not.
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ property: `${property}.${key}`, reason: "there is no property of this name" }));
    }
    if (issue.code === "invalid_key") return [{ property, reason: issue.issues[0]?.message ?? issue.message }];
    const refused = at(value, issue.path);
    // Nothing is said against what is not known yet.
    if (hasUnknown(refused)) return [];
    // A rule over several members, or a choice between objects by one member, may refer to what is absent: its message is complete.
    const complete = issue.code === "custom" || (issue.code === "invalid_union" && issue.errors.length === 0);
    const missing = (refused === undefined || refused === null) && !complete;
    return [{ property, reason: missing ? requiredReason(issue.message) : issue.message }];
  });
}

/** @param rule what the field's rule says, unless it has no message of its own */
function requiredReason(rule: string): string {
  return rule.startsWith("Invalid input") ? "is required" : `is required: ${rule}`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : inner),
    value,
  );
}
