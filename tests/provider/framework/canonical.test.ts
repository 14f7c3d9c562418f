import fc from "fast-check";
import { canonical, same, shortHash } from "../../../provider/framework/canonical";

test("the order of members does not count, that of a list does", () => {
  expect(same({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
  expect(same(["r", "w"], ["w", "r"])).toBe(false);
});

test.each<[unknown, unknown]>([
  [undefined, null],
  [{}, { a: undefined }],
  [{}, { a: null }],
  [{ a: { b: 1 } }, { a: { b: 1, c: null } }],
  [[{ b: 1 }], [{ a: undefined, b: 1 }]],
])("absent is null: %j and %j", (a, b) => {
  expect(same(a, b)).toBe(true);
});

test.each<[unknown, unknown]>([
  [0, null],
  ["", null],
  [false, undefined],
  [{}, null],
  [[], null],
  ["1", 1],
  ["null", null],
  [{ a: {} }, {}],
  [JSON.parse('{"__proto__":{"a":1}}'), {}],
])("what looks alike but is not the same: %j and %j", (a, b) => {
  expect(same(a, b)).toBe(false);
});

test("what is written for a person to read later stays what it was", () => {
  expect(canonical({ b: [1, { d: "ü", c: null }], a: undefined, 10: 1, 9: 2 })).toBe(
    '{"9":2,"10":1,"b":[1,{"d":"ü"}]}',
  );
  expect(shortHash({ owner: "shop/dev/reader", allowOnStaging: true }, 10)).toMatchInlineSnapshot(
    `"02d99f42fc"`,
  );
});

test("a hash is as long as asked, the same for the same meaning, and another for another", () => {
  const shuffled = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }).map((value) => ({
    value,
    turned: Object.fromEntries(Object.entries(value).reverse()),
  }));
  fc.assert(
    fc.property(shuffled, ({ value, turned }) => {
      expect(shortHash(value, 10)).toMatch(/^[0-9a-f]{10}$/);
      expect(shortHash(turned, 10)).toBe(shortHash(value, 10));
      expect(shortHash({ ...value, " more": 1 }, 10)).not.toBe(shortHash(value, 10));
    }),
  );
});

describe("the order of members", () => {
  /** Names of any characters: numbers, which objects order themselves, names of the prototype, halves of surrogate pairs. */
  const name = fc.oneof(
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.string({
      unit: fc.constantFrom("a", "A", "é", "\u{1F44B}", "\uD83D", "\uFFFF", "_", " "),
      maxLength: 3,
    }),
    fc.nat({ max: 2 ** 32 }).map(String),
    fc.constantFrom("__proto__", "constructor", "toJSON", "", "-1", "01"),
  );
  const { json } = fc.letrec<{ json: unknown; list: unknown[]; object: Record<string, unknown> }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string(),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("json"), { maxLength: 4 }),
    object: fc.dictionary(name, tie("json"), { maxKeys: 6 }),
  }));

  /** The order that states were written with: inputs by a replacer, which leaves null members out. */
  const ofInputs = (value: unknown): string =>
    JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
      const entries = Object.entries(member).filter(([, v]) => v !== undefined && v !== null);
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    }) ?? "null";
  /** The order that states were written with: items, which keep null members. */
  const ofItems = (value: unknown): string => JSON.stringify(sortedItems(value));
  const sortedItems = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sortedItems);
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(members.map(([member, inner]) => [member, sortedItems(inner)]));
  };

  test("is that of existing states, of inputs and of items alike", () => {
    fc.assert(
      fc.property(json, (value) => {
        const stored: unknown = JSON.parse(JSON.stringify(value));
        expect(canonical(stored)).toBe(ofInputs(stored));
        expect(canonical(stored, { keepNull: true })).toBe(ofItems(stored));
      }),
      { numRuns: 500 },
    );
  });

  test("is one for both: they differ by null members alone", () => {
    fc.assert(
      fc.property(json, (value) => {
        const stored: unknown = JSON.parse(JSON.stringify(value));
        const withoutNull: unknown = JSON.parse(canonical(stored));
        expect(canonical(withoutNull, { keepNull: true })).toBe(canonical(stored));
        expect(canonical(JSON.parse(canonical(stored, { keepNull: true })))).toBe(canonical(stored));
      }),
    );
  });

  test("does not depend on the order in the program", () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([member, inner]) => [member, turned(inner)]),
      );
    };
    fc.assert(
      fc.property(json, (value) =>
        expect(canonical(turned(value), { keepNull: true })).toBe(canonical(value, { keepNull: true })),
      ),
    );
  });

  test("null members are kept on request only, and null elements always", () => {
    const value = { b: null, a: [null, { c: null }] };
    expect(canonical(value)).toBe('{"a":[null,{}]}');
    expect(canonical(value, { keepNull: true })).toBe('{"a":[null,{"c":null}],"b":null}');
  });
});
