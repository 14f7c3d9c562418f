import fc from "fast-check";
import { maximumIndependentSet } from "../../../../../provider/rules/merge/order/maximumIndependentSet";

const isOrdered = (numbers: readonly number[]) =>
  numbers.every((number, index) => number >= (numbers[index - 1] ?? number));

test.each<[number[], number]>([
  [[], 0],
  [[1], 1],
  [[2, 1], 1],
  [[1, 2, 3], 3],
  [[3, 2, 1], 1],
  [[4, 1, 2, 3], 3],
  [[2, 3, 4, 1], 3],
  [[2, 1, 4, 3, 6, 5], 3],
  [[1, 1, 1], 3],
])("of %j, %d can be kept in order", (numbers, count) => {
  const kept = maximumIndependentSet(numbers, (earlier, later) => earlier > later);
  expect([isOrdered(kept), kept.length]).toEqual([true, count]);
});

test("no more could be kept without a conflict", () => {
  const point = fc.tuple(fc.nat(5), fc.nat(5), fc.constantFrom("a", "b"));
  // Such as an order that is broken: only within a group, and conflicts of neighbours add up.
  const conflict = (a: readonly [number, number, string], b: readonly [number, number, string]) =>
    a[2] === b[2] && a[0] > b[0] && a[1] >= b[1];
  fc.assert(
    fc.property(fc.array(point, { maxLength: 8 }), (points) => {
      const kept = maximumIndependentSet(points, conflict);
      const isFree = (some: typeof points) =>
        some.every((a, index) => some.slice(index + 1).every((b) => !conflict(a, b)));
      const subsets = Array.from({ length: 2 ** points.length }, (_, bits) =>
        points.filter((_, index) => (bits >> index) % 2 === 1),
      );
      expect(isFree(kept)).toBe(true);
      expect(kept.length).toBe(Math.max(...subsets.filter(isFree).map(({ length }) => length)));
    }),
    { numRuns: 200 },
  );
});
