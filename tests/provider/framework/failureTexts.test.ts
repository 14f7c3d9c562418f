import fc from "fast-check";
import { check } from "../../../provider/framework/check";
import { failureText, formatProperty, formatValue } from "../../../provider/framework/failureTexts";
import type { AnyResource } from "../../../provider/framework/resource";
import { registry } from "../../../provider/registry";
import { fuzzInputs } from "../../resilience/fuzz/inputs";
import { offline } from "./fakes";

/** Words of the parser. */
const parserWords =
  /expected .*received|Invalid (input|option|key|element|discriminator|string|email|ISO)|Unrecognized|Too (small|big)|\bNaN\b.*expected/;

type Path = readonly (string | number)[];

/** The paths of all values inside a declaration. */
function pathsOf(value: unknown, above: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const path = [...above, Array.isArray(value) ? Number(name) : name];
    return [path, ...pathsOf(member, path)];
  });
}

function replaced(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by;
  const inner = (value as Record<string | number, unknown>)[first];
  const next = replaced(inner, rest, by);
  return Array.isArray(value) ? value.with(Number(first), next) : { ...(value as object), [first]: next };
}

/** What the fields alone have to say: no hook of the resource runs. */
function fieldsOnly(resource: AnyResource): AnyResource {
  const check = { computeInputs: () => ({}), validate: () => [], preflight: async () => [] };
  return { ...resource, check };
}

const wrongValues = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.boolean(),
  fc.array(fc.oneof(fc.integer(), fc.string({ maxLength: 5 })), { maxLength: 3 }),
  fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.integer(), { maxKeys: 2 }),
);

test.each([...registry.keys()])(
  "no sentence of %s is the parser's, and each names path and value",
  async (token) => {
    const resource = registry.get(token);
    if (resource === undefined) throw new Error(token);
    const places = (fuzzInputs[token]?.bases ?? []).flatMap((base) =>
      pathsOf(base).map((path) => ({ base, path })),
    );
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), wrongValues, async ({ base, path }, value) => {
        const news = replaced(base, path, value) as Record<string, unknown>;
        const { failures } = await check(offline(), fieldsOnly(resource), {}, { ...news, owner: "a/b/c" });
        const top = String(path[0]);
        for (const { property, reason } of failures) {
          refusals += 1;
          expect(property).not.toMatch(/[.[]/);
          expect(reason).not.toMatch(parserWords);
          expect(property).toBe(top);
          // The refused value is the whole, or a part of it.
          expect(reason.startsWith(top) || reason.startsWith("there is no property")).toBe(true);
          const isSecret = resource.sensitiveInputs?.includes(top);
          if (reason.startsWith(`${formatProperty(path)} must`))
            expect(reason.includes(`, and is ${formatValue(value)}`)).toBe(!isSecret);
        }
      }),
      { numRuns: 300 },
    );
    expect(refusals).toBeGreaterThan(50);
  },
);

test.each([
  [["catalog", "a b", 0], "must be text", 5, 'catalog["a b"][0] must be text, and is 5'],
  [["unitTested"], "must be true: or else", false, "unitTested must be true, and is false: or else"],
  [["a"], "must be a day, or { days: n }", 5, "a must be a day, or { days: n }, and is 5"],
  [["a"], 'must be "x: y" or `z; u`; see there', 5, 'a must be "x: y" or `z; u`, and is 5; see there'],
  [["a", "b"], "there is no property of this name", undefined, "a.b: there is no property of this name"],
  [["a"], "there is no property of this name", undefined, "there is no property of this name"],
  [["a"], "is required: must be text", undefined, "a is required: must be text"],
] as const)("%j", (path, rule, value, sentence) => {
  expect(failureText(path, rule, value)).toBe(sentence);
});

test("a long value is shortened", () => {
  expect(failureText(["a"], "must be short", "x".repeat(10_000)).length).toBeLessThan(200);
});
