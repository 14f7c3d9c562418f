import fc from "fast-check";

/** Texts that programs stumble over, each in another way. */
const texts: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "a\nb",
  "a\r\nb",
  "\u001b[31mred",
  "\ud800",
  "a\udc00b",
  "\u202egnp.txt",
  "e\u0301",
  "\ufeffbom",
  "👩‍👩‍👧",
  "ÄÖ",
  "../../etc/passwd",
  "..",
  ".",
  "/etc/passwd",
  "C:\\Windows\\win.ini",
  "..\\..\\x",
  "%2e%2e%2f",
  "a%2fb",
  "a?b=c",
  "a#b",
  "a b",
  "a/b",
  "//host/x",
  "https://example.com/x",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "default",
  "-x",
  "null",
  "undefined",
  "NaN",
  "true",
  "0",
  "-1",
  "1e3",
  "9007199254740993",
  "[object Object]",
  "{}",
  "[",
  "2026-02-30",
  "2027-03-31",
  "9999-99-99",
  "x".repeat(32),
  "x".repeat(33),
  "x".repeat(128),
  "x".repeat(129),
  "x".repeat(512),
  "x".repeat(513),
  "x".repeat(1001),
];

const numbers: readonly number[] = [
  0,
  -0,
  -1,
  1,
  2,
  0.5,
  59,
  60,
  100,
  101,
  299,
  300,
  999,
  1000,
  1001,
  86_399,
  86_400,
  86_401,
  259_200,
  259_201,
  315_360_000,
  315_360_001,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e308,
  -1e308,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

/** An object with members of its own that others inherit: conversion to text and to a number fails. */
const disguised = (): unknown =>
  JSON.parse(
    '{"__proto__":{"x":1},"constructor":1,"toString":"x","valueOf":null,"hasOwnProperty":2,"toJSON":3,"length":-1}',
  );

const nested = (levels: number, list: boolean): unknown => {
  let value: unknown = list ? [] : {};
  for (let level = 0; level < levels; level += 1) value = list ? [value] : { a: value };
  return value;
};

/** 1 MB and more, made once: what is sampled shares them. */
const long = "x".repeat(1_048_576);
const huge: readonly unknown[] = [
  long,
  "é".repeat(600_000),
  "\ud800".repeat(1_048_576),
  "../".repeat(400_000),
  " [pulumi a]".repeat(100_000),
  `[pulumi a]${" ".repeat(1_048_576)}x`,
  Array(150_000).fill(""),
  Array(150_000).fill("a"),
  Array(150_000).fill(0),
  Array.from({ length: 150_000 }, (_, index) => index),
  Array(150_000).fill({}),
  Array(1_100_000).fill(false),
  Object.fromEntries(Array.from({ length: 150_000 }, (_, index) => [`k${index}`, index])),
  { [long]: long },
  [long, long],
  nested(100_000, true),
  nested(100_000, false),
  nested(3_000, false),
  nested(500, false),
  nested(499, true),
];

const objects: readonly (() => unknown)[] = [
  () => ({}),
  () => [],
  () => [[]],
  () => [null],
  () => ({ a: null }),
  () => [""],
  () => ["", ""],
  disguised,
  () => [disguised()],
  () => ({ a: disguised() }),
  () => nested(50, true),
  () => nested(50, false),
  () => ({ mode: disguised() }),
  () => ({ json: "{" }),
  () => ({ "../x": "y", "a\\b": "z" }),
];

const text = fc.oneof(
  fc.constantFrom(...texts),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
);
const plain = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 3, arbitrary: fc.oneof(fc.constantFrom(...numbers), fc.double(), fc.integer()) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(true, false, null) },
);
const small = fc.oneof(
  { weight: 4, arbitrary: plain },
  { weight: 2, arbitrary: fc.constantFrom(...objects).map((make) => make()) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown> },
);

/** Anything at all; seldom something huge. */
const hostile = fc.oneof(
  { weight: 12, arbitrary: small },
  { weight: 1, arbitrary: fc.constantFrom(...huge) },
);

type Members = Record<string, unknown>;
const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value with one thing in it, at any depth, that is something else. */
function altered(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === "string") {
    return fc.oneof(
      hostile,
      text.map((part) => value + part),
      text.map((part) => part + value),
      fc.constant(value.toUpperCase()),
    );
  }
  if (typeof value === "number")
    return fc.oneof(
      hostile,
      fc.integer({ min: -2, max: 2 }).map((more) => value + more),
      fc.constant(String(value)),
    );
  if (Array.isArray(value)) {
    if (value.length === 0)
      return fc.oneof(
        hostile,
        hostile.map((more) => [more]),
      );
    const at = fc.nat({ max: value.length - 1 });
    return fc.oneof(
      hostile,
      hostile.map((more) => [...value, more]),
      fc.constant([...value, ...value]),
      at.chain((index) => altered(value[index]).map((other) => value.with(index, other))),
    );
  }
  if (!isObject(value)) return hostile;
  const names = Object.keys(value);
  const withMember = (name: string, member: unknown): unknown => {
    const copy = { ...value };
    // As JSON and the wire would have it: a member of its own, whatever its name.
    Object.defineProperty(copy, name, {
      value: member,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    return copy;
  };
  const oneOf = fc.constantFrom(...names, "a");
  return fc.oneof(
    { weight: 1, arbitrary: hostile },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.oneof(small, fc.constant(value[names[0] ?? ""])))
        .map(([name, member]) => withMember(name, member)),
    },
    {
      weight: 1,
      arbitrary: oneOf.map((name) =>
        Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)),
      ),
    },
    {
      weight: 3,
      arbitrary: oneOf.chain((name) => altered(value[name]).map((other) => withMember(name, other))),
    },
  );
}

/** Values for a field, by chance, the same for the same seed: what it should be with something wrong in it, or anything else. */
export function samples(valid: unknown, count: number, seed: number): unknown[] {
  const arbitrary = fc.oneof(
    { weight: 3, arbitrary: hostile },
    { weight: 3, arbitrary: altered(valid) },
    { weight: 1, arbitrary: fc.constant(valid) },
  );
  return fc.sample(arbitrary, { numRuns: count, seed });
}

/** A value in a few words, for the message of a test. */
export function inShort(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    return "(nested too deep to be shown)";
  }
  const shown = typeof value === "number" ? String(value) : text;
  return shown.length > 300 ? `${shown.slice(0, 300)}… (${shown.length} characters)` : shown;
}
