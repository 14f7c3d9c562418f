import type { DeclaredKeys } from "../../../provider/items/declaredKeys";
import { declareKeys, isWrittenThisRun, markWritten } from "../../../provider/items/declaredKeys";
import { RunState } from "../../../provider/runtime/runState";

const place = { network: "staging", namespace: "catalog", group: "countries" } as const;
const items = (...keys: string[]): DeclaredKeys => ({ keys, has: (key) => keys.includes(key), exclusive: false });
const whole = (...keys: string[]): DeclaredKeys => ({ ...items(...keys), exclusive: true });

test("an item belongs to one resource", () => {
  const memory = new RunState();
  expect(declareKeys(memory, place, "a", items("DE", "FR"))).toBeUndefined();
  expect(declareKeys(memory, place, "b", items("JP"))).toBeUndefined();
  expect(declareKeys(memory, place, "c", items("US", "FR", "JP"))).toEqual({ owner: "a", key: "FR" });
  expect(declareKeys(memory, { ...place, network: "production" }, "c", items("FR"))).toBeUndefined();
  expect(declareKeys(memory, { ...place, group: "other" }, "c", items("FR"))).toBeUndefined();
});

test("a resource may say something else the next time: the engine checks what is replaced twice", () => {
  const memory = new RunState();
  declareKeys(memory, place, "a", items("DE"));
  expect(declareKeys(memory, place, "a", items("FR"))).toBeUndefined();
  expect(declareKeys(memory, place, "b", items("DE"))).toBeUndefined();
});

test("a group that one resource wants for itself has no other", () => {
  const memory = new RunState();
  declareKeys(memory, place, "a", items("DE"));
  expect(declareKeys(memory, place, "b", whole("FR"))).toEqual({ owner: "a", key: undefined });
  const other = new RunState();
  declareKeys(other, place, "b", whole("FR"));
  expect(declareKeys(other, place, "a", items("DE"))).toEqual({ owner: "b", key: undefined });
});

test("what is declared is in force when it is written, and not before: a plain delete is none of its business", () => {
  const memory = new RunState();
  declareKeys(memory, place, "a", items("DE"));
  expect(isWrittenThisRun(memory, place, "DE")).toBe(false);
  markWritten(memory, "a");
  expect([isWrittenThisRun(memory, place, "DE"), isWrittenThisRun(memory, place, "FR")]).toEqual([true, false]);
  expect(isWrittenThisRun(memory, { ...place, group: "other" }, "DE")).toBe(false);
});
