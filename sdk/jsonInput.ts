/** JSON values in a program: each is what JSON has, or the program ends with its path. */
import * as pulumi from "@pulumi/pulumi";

/** Levels of lists and objects: more are a value that contains itself, or that no item could hold. */
const maxDepth = 500;

/** Where a value stands in the program. */
export interface Position {
  /** Such as `edgekv.Item "limits"`. */
  readonly resource: string;
  /** What the program calls the value, such as `json.retries`. */
  readonly path: string;
}

/**
 * The input with all that it holds checked, now or as soon as it is known. Pulumi turns a map or a date into
 * `{}`, so this comes before Pulumi sees the value.
 */
export function checkedJson(value: unknown, at: Position, depth = 0): unknown {
  if (isDeferred(value)) return whenKnown(value, (known) => checkedJson(known, at, depth));
  assertJson(value, at);
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxDepth)
    throw problem({ ...at, path: at.path.slice(0, 100) }, "contains itself, or is nested too deep");
  if (Array.isArray(value))
    return Array.from(value, (one: unknown, index) => checkedJson(one, inner(at, index), depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => {
      const below = inner(at, name);
      assertText(name, below);
      // As in `JSON.stringify`, a member that is undefined is none.
      const check = (known: unknown) =>
        known === undefined ? undefined : checkedJson(known, below, depth + 1);
      return [name, isDeferred(member) ? whenKnown(member, check) : check(member)];
    }),
  );
}

/** The text of a JSON input. Undefined where the input turns out to be undefined. */
export function jsonOf(value: unknown, at: Position): pulumi.Output<string | undefined> {
  const check = (known: unknown) => (known === undefined ? undefined : checkedJson(known, at));
  return pulumi
    .output((isDeferred(value) ? whenKnown(value, check) : check(value)) as object | undefined)
    .apply((known) => (known === undefined ? undefined : jsonText(known)));
}

/** A value that `checkedJson` took, as text. `-0` keeps its sign, which `JSON.stringify` drops. */
export function jsonText(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`);
  return `{${members.join(",")}}`;
}

/** UTF-8 has no half of a surrogate pair: what is sent would be another character. */
export function assertText(text: string, at: Position): void {
  if (!text.isWellFormed()) throw problem(at, "has half of a surrogate pair, which UTF-8 can't hold");
}

/** A text input without halves of surrogate pairs. */
export function checkedText<T>(value: T, at: Position): T {
  const check = (known: unknown) => {
    if (typeof known === "string") assertText(known, at);
    return known;
  };
  return (isDeferred(value) ? whenKnown(value, check) : check(value)) as T;
}

/** A map that a program set: undefined for what is none, such as a list or a text. */
export function membersOf(value: unknown, at: Position): [string, unknown][] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const reason = isPlain(value) ? undefined : classProblem(value);
  if (reason !== undefined) throw problem(at, reason);
  for (const name of Object.keys(value)) assertText(name, inner(at, name));
  return Object.entries(value);
}

export function isDeferred(value: unknown): value is pulumi.Output<unknown> | Promise<unknown> {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

export function whenKnown(
  value: pulumi.Output<unknown> | Promise<unknown>,
  act: (known: unknown) => unknown,
): unknown {
  return value instanceof Promise ? value.then(act) : value.apply((known) => act(known) as object);
}

export function inner({ resource, path }: Position, name: string | number): Position {
  return { resource, path: `${path}.${name}` };
}

export function problem({ resource, path }: Position, what: string): Error {
  return new Error(`${resource}: \`${path.toWellFormed()}\` ${what}`);
}

function assertJson(value: unknown, at: Position): void {
  if (typeof value === "string") assertText(value, at);
  const reason = reasonAgainst(value);
  if (reason !== undefined) throw problem(at, reason);
}

function reasonAgainst(value: unknown): string | undefined {
  switch (typeof value) {
    case "undefined":
      return "is undefined, which JSON does not have: leave it out, or set null";
    case "number":
      return Number.isFinite(value) ? undefined : `is ${value}, which JSON does not have`;
    case "bigint":
      return "is a bigint, which JSON does not have: write its digits as text";
    case "function":
    case "symbol":
      return `is a ${typeof value}, which JSON does not have`;
    case "object":
      if (value === null) return undefined;
      if (!Array.isArray(value) && !isPlain(value)) return classProblem(value);
      return Object.getOwnPropertySymbols(value).length > 0
        ? "has a symbol as a name, which JSON does not have"
        : undefined;
    default:
      return undefined;
  }
}

/** Made of `{}`, here or in another context of the language. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function classProblem(value: object): string {
  const name = value.constructor.name || "class instance";
  const hint = classHint(name) ?? "set a plain object, a list, a text or a number";
  return `is ${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}, which JSON does not have: ${hint}`;
}

/** What to set in the place of an object of a well-known class; undefined for other classes. */
export function classHint(name: string): string | undefined {
  return hints.get(name);
}

const hints: ReadonlyMap<string, string> = new Map([
  ["Date", "use its toISOString()"],
  ["Map", "use Object.fromEntries()"],
  ["Set", "use Array.from()"],
  ["URL", "use its href"],
  ["Buffer", "use its toString()"],
]);
