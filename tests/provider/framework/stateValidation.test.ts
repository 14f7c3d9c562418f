import { z } from "zod";
import { updates } from "../../../provider/framework/resource";
import { invalidState, wrongType } from "../../../provider/framework/stateValidation";
import { resourceOf } from "./fakes";

const resource = resourceOf({
  args: z.strictObject({
    place: updates(z.enum(["here", "there"], "must be here or there")),
    count: updates(z.int().optional()),
  }),
  outputs: z.object({
    note: z.array(z.string("must be text")),
    policy: z.object({ isStrict: z.boolean() }).optional(),
  }),
});
const state = { place: "here", owner: "shop/dev/a", note: ["x"] };

test("a state as it was written has none", () => {
  expect(invalidState(resource, state)).toBeUndefined();
  expect(wrongType(resource, state)).toBeUndefined();
});

test("a field of another type, at any depth", () => {
  expect(wrongType(resource, { ...state, note: "x" })).toBe(
    "`note` can't be read (Invalid input: expected array, received string)",
  );
  expect(wrongType(resource, { ...state, note: [1] })).toBe("`note` can't be read (must be text)");
  expect(invalidState(resource, { ...state, policy: {} })).toBe(
    "`policy` can't be read (Invalid input: expected boolean, which is missing)",
  );
  expect(invalidState(resource, { ...state, count: {} })).toMatch(/^`count` can't be read/);
});

test("what is missing, and what a program may not say, is no other type: it may be from the service, or from before", () => {
  expect(wrongType(resource, { place: "elsewhere", owner: "shop/dev/a" })).toBeUndefined();
  expect(invalidState(resource, { place: "elsewhere", owner: "shop/dev/a" })).toBe(
    "`place` can't be read (must be here or there)",
  );
  expect(invalidState(resource, { place: "here", owner: "shop/dev/a" })).toBe("`note` is missing");
});

test("what is nested without end", () => {
  let deep: unknown = [];
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(wrongType(resource, { ...state, note: deep })).toBe("`note` is nested more than 500 levels deep");
});
