import { item, itemGroups, itemKeys } from "../../../provider/functions/edgekv";
import { TestEngine } from "../../support/testEngine";

const namespace = { network: "staging", namespace: "default" } as const;
const group = { ...namespace, group: "countries" };

let engine: TestEngine;
const begin = async (options: Parameters<typeof TestEngine.start>[0] = {}) => {
  engine = await TestEngine.start({ lag: "none", ...options, settings: { itemRatePerSecond: 10_000 } });
};
const put = (key: string, bytes: string, of = "countries") =>
  engine.somebody().send({
    method: "PUT",
    path: `/edgekv/v1/networks/staging/namespaces/default/groups/${of}/items/${key}`,
    raw: { contentType: "text/plain", bytes },
  });
afterEach(() => engine.close());

test("an item, as text and, where it is that, as JSON; one that is not there is an error", async () => {
  await begin();
  await put("DE", "Guten Tag");
  await put("null", "null");
  await put("empty", "");
  expect(await item(engine.context, { ...group, key: "DE" })).toEqual({ value: "Guten Tag" });
  expect(await item(engine.context, { ...group, key: "null" })).toEqual({ value: "null", json: null });
  expect(await item(engine.context, { ...group, key: "empty" })).toEqual({ value: "" });
  await expect(item(engine.context, { ...group, key: "FR" })).rejects.toThrow(
    "there is no item FR in the group countries of the namespace default on staging",
  );
});

test.each([1, 2, 3])("an item that some servers do not show yet is found (seed %s)", async (seed) => {
  await begin({ lag: "default", seed });
  await put("DE", "Guten Tag");
  engine.later(6);
  expect(await item(engine.context, { ...group, key: "DE" })).toEqual({ value: "Guten Tag" });
});

test("keys, and whether there may be more; groups", async () => {
  await begin();
  expect(await itemKeys(engine.context, group)).toEqual({ keys: [], isSample: false });
  expect(await itemGroups(engine.context, namespace)).toEqual([]);
  for (const key of ["c", "a", "b"]) await put(key, "x");
  await put("a", "x", "other");
  expect(await itemKeys(engine.context, group)).toEqual({ keys: ["a", "b", "c"], isSample: false });
  expect(await itemKeys(engine.context, { ...group, maxItems: 2 })).toEqual({
    keys: expect.any(Array),
    isSample: true,
  });
  expect(await itemGroups(engine.context, namespace)).toEqual(["countries", "other"]);
  for (let count = 0; count < 100; count++) await put(`key-${count}`, "x");
  const { keys, isSample } = await itemKeys(engine.context, group);
  expect([keys.length, isSample]).toEqual([100, true]);
});

test("what the service refuses is an error, not an empty answer", async () => {
  await begin();
  for (const look of [
    () => item(engine.context, { ...group, key: "DE" }),
    () => itemKeys(engine.context, group),
    () => itemGroups(engine.context, namespace),
  ]) {
    engine.emulator.faults.add({ kind: "status", status: 403 });
    await expect(look()).rejects.toThrow("with 403");
  }
});
