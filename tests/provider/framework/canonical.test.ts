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
  expect(canonical({ b: [1, { d: "ü", c: null }], a: undefined, 10: 1, 9: 2 })).toBe('{"9":2,"10":1,"b":[1,{"d":"ü"}]}');
  expect(shortHash({ owner: "shop/dev/reader", allowOnStaging: true }, 10)).toMatchInlineSnapshot(`"02d99f42fc"`);
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
