import fc from "fast-check";
import { unmarked, type Values, withSecrets } from "../../../provider/plugin/values";
import { secretOf } from "../../support/plugin";

test("marks of secrets come off at any depth, and their places are kept", () => {
  const { values, secrets } = unmarked({
    open: 1,
    whole: secretOf("a"),
    items: { a: secretOf("b"), b: "c" },
    list: [1, secretOf({ inner: secretOf(2) })],
  });
  expect(values).toEqual({ open: 1, whole: "a", items: { a: "b", b: "c" }, list: [1, { inner: 2 }] });
  expect(secrets).toEqual([["whole"], ["items", "a"], ["list", 1]]);
});

test("they go back to where they were", () => {
  const value: fc.Memo<unknown> = fc.memo((depth) =>
    depth <= 1
      ? fc.oneof<fc.Arbitrary<unknown>[]>(fc.string(), fc.integer(), fc.boolean())
      : fc.oneof<fc.Arbitrary<unknown>[]>(
          fc.string(),
          fc.array(value(depth - 1), { maxLength: 3 }),
          fc.dictionary(fc.string({ minLength: 1 }), value(depth - 1), { maxKeys: 3 }),
          fc.string().map(secretOf),
          fc.dictionary(fc.string({ minLength: 1 }), fc.integer(), { maxKeys: 2 }).map(secretOf),
        ),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), value(4), { maxKeys: 4 }), (marked) => {
      const { values, secrets } = unmarked(marked as Values);
      expect(withSecrets(values, secrets)).toEqual(marked);
    }),
  );
});

test.each<[string, Values, Values]>([
  ["a list that became a text", { ids: "1,2" }, { ids: secretOf("1,2") }],
  ["a member that is gone", { ids: { b: 1 } }, { ids: secretOf({ b: 1 }) }],
  ["a field that is gone", { other: 1 }, { other: 1 }],
])("where the place is gone, the nearest value around it is secret: %s", (_what, values, expected) => {
  expect(withSecrets(values, [["ids", "a"]])).toEqual(expected);
});
