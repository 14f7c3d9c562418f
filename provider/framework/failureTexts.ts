/** The sentences of refused inputs. Each names the path and the value itself: the engine prints neither of a nested one. Pure. */
import type { z } from "zod";
import { nearest } from "../errors/nearest";
import { truncate } from "../errors/printable";

export type Path = readonly PropertyKey[];

/** The path of a property that a hook names, such as `rules.0.name`. */
export function pathOf(property: string): Path {
  return property.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Characters of a path in a sentence. */
const maxPathLength = 200;

/** A path as a program writes it, such as `namespacePermissions.catalog[0]`. */
export function formatProperty(path: Path): string {
  const text = path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const name = String(part);
      if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join("");
  return truncate(text, maxPathLength);
}

/** Characters of a value in a sentence. */
const maxValueLength = 80;

/** A value in a sentence. What has no form in JSON is named by its type. */
export function formatValue(value: unknown): string {
  if (typeof value === "number") return String(value);
  return truncate(JSON.stringify(value) ?? `of the type ${typeof value}`, maxValueLength);
}

/** Rules that follow the name of the property in one sentence. Others are sentences of their own. */
const verbs = /^(must|is|are|has|have|can't|needs|names|may)\b/;

/**
 * The sentence of a rule that an input breaks.
 *
 * @param path from the input down to what is refused
 * @param rule such as `must be text`
 * @param value what is refused; undefined where there is none, and where it may be a secret
 * @example
 * failureText(["namespacePermissions", "catalog", 0], 'must be "r", "w" or "d"', "x");
 * // namespacePermissions.catalog[0] must be "r", "w" or "d", and is "x"
 */
export function failureText(path: Path, rule: string, value?: unknown): string {
  const name = formatProperty(path);
  if (!verbs.test(rule)) return path.length > 1 ? `${name}: ${rule}` : rule;
  if (value === undefined || !rule.startsWith("must ")) return `${name} ${rule}`;
  // An explanation follows after a colon or a semicolon: the value goes before it.
  const head = beforeExplanation.exec(rule)?.[0] ?? rule;
  return `${name} ${head}, and is ${formatValue(value)}${rule.slice(head.length)}`;
}

/** Up to the first colon or semicolon that is in no braces and in no quotes. */
const beforeExplanation = /^(?:\{[^}]*\}|"[^"]*"|`[^`]*`|(?![:;] ).)*/s;

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
};

/** The rule of a schema that has no text of its own. Without it, the parser's own words would reach the user. */
export function ruleOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kinds[issue.expected] ?? `of the type ${issue.expected}`}${withMembers(issue)}`;
    case "unrecognized_keys":
      return noSuchName(issue.keys[0] ?? "", memberNames(issue));
    case "invalid_value":
      return `must be ${formatChoice(issue.values)}`;
    case "too_small":
      return `must ${bound(issue.origin, `at least ${issue.minimum}`)}`;
    case "too_big":
      return `must ${bound(issue.origin, `at most ${issue.maximum}`)}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return `must have the form of ${issue.format}`;
    default:
      return "must have another form";
  }
}

/** Names of members that a sentence lists. */
const maxMembers = 8;

function withMembers(issue: z.core.$ZodRawIssue): string {
  const names = memberNames(issue);
  return names.length === 0 || names.length > maxMembers ? "" : ` with ${names.join(", ")}`;
}

/** The names that an object of the schema may have; none for what is no such object. */
function memberNames({ inst }: z.core.$ZodRawIssue): string[] {
  const { shape = {} } = ((inst as z.core.$ZodType | undefined)?._zod.def ?? {}) as { shape?: object };
  return Object.keys(shape);
}

/** The rule that a name breaks which is none of the names there are. */
export function noSuchName(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
  const all = names.length === 0 ? "" : `${hint === "" ? "; there are" : " There are"} ${names.join(", ")}`;
  return `there is no property of this name${hint}${all}`;
}

function formatChoice(values: readonly unknown[]): string {
  const all = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
  return new Intl.ListFormat("en-GB", { type: "disjunction" }).format(all);
}

function bound(origin: string, amount: string): string {
  if (origin === "string") return `have ${amount} characters`;
  return origin === "array" || origin === "set" ? `have ${amount} entries` : `be ${amount}`;
}
