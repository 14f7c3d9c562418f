import { exceedsInputLimits } from "../../../provider/framework/inputLimits";

const nested = (levels: number) => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

test.each([1, "x".repeat(1_000_000), null, undefined, {}, [], nested(500), Array(100_000).fill("x")])(
  "what can be looked at",
  (value) => {
    expect(exceedsInputLimits(value)).toBeUndefined();
  },
);

test("what is nested too deep, however deep it is", () => {
  for (const levels of [501, 100_000])
    expect(exceedsInputLimits(nested(levels))).toBe("is nested more than 500 levels deep");
});

test("what has too much in it, in one list or in many", () => {
  expect(exceedsInputLimits(Array(100_001).fill(0))).toBe("has more than 100000 values in it");
  expect(exceedsInputLimits(Array.from({ length: 1000 }, () => Array(100).fill(0)))).toBe(
    "has more than 100000 values in it",
  );
});
