import { claimOnce } from "../../../provider/framework/claims";
import { keyOf, RunState } from "../../../provider/runtime/runState";

const failure = (first: string) => ({ property: "name", reason: `taken by ${first}` });
const key = keyOf("sample", "a");

test("the second resource that claims an object is refused, and the first one is named", () => {
  const context = { runState: new RunState() };
  expect(claimOnce(context, key, "shop/dev/one", failure)).toEqual([]);
  expect(claimOnce(context, key, "shop/dev/one", failure)).toEqual([]);
  expect(claimOnce(context, key, "shop/dev/two", failure)).toEqual([
    { property: "name", reason: "taken by one" },
  ]);
  expect(claimOnce(context, keyOf("sample", "b"), "shop/dev/two", failure)).toEqual([]);
});

test("an object that is not known yet is claimed by nobody", () => {
  const context = { runState: new RunState() };
  expect(claimOnce(context, undefined, "shop/dev/one", failure)).toEqual([]);
  expect(claimOnce(context, undefined, "shop/dev/two", failure)).toEqual([]);
});
