import { type Declared, RunMemory } from "../../../provider/runtime/context";
import { declare, isInForce, putInForce } from "../../../provider/items/declaredKeys";

const place = { network: "staging", namespace: "catalog", group: "countries" } as const;
const items = (...keys: string[]): Declared => ({ keys, has: (key) => keys.includes(key), exclusive: false });
const whole = (...keys: string[]): Declared => ({ ...items(...keys), exclusive: true });

test("an item belongs to one resource", () => {
  const memory = new RunMemory();
  expect(declare(memory, place, "a", items("DE", "FR"))).toBeUndefined();
  expect(declare(memory, place, "b", items("JP"))).toBeUndefined();
  expect(declare(memory, place, "c", items("US", "FR", "JP"))).toEqual({ owner: "a", key: "FR" });
  expect(declare(memory, { ...place, network: "production" }, "c", items("FR"))).toBeUndefined();
  expect(declare(memory, { ...place, group: "other" }, "c", items("FR"))).toBeUndefined();
});

test("a resource may say something else the next time: the engine checks what is replaced twice", () => {
  const memory = new RunMemory();
  declare(memory, place, "a", items("DE"));
  expect(declare(memory, place, "a", items("FR"))).toBeUndefined();
  expect(declare(memory, place, "b", items("DE"))).toBeUndefined();
});

test("a group that one resource wants for itself has no other", () => {
  const memory = new RunMemory();
  declare(memory, place, "a", items("DE"));
  expect(declare(memory, place, "b", whole("FR"))).toEqual({ owner: "a", key: undefined });
  const other = new RunMemory();
  declare(other, place, "b", whole("FR"));
  expect(declare(other, place, "a", items("DE"))).toEqual({ owner: "b", key: undefined });
});

test("what is declared is in force when it is written, and not before: a plain delete is none of its business", () => {
  const memory = new RunMemory();
  declare(memory, place, "a", items("DE"));
  expect(isInForce(memory, place, "DE")).toBe(false);
  putInForce(memory, "a");
  expect([isInForce(memory, place, "DE"), isInForce(memory, place, "FR")]).toEqual([true, false]);
  expect(isInForce(memory, { ...place, group: "other" }, "DE")).toBe(false);
});
