import {
  hasMarker,
  isOwnedBy,
  markerIn,
  markerOf,
  withMarker,
  withoutMarker,
} from "../../../provider/rules/ownershipMarker";

const mark = markerOf("shop/prod/edge", "Catalog");

test("a mark names the owner and the rule, without telling either", () => {
  expect(mark).toMatch(/^\[pulumi [0-9a-f]{12}\/[0-9a-f]{6}\]$/);
  expect(markerOf("shop/prod/edge", "Catalog")).toBe(mark);
  expect(markerOf("shop/dev/edge", "Catalog").slice(-7)).toBe(mark.slice(-7));
  expect(markerOf("shop/prod/edge", "Cart").slice(0, 20)).toBe(mark.slice(0, 20));
  expect(new Set([mark, markerOf("shop/dev/edge", "Catalog"), markerOf("shop/prod/edge", "Cart")]).size).toBe(
    3,
  );
});

test.each<[string | undefined, string]>([
  [undefined, mark],
  ["", mark],
  ["  \n", mark],
  ["Ask the shop team", `Ask the shop team ${mark}`],
  ["Ask the shop team \n", `Ask the shop team ${mark}`],
  [`Ask the shop team ${mark}`, `Ask the shop team ${mark}`],
  [`Ask the shop team ${markerOf("another", "Rule")}`, `Ask the shop team ${mark}`],
  [`${mark} in the middle`, `${mark} in the middle ${mark}`],
])("%j is marked as %j", (comments, expected) => {
  expect(withMarker(comments, mark)).toBe(expected);
  expect(withMarker(withMarker(comments, mark), mark)).toBe(expected);
});

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ["", undefined],
  [" ", undefined],
  [mark, undefined],
  [` ${mark} \n`, undefined],
  [`Text ${mark}`, "Text"],
  [`Text\n${mark}\n`, "Text"],
  [`Text ${mark} more`, `Text ${mark} more`],
  ["Text [pulumi]", "Text [pulumi]"],
  [`Text${mark}`, "Text"],
  [`${mark} ${mark}`, mark],
])("%j is %j without the mark", (comments, expected) => {
  expect(withoutMarker(comments)).toBe(expected);
});

test.each<[string | undefined, boolean]>([
  [mark, true],
  [`Text ${mark}`, true],
  [`Text ${mark} \n\t`, true],
  [`Text ${mark}.`, false],
  [`${mark} text`, false],
  [mark.toUpperCase(), false],
  [mark.slice(0, -1), false],
  [`${mark.slice(0, -2)}]`, false],
  [markerOf("shop/dev/edge", "Catalog"), false],
  [undefined, false],
])("that %j is ours: %s", (comments, expected) => {
  expect(isOwnedBy({ name: "a", ...(comments !== undefined && { comments }) }, "shop/prod/edge")).toBe(
    expected,
  );
  if (expected) expect(markerIn(comments)).toBe(mark);
});

test.each<[string | undefined, boolean]>([
  [mark, true],
  [`Text ${markerOf("another", "Rule")} `, true],
  ["Text [pulumi 1f0c9a]", true],
  ["Text [pulumi something of a later version]", true],
  ["Text [pulumi]", false],
  ["[pulumi 1f0c9a] text", false],
  ["made with pulumi", false],
  [undefined, false],
])("that %j bears somebody's mark: %s", (comments, expected) => {
  expect(hasMarker({ name: "a", ...(comments !== undefined && { comments }) })).toBe(expected);
});
