/** Says what is wrong with data from outside: which key, what it may be, what it is. Pure. */
import { z } from "zod";
import { nearest } from "./nearest";

/** Characters of a wrong value in a message. */
const SHOWN = 60;
/** Wrong keys in one message. */
const MOST = 20;

/** One line for each key of `value` that `schema` does not allow, such as `settings.edgeWorkerIds must be …`. */
export function problemsOf(schema: z.ZodType, value: unknown, prefix: Path = []): string[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  const lines = result.error.issues.flatMap((issue) => linesOf(issue, schema, value, prefix));
  const all = [...new Set(lines)];
  const more = all.length - MOST;
  return more > 0 ? [...all.slice(0, MOST), `and ${more} more`] : all;
}

/** Parses data from outside. `fail` makes the error from the problems. */
export function parseOrFail<T>(
  schema: z.ZodType<T>,
  value: unknown,
  fail: (problems: string[]) => Error,
  prefix: Path = [],
): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw fail(problemsOf(schema, value, prefix));
}

/** Indented below a first line; one problem alone follows on the same line. */
export function listed(title: string, problems: readonly string[]): string {
  return problems.length === 1
    ? `${title}: ${problems[0]}${/[.?]$/.test(problems[0] ?? "") ? "" : "."}`
    : `${title}:\n  ${problems.join("\n  ")}`;
}

type Path = readonly PropertyKey[];

function linesOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, prefix: Path): string[] {
  const path = [...prefix, ...issue.path];
  const target = schemaAt(schema, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = target instanceof z.ZodObject ? Object.keys(target.shape) : [];
    return issue.keys.map((key) => `${nameOf([...path, key])} is not known${suggestion(key, known)}`);
  }
  const found = valueAt(value, issue.path);
  const name = nameOf(path);
  const allowed = target === undefined ? "something else" : allowedBy(target);
  if (issue.code === "custom" && issue.message !== "Invalid input") return [`${name} ${issue.message}`];
  if (found === undefined) return [`${name} is missing: it must be ${allowed}`];
  return [`${name} must be ${allowed}, not ${shown(found)}`];
}

function suggestion(key: string, known: readonly string[]): string {
  const [close] = nearest(key, known);
  if (close !== undefined) return `; did you mean ${close}?`;
  return known.length === 0 ? "" : `; there are ${known.join(", ")}`;
}

/** `settings.failedStatus`, `groups[0].groupId`, `clients["read-only"].grants`. */
export function nameOf(path: Path): string {
  const parts = path.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    const key = String(part);
    return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return parts.length === 0 ? "it" : parts.join("").replace(/^\./, "");
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** What a schema allows, in words. */
function allowedBy(schema: z.ZodType): string {
  if (schema instanceof z.ZodOptional) return allowedBy(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodNullable) return `${allowedBy(schema.unwrap() as z.ZodType)}, or null`;
  if (schema instanceof z.ZodNumber) return numberAllowedBy(schema);
  if (schema instanceof z.ZodBoolean) return "true or false";
  if (schema instanceof z.ZodString) return "a text";
  if (schema instanceof z.ZodEnum) return `one of ${schema.options.join(", ")}`;
  if (schema instanceof z.ZodLiteral)
    return [...schema.values].map((one) => JSON.stringify(one)).join(" or ");
  if (schema instanceof z.ZodArray) return "a list";
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return "an object";
  if (schema instanceof z.ZodUnion)
    return schema.options.map((one) => allowedBy(one as z.ZodType)).join(" or ");
  return "of another kind";
}

function numberAllowedBy(schema: z.ZodNumber): string {
  const bounds = z.toJSONSchema(schema) as {
    type?: string;
    minimum?: number;
    maximum?: number;
    exclusiveMinimum?: number;
  };
  const noun = bounds.type === "integer" ? "a whole number" : "a number";
  const most =
    bounds.maximum === undefined || bounds.maximum >= Number.MAX_SAFE_INTEGER ? undefined : bounds.maximum;
  const least =
    bounds.minimum === undefined || bounds.minimum <= Number.MIN_SAFE_INTEGER ? undefined : bounds.minimum;
  if (bounds.exclusiveMinimum !== undefined) return `${noun} above ${bounds.exclusiveMinimum}`;
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  if (least !== undefined) return `${noun} of at least ${least}`;
  return most === undefined ? noun : `${noun} of at most ${most}`;
}

/** The schema of a part of the data, where it can be determined from the path. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return path.length === 0 ? schema : schemaAt(schema.unwrap() as z.ZodType, path);
  const [first, ...rest] = path;
  if (first === undefined) return schema;
  const next =
    schema instanceof z.ZodObject
      ? schema.shape[String(first)]
      : schema instanceof z.ZodRecord
        ? schema.valueType
        : schema instanceof z.ZodArray
          ? schema.element
          : undefined;
  return next === undefined ? undefined : schemaAt(next as z.ZodType, rest);
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = Object.getOwnPropertyDescriptor(at, part)?.value;
  }
  return at;
}
