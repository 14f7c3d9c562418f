import type { DeclaredKeys } from "../../../provider/items/declaredKeys";
import { declareKeys, isWrittenThisRun, markWritten } from "../../../provider/items/declaredKeys";
import { RunState } from "../../../provider/runtime/runState";

const ref = { network: "staging", namespace: "catalog", group: "countries" } as const;
const items = (...keys: string[]): DeclaredKeys => ({
  keys,
  has: (key) => keys.includes(key),
  exclusive: false,
});
const whole = (...keys: string[]): DeclaredKeys => ({ ...items(...keys), exclusive: true });

test("an item belongs to one resource", () => {
  const runState = new RunState();
  expect(declareKeys(runState, ref, "a", items("DE", "FR"))).toBeUndefined();
  expect(declareKeys(runState, ref, "b", items("JP"))).toBeUndefined();
  expect(declareKeys(runState, ref, "c", items("US", "FR", "JP"))).toEqual({ owner: "a", key: "FR" });
  expect(declareKeys(runState, { ...ref, network: "production" }, "c", items("FR"))).toBeUndefined();
  expect(declareKeys(runState, { ...ref, group: "other" }, "c", items("FR"))).toBeUndefined();
});

test("a resource may declare something else the next time: the engine checks a replacement twice", () => {
  const runState = new RunState();
  declareKeys(runState, ref, "a", items("DE"));
  expect(declareKeys(runState, ref, "a", items("FR"))).toBeUndefined();
  expect(declareKeys(runState, ref, "b", items("DE"))).toBeUndefined();
});

test("an exclusive group has one resource", () => {
  const runState = new RunState();
  declareKeys(runState, ref, "a", items("DE"));
  expect(declareKeys(runState, ref, "b", whole("FR"))).toEqual({ owner: "a", key: undefined });
  const other = new RunState();
  declareKeys(other, ref, "b", whole("FR"));
  expect(declareKeys(other, ref, "a", items("DE"))).toEqual({ owner: "b", key: undefined });
});

test("a declaration protects items once they are written, and not before: a plain delete is not affected", () => {
  const runState = new RunState();
  declareKeys(runState, ref, "a", items("DE"));
  expect(isWrittenThisRun(runState, ref, "DE")).toBe(false);
  markWritten(runState, "a");
  expect([isWrittenThisRun(runState, ref, "DE"), isWrittenThisRun(runState, ref, "FR")]).toEqual([
    true,
    false,
  ]);
  expect(isWrittenThisRun(runState, { ...ref, group: "other" }, "DE")).toBe(false);
});
