import fc from "fast-check";
import { plain } from "../../../provider/framework/plain";

test("is what JSON has of the values, at any depth", () => {
  const value = fc.anything({
    withDate: false,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withNullPrototype: true,
    withBoxedValues: true,
  });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (values) => {
      expect(plain(values)).toEqual(JSON.parse(JSON.stringify(values)));
      expect(JSON.stringify(plain(values))).toBe(JSON.stringify(values));
    }),
  );
});

test("takes what has a form in JSON in that form, and leaves out what JSON can't hold", () => {
  expect(
    plain({ at: new Date(0), gone: undefined, list: [undefined, Number.NaN, () => 1], none: null }),
  ).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    list: [null, null, null],
    none: null,
  });
  expect(Object.entries(plain(JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>))).toEqual([
    ["__proto__", { a: 1 }],
  ]);
});
