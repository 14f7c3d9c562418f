import fc from "fast-check";
import { canonical, same } from "../../../../../provider/framework/canonical";
import { agrees, mergedValue, projected } from "../../../../../provider/rules/merge/content/values";

const proto = (text: string): unknown => JSON.parse(text);

test.each<[string, unknown, unknown, unknown, unknown]>([
  ["nothing", undefined, 1, 1, 1],
  ["a leaf", 1, 1, 2, 2],
  ["a type", "1", "1", 1, 1],
  ["a member", { a: 1, b: 1 }, { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 2, b: 1 }],
  ["a member that somebody else changed", { a: 1 }, { a: 5 }, { a: 1 }, { a: 1 }],
  ["a member that somebody else removed", { a: 1 }, {}, { a: 1 }, { a: 1 }],
  ["no member of the service", { a: 1 }, { a: 1, b: 2 }, { a: 2 }, { a: 2, b: 2 }],
  ["a member that is not wanted any more", { a: 1, b: 2 }, { a: 1, b: 2, c: 3 }, { a: 1 }, { a: 1, c: 3 }],
  [
    "a member deep down that is not wanted any more",
    { a: { b: 1, c: 2 } },
    { a: { b: 1, c: 2, d: 3 } },
    { a: { b: 1 } },
    { a: { b: 1, d: 3 } },
  ],
  ["a list as a whole", [1, 2], [1, 2], [1, 2, 3], [1, 2, 3]],
  ["a list that somebody else put in another order", [1, 2], [2, 1], [1, 2], [1, 2]],
  [
    "nothing of a list with what the service added",
    [{ a: 1 }],
    [{ a: 1, b: 2 }],
    [{ a: 1 }],
    [{ a: 1, b: 2 }],
  ],
  [
    "a list with what the service added, when an item differs",
    [{ a: 1 }],
    [{ a: 1, b: 2 }],
    [{ a: 2 }],
    [{ a: 2 }],
  ],
  ["what an item of a list had", [{ a: 1, b: 2 }], [{ a: 1, b: 2, c: 3 }], [{ a: 1 }], [{ a: 1, c: 3 }]],
  ["a leaf to a table", { a: 1 }, { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
  ["a table to a leaf", { a: { b: 1 } }, { a: { b: 1, c: 2 } }, { a: "x" }, { a: "x" }],
  ["to null", { a: 1 }, { a: 1 }, { a: null }, { a: null }],
  ["nothing to null that is not there", {}, {}, { a: null }, {}],
  ["nothing for what has no value", { a: 1 }, { a: 1, b: 2 }, { a: 1, b: undefined }, { a: 1, b: 2 }],
  [
    "members of any name",
    proto('{"__proto__":1}'),
    proto('{"__proto__":1,"c":1}'),
    proto('{"__proto__":{"x":1}}'),
    proto('{"__proto__":{"x":1},"c":1}'),
  ],
  [
    "members like those that every object has",
    {},
    {},
    { constructor: 1, toString: "x" },
    { constructor: 1, toString: "x" },
  ],
])("a merge changes %s", (_what, last, live, wanted, expected) => {
  const before = canonical(live);
  const result = mergedValue(last, live, wanted);
  expect(canonical(result)).toBe(canonical(expected));
  expect(canonical(live)).toBe(before);
  expect(mergedValue(wanted, result, wanted)).toBe(result);
});

test.each<[unknown, unknown, unknown]>([
  [{ a: 1, b: 2 }, { a: 1 }, { a: 1 }],
  [{ a: 2, b: 2 }, { a: 1 }, { a: 2 }],
  [{ b: 2 }, { a: 1 }, {}],
  [{ a: { b: 1, c: 2 } }, { a: { b: 2 } }, { a: { b: 1 } }],
  [
    [{ a: 1, b: 2 }, { a: 2 }],
    [{ a: 1 }, { a: 1 }],
    [{ a: 1 }, { a: 2 }],
  ],
  [[{ a: 1, b: 2 }], [], [{ a: 1, b: 2 }]],
  [proto('{"__proto__":{"a":1,"b":2}}'), proto('{"__proto__":{"a":2}}'), proto('{"__proto__":{"a":1}}')],
])("of %j, seen by %j, there is %j", (live, last, expected) => {
  expect(canonical(projected(live, last))).toBe(canonical(expected));
});

const name = fc.constantFrom("a", "b", "__proto__", "constructor");
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(0, 1, "", "1", true, false, null),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

test("what is wanted is had, is seen as it was wanted, and is had only once", () => {
  fc.assert(
    fc.property(json, json, json, (last, live, wanted) => {
      const result = mergedValue(last, live, wanted);
      expect(agrees(result, wanted)).toBe(true);
      expect(same(projected(result, wanted), wanted)).toBe(true);
      expect(mergedValue(wanted, result, wanted)).toBe(result);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  );
});

test("a projection is all of `last` exactly when they agree", () => {
  fc.assert(
    fc.property(json, json, (last, live) => {
      expect(same(projected(live, last), last)).toBe(agrees(live, last));
    }),
  );
});
