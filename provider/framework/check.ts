import { InvalidInputError, truncate } from "../errors";
import type { Context } from "../runtime/context";
import { same } from "./canonical";
import { emptyMembers } from "./emptyMembers";
import { failureText, pathOf } from "./failureTexts";
import { exceedsInputLimits } from "./inputLimits";
import { keptInputs } from "./kept";
import { at, computedRefusals, parseFields, type Refusal } from "./parseFields";
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
  const overLimits = declared.flatMap(([field, value]): Refusal[] => {
    const rule = exceedsInputLimits(value);
    return rule === undefined ? [] : [{ path: [field], rule }];
  });
  const kept = keptInputs(resource, olds, news);
  const isArgument = (field: string) =>
    !Object.hasOwn(kept, field) && !overLimits.some(({ path }) => path[0] === field);
  const args = withoutNulls(Object.fromEntries(declared.filter(([field]) => isArgument(field)))) as Values;
  const parsed = parseFields(resource.args, args, [...overLimits, ...emptyMembers(resource.args, declared)]);
  // The program set an invalid field to something: it counts as unknown, and no default replaces it.
  const invalid = parsed.refusals.map(({ path }) => String(path[0]));
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
  const values = { ...args, ...added };
  const own = [...parsed.refusals, ...refused, ...computedRefusals(resource.args, added)];
  const validated = resource.check.validate(context, draft).map(refusalOf);
  const refusals = [...own, ...validated.filter(({ path }) => !own.some((other) => same(other.path, path)))];
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

/** A failure that a hook reports. Its reason tells of lists and objects what matters. */
function refusalOf({ property, reason }: CheckFailure): Refusal {
  return { path: pathOf(property), rule: reason, showsScalarsOnly: true };
}

/** The engine prints a property of the program and its value: it gets the input, and the sentence names the rest. */
function asFailure(
  resource: AnyResource,
  values: Values,
  { path, rule, showsScalarsOnly }: Refusal,
): CheckFailure {
  const property = String(path[0]);
  const value = at(values, path);
  const isShown =
    !resource.sensitiveInputs?.includes(property) &&
    !hasUnknown(value) &&
    !(showsScalarsOnly && typeof value === "object");
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
