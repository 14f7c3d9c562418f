import type { z } from "zod";
import { InvalidInputError, truncate } from "../errors";
import type { Context } from "../runtime/context";
import { exceedsInputLimits } from "./inputLimits";
import { keptInputs } from "./kept";
import { plain } from "./plain";
import { type AnyResource, type CheckFailure, type Draft, nameInProgram } from "./resource";
import { hasUnknown, unknownValue } from "./unknown";

export interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: CheckFailure[];
}

type Values = Readonly<Record<string, unknown>>;

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
  const overLimits = declared.flatMap(([property, value]): CheckFailure[] => {
    const reason = exceedsInputLimits(value);
    return reason === undefined ? [] : [{ property, reason }];
  });
  const kept = keptInputs(resource, olds, news);
  const isArgument = (field: string) =>
    !Object.hasOwn(kept, field) && !overLimits.some(({ property }) => property === field);
  const args = withoutNulls(Object.fromEntries(declared.filter(([field]) => isArgument(field)))) as Values;
  const parsed = parseFields(resource.args, args, overLimits);
  // The program set an invalid field to something: it counts as unknown, and no default replaces it.
  const invalid = parsed.failures.map(({ property }) => property.split(".")[0] ?? property);
  const before: Draft<Record<string, unknown>> = {
    known: parsed.known,
    unknown: new Set([...parsed.unknown, ...invalid]),
    partiallyKnown: parsed.partiallyKnown,
    oldInputs: olds,
    kept,
    logicalName: nameInProgram(owner),
  };
  const { computed, refused } = await computeInputs(context, resource, {
    ...before,
    known: { ...parsed.known, owner },
    partiallyKnown: { ...parsed.partiallyKnown, owner },
  });
  const added = defined({ ...computed, ...kept, owner });
  const draft: Draft<Record<string, unknown>> = {
    ...before,
    known: { ...parsed.known, ...knownOf(added) },
    unknown: new Set([...before.unknown, ...Object.keys(added).filter((field) => hasUnknown(added[field]))]),
    partiallyKnown: {
      ...parsed.partiallyKnown,
      ...Object.fromEntries(Object.entries(added).filter(([, value]) => value !== unknownValue)),
    },
  };
  const failures = [...parsed.failures, ...refused, ...fieldFailures(resource.args, added)];
  failures.push(
    ...resource.check
      .validate(context, draft)
      .filter(({ property }) => !failures.some((other) => other.property === property)),
  );
  if (failures.length === 0 && context.settings.previewReads)
    failures.push(...(await resource.check.preflight(context, draft)));
  const accepted = failures.length === 0 ? added : knownOf(added);
  return { inputs: plain({ ...parsed.raw, ...accepted }), failures: shortened(failures) };
}

/**
 * The known ones of the computed inputs. Those that follow from a refused field are unknown, also during an update.
 * There the engine accepts no unknown value: it would report that value, and none of the failures.
 */
function knownOf(computed: Values): Values {
  return Object.fromEntries(Object.entries(computed).filter(([, value]) => !hasUnknown(value)));
}

/** Failures that are reported of one field, and of all fields. */
const maxFailuresPerField = 10;
const maxFailures = 100;
/** Characters. A refused value has any length, and its name or the reason may quote it. */
const maxPropertyLength = 200;
const maxReasonLength = 1500;

/** The failures, few and short enough to be read. */
function shortened(failures: readonly CheckFailure[]): CheckFailure[] {
  const byField = Map.groupBy(failures, ({ property }) => property.split(".", 1)[0] ?? property);
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
): Promise<{ computed: Values; refused: CheckFailure[] }> {
  try {
    return { computed: await resource.check.computeInputs(context, draft), refused: [] };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { computed: {}, refused: [{ property: error.property, reason: error.reason }] };
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
  readonly failures: CheckFailure[];
}

function parseFields(args: z.ZodObject, values: Values, overLimits: readonly CheckFailure[]): Parsed {
  const raw: Record<string, unknown> = {};
  const known: Record<string, unknown> = {};
  const partiallyKnown: Record<string, unknown> = {};
  const unknown = new Set<string>();
  const unrecognized = Object.keys(values).filter((field) => !Object.hasOwn(args.shape, field));
  const names = Object.keys(args.shape).join(", ");
  const failures = [
    ...overLimits,
    ...unrecognized.map((property) => ({
      property,
      reason: `there is no property of this name; there are ${names}`,
    })),
  ];
  for (const [field, schema] of Object.entries(args.shape)) {
    if (overLimits.some(({ property }) => property === field)) continue;
    const value = Object.hasOwn(values, field) ? values[field] : undefined;
    const result = (schema as z.ZodType).safeParse(value);
    failures.push(...forbiddenNames(field, value));
    if (result.success && result.data !== undefined && value !== unknownValue)
      partiallyKnown[field] = result.data;
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
  return { raw, known, partiallyKnown, unknown, failures };
}

/** Zod drops this one name silently. A permission must not get lost like that. */
function forbiddenNames(property: string, value: unknown): CheckFailure[] {
  if (typeof value !== "object" || value === null) return [];
  const here = Object.hasOwn(value, "__proto__")
    ? [{ property: `${property}.__proto__`, reason: "this name can't be used" }]
    : [];
  return [
    ...here,
    ...Object.entries(value).flatMap(([name, member]) => forbiddenNames(`${property}.${name}`, member)),
  ];
}

/** Checks computed inputs against the rules of their fields: a resource's name in the program need not be a valid name for the service. */
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
      return issue.keys.map((key) => ({
        property: `${property}.${key}`,
        reason: "there is no property of this name",
      }));
    }
    if (issue.code === "invalid_key")
      return [{ property, reason: issue.issues[0]?.message ?? issue.message }];
    const refused = at(value, issue.path);
    // An unknown value is not validated.
    if (hasUnknown(refused)) return [];
    // A rule over several members, or a choice between objects by one member, may refer to what is absent: its message is complete.
    const complete = issue.code === "custom" || (issue.code === "invalid_union" && issue.errors.length === 0);
    const missing = (refused === undefined || refused === null) && !complete;
    return [{ property, reason: missing ? requiredReason(issue.message) : issue.message }];
  });
}

/** @param rule the message of the field's rule, or zod's own where it has none */
function requiredReason(rule: string): string {
  return rule.startsWith("Invalid input") ? "is required" : `is required: ${rule}`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : inner,
    value,
  );
}
