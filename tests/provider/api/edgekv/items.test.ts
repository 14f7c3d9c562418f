import {
  deleteItem,
  findItem,
  isNamespaceRefused,
  sampleItemKeys,
  writeItem,
} from "../../../../provider/api/edgekv/items";
import { TestEngine } from "../../../support/testEngine";

const place = { network: "staging", namespace: "default", group: "g", key: "k" } as const;

let engine: TestEngine;
beforeEach(async () => {
  engine = await TestEngine.start({ lag: "none", settings: { itemRatePerSecond: 10_000 } });
});
afterEach(() => engine.close());
const { from } = Buffer;
const fault = (status: number, body: unknown, method?: string) =>
  engine.emulator.faults.add({ path: "*/groups/*", kind: "status", status, body, ...(method && { method }) });

test("an item is written with its type, read byte for byte and deleted; absence is a value", async () => {
  const { http } = engine.context;
  expect(await findItem(http, place)).toBeUndefined();
  for (const [bytes, json, contentType] of [
    [from([0xff, 0x00, 0x0a]), false, "text/plain"],
    [from('"42"'), true, "application/json"],
    [from(""), false, "text/plain"],
  ] as const) {
    await writeItem(http, place, { bytes, json });
    expect(Buffer.compare((await findItem(http, place)) ?? from("?"), bytes)).toBe(0);
    expect(engine.emulator.journal().findLast(({ method }) => method === "PUT")).toMatchObject({
      contentType,
    });
  }
  await deleteItem(http, place);
  await deleteItem(http, place);
  expect(await findItem(http, place)).toBeUndefined();
});

// "Delete: cli tests mock 204"; both wordings of a write are prose.
test("answers in other words are taken as they are", async () => {
  const { http } = engine.context;
  fault(204, "", "DELETE");
  await deleteItem(http, place);
  fault(404, { status: 404, errorCode: "EKV_9000" }, "DELETE");
  await deleteItem(http, place);
  fault(
    200,
    "Item was upserted in KV store with database 123456, namespace default, group g, and key k.",
    "PUT",
  );
  await writeItem(http, place, { bytes: from("x"), json: false });
});

test("the keys of a group, as many as were asked for; a group that is not there has none", async () => {
  const { http } = engine.context;
  expect(await sampleItemKeys(http, place)).toEqual([]);
  for (const key of ["a", "b", "c"])
    await writeItem(http, { ...place, key }, { bytes: from("x"), json: false });
  expect((await sampleItemKeys(http, place)).sort()).toEqual(["a", "b", "c"]);
  expect(await sampleItemKeys(http, place, 2)).toHaveLength(2);
});

test("a number of keys that the service refuses is taken back", async () => {
  const { http } = engine.context;
  await writeItem(http, place, { bytes: from("x"), json: false });
  fault(400, { status: 400, errorCode: "EKV_2000", detail: "maxItems too large" }, "GET");
  expect(await sampleItemKeys(http, place, 1_000_000)).toEqual(["k"]);
  expect(engine.requests().slice(-2)).toEqual([
    "GET /networks/staging/namespaces/default/groups/g?maxItems=1000000",
    "GET /networks/staging/namespaces/default/groups/g",
  ]);
});

test("what the service refuses for its speed goes again as often as it takes, at the time that the service asks for", async () => {
  const { http, clock } = engine.context;
  const began = clock.now();
  engine.emulator.faults.add({ method: "PUT", path: "*/items/k", kind: "status", status: 429, times: 20 });
  await writeItem(http, place, { bytes: from("x"), json: false });
  expect(engine.requests()).toHaveLength(21);
  const slow = { kind: "status" as const, status: 429, headers: { "Retry-After": "30" } };
  engine.emulator.faults.add({ method: "GET", path: "*/items/k", ...slow });
  const asked = clock.now();
  await findItem(http, place);
  expect(asked - began).toBeGreaterThan(1000);
  expect(clock.now() - asked).toBeGreaterThanOrEqual(30_000);
});

test("a namespace that is not there differs from an item that is not, and other refusals are errors", async () => {
  const { http } = engine.context;
  const failed = await findItem(http, { ...place, namespace: "nowhere" }).catch((error: unknown) => error);
  expect(isNamespaceRefused(failed)).toBe(true);
  for (const status of [403, 404]) {
    fault(status, { status, detail: "of the gateway" });
    await expect(findItem(http, place)).rejects.toThrow(String(status));
    fault(status, { status, detail: "of the gateway" });
    await expect(deleteItem(http, place)).rejects.toThrow(String(status));
    fault(status, { status, detail: "of the gateway" });
    await expect(sampleItemKeys(http, place)).rejects.toThrow(String(status));
  }
});
