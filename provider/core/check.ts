import type { z } from "zod";
import type { Context } from "./context";
import type { AnyResource, Draft, Failure } from "./resource";
import { hasUnknown } from "./unknown";

export interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: Failure[];
}

type Values = Readonly<Record<string, unknown>>;

/**
 * All that can be known without changing anything: every field against its own rule, defaults and names, rules over several fields and, as
 * long as nothing is wrong so far and previews may read, what the live account would object to.
 */
export async function check(resource: AnyResource, olds: Values, news: Values, context: Context): Promise<Checked> {
  const owner = typeof olds.owner === "string" ? olds.owner : String(news.owner ?? "");
  const said = Object.fromEntries(
    Object.entries(news).filter(([field, value]) => !isOurs(resource, field) && value !== undefined && value !== null),
  );
  const parsed = parseFields(resource.args, said);
  // What is wrong was said, but not what it was meant to be: nothing is concluded from it, and no default takes its place.
  const wrong = parsed.failures.map(({ property }) => property.split(".")[0] ?? property);
  const before: Draft<Record<string, unknown>> = {
    known: parsed.known,
    unknown: new Set([...parsed.unknown, ...wrong]),
    olds,
    logicalName: owner.split("/").slice(2).join("/"),
  };
  const added = defined({ ...(await resource.complete({ ...before, known: { ...parsed.known, owner } }, context)), owner });
  const draft: Draft<Record<string, unknown>> = {
    ...before,
    known: { ...parsed.known, ...Object.fromEntries(Object.entries(added).filter(([, value]) => !hasUnknown(value))) },
    unknown: new Set([...before.unknown, ...Object.keys(added).filter((field) => hasUnknown(added[field]))]),
  };
  const inputs = { ...parsed.raw, ...added };
  const failures = [...parsed.failures, ...fieldFailures(resource.args, added)];
  failures.push(...resource.rules(draft, context).filter(({ property }) => !failures.some((other) => other.property === property)));
  if (failures.length === 0 && context.settings.previewReads) failures.push(...(await resource.observe(draft, context)));
  return { inputs, failures };
}

/** Fields that are not the program's to say: what `check` adds, and what Pulumi puts beside the inputs. */
function isOurs(resource: AnyResource, field: string): boolean {
  return field.startsWith("__") || Object.hasOwn(resource.computed.shape, field);
}

function defined(values: Values): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));
}

interface Parsed {
  /** What goes into the inputs: parsed where it is known, as it came where it is not. */
  readonly raw: Record<string, unknown>;
  readonly known: Record<string, unknown>;
  readonly unknown: ReadonlySet<string>;
  readonly failures: Failure[];
}

function parseFields(args: z.ZodObject, said: Values): Parsed {
  const raw: Record<string, unknown> = {};
  const known: Record<string, unknown> = {};
  const unknown = new Set<string>();
  const failures: Failure[] = Object.keys(said)
    .filter((field) => !Object.hasOwn(args.shape, field))
    .map((field) => ({ property: field, reason: `there is no property of this name; there are ${Object.keys(args.shape).join(", ")}` }));
  for (const [field, schema] of Object.entries(args.shape)) {
    const value = Object.hasOwn(said, field) ? said[field] : undefined;
    const result = (schema as z.ZodType).safeParse(value);
    if (result.success && !hasUnknown(value)) {
      if (result.data === undefined) continue;
      raw[field] = result.data;
      known[field] = result.data;
    } else {
      raw[field] = value;
      if (hasUnknown(value)) unknown.add(field);
      if (!result.success) failures.push(...issuesAsFailures(field, value, result.error));
    }
  }
  return { raw, known, unknown, failures };
}

/** Whether what was filled in obeys the field's own rule as well: a resource's name in the program need not be a name for the service. */
function fieldFailures(args: z.ZodObject, added: Values): Failure[] {
  return Object.entries(added).flatMap(([field, value]) => {
    const schema = Object.hasOwn(args.shape, field) ? (args.shape[field] as z.ZodType) : undefined;
    if (schema === undefined || hasUnknown(value)) return [];
    const result = schema.safeParse(value);
    return result.success ? [] : issuesAsFailures(field, value, result.error);
  });
}

function issuesAsFailures(field: string, value: unknown, error: z.ZodError): Failure[] {
  return error.issues.flatMap((issue) => {
    const property = [field, ...issue.path.map(String)].join(".");
    // Names are known even where a value is not.
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ property: `${property}.${key}`, reason: "there is no property of this name" }));
    }
    if (issue.code === "invalid_key") return [{ property, reason: issue.issues[0]?.message ?? issue.message }];
    // Nothing is said against what is not known yet.
    if (value !== undefined && hasUnknown(at(value, issue.path))) return [];
    const missing = value === undefined;
    return [
      { property, reason: missing ? `is required${issue.message.startsWith("Invalid input") ? "" : `: ${issue.message}`}` : issue.message },
    ];
  });
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : inner),
    value,
  );
}
