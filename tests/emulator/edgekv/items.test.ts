import { Bench, createNamespace, expectError } from "../support/client";

let bench: Bench;
afterEach(() => bench.close());

const GROUPS = "networks/staging/namespaces/catalog/groups";
const ITEM = `${GROUPS}/countries/items/US`;
const TEXT = { "Content-Type": "text/plain" };

async function ready(options = {}): Promise<void> {
  bench = await Bench.ready(options);
  await createNamespace(bench);
  bench.emulator.clock.advance(5);
}

const put = (key: string, body: string | Buffer | object = "1", group = "countries") =>
  bench.send("PUT", `${GROUPS}/${group}/items/${key}`, { body });

test("write, read, delete", async () => {
  await ready();
  const written = await put("US", { currency: "$" });
  expect([written.status, written.text]).toEqual([
    200,
    "Item was upserted in database, namespace catalog, group countries, and key US.",
  ]);
  expect(written.headers["content-type"]).toMatch(/^text\/plain/);
  const read = await bench.send("GET", ITEM);
  expect([read.status, read.text]).toEqual([200, '{"currency":"$"}']);
  expect(read.headers["content-type"]).toMatch(/^application\/json/);
  const deleted = await bench.send("DELETE", ITEM);
  expect([deleted.status, deleted.text]).toEqual([
    200,
    "Item was marked for deletion from database, namespace catalog, group countries, and key US.",
  ]);
  expectError(
    await bench.send("GET", ITEM),
    404,
    "EKV_9000",
    "Item 'US' or group 'countries' was not found in the database.",
  );
  expect((await bench.send("DELETE", ITEM)).status).toBe(200);
});

test.each<[string, string | Buffer, Record<string, string>]>([
  ["null", "null", { "Content-Type": "application/json" }],
  ["spaces in JSON", '{ "a" : 1 }\n', { "Content-Type": "application/json; charset=utf-8" }],
  ["quotes in text", '"quoted"', TEXT],
  ["nothing", "", TEXT],
  ["no UTF-8", Buffer.from([0xff, 0x00, 0xfe]), TEXT],
])("keeps the bytes: %s", async (_name, body, headers) => {
  await ready();
  expect((await bench.send("PUT", ITEM, { body, headers })).status).toBe(200);
  const reply = await bench.send("GET", ITEM);
  expect([reply.status, reply.bytes]).toEqual([200, Buffer.from(body)]);
  expect(reply.headers["content-type"]).toMatch(
    headers["Content-Type"]?.startsWith("text") ? /^text\/plain/ : /^application\/json/,
  );
});

test("names that are special in JavaScript are ordinary keys", async () => {
  await ready();
  for (const name of ["__proto__", "constructor", "toString"]) {
    expectError(await bench.send("GET", `${GROUPS}/${name}/items/${name}`), 404, "EKV_9000");
    await put(name, name, name);
    expect((await bench.send("GET", `${GROUPS}/${name}/items/${name}`)).text).toBe(name);
  }
  bench.emulator.state.put(bench.emulator.state.get());
  expect((await bench.send("GET", GROUPS)).json).toEqual(["__proto__", "constructor", "toString"]);
});

test("names are checked", async () => {
  await ready();
  const bad = "must only use a string that matches A-Z a-z 0-9 _ or -..";
  expectError(await put("a%20b"), 400, "EKV_9000", `Key ${bad}`);
  expectError(await put("k".repeat(513)), 400, "EKV_9000", `Key ${bad}`);
  expect((await put("k".repeat(512))).status).toBe(200);
  expectError(await put("k", "1", "a.b"), 400, "EKV_9000", `Group ${bad}`);
  expectError(await put("k", "1", "g".repeat(129)), 400, "EKV_9000", `Group ${bad}`);
  expect((await put("k", "1", "g".repeat(128))).status).toBe(200);
  expectError(await bench.send("GET", `${GROUPS}/a.b`), 400, "EKV_9000", `Group ${bad}`);
});

test("the namespace has to be there", async () => {
  await ready();
  const other = "networks/production/namespaces/catalog/groups";
  for (const [method, path] of [
    ["GET", "/g/items/i"],
    ["PUT", "/g/items/i"],
    ["DELETE", "/g/items/i"],
    ["GET", "/g"],
    ["GET", ""],
  ] as const) {
    expectError(
      await bench.send(method, other + path),
      400,
      "EKV_9000",
      "The requested namespace does not exist.",
    );
  }
});

test("values have a limit, counted in characters", async () => {
  await ready();
  expect((await put("US", "ü".repeat(262_144))).status).toBe(200);
  const refused = await put("US", "ü".repeat(262_145));
  expectError(refused, 413, "EKV_9000", "Value cannot exceed 262144 characters.");
  expect(refused.json.title).toBe("Payload Too Large");
});

test("a write shows within ten seconds: until then the old value, or none", async () => {
  await ready({ lag: "default" });
  const seen = async () => {
    const texts = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      const { status, text } = await bench.send("GET", ITEM);
      texts.add(status === 200 ? text : String(status));
    }
    return texts;
  };
  await put("US", "1");
  bench.emulator.clock.advance(5);
  expect(await seen()).toEqual(new Set(["404", "1"]));
  bench.emulator.clock.advance(5);
  expect(await seen()).toEqual(new Set(["1"]));
  await put("US", "2");
  bench.emulator.clock.advance(5);
  expect(await seen()).toEqual(new Set(["1", "2"]));
  bench.emulator.clock.advance(5);
  await bench.send("DELETE", ITEM);
  bench.emulator.clock.advance(5);
  expect(await seen()).toEqual(new Set(["2", "404"]));
  bench.emulator.clock.advance(5);
  expect(await seen()).toEqual(new Set(["404"]));
});

test("an item lives as long as the retention at its writing", async () => {
  await ready();
  await put("old");
  await bench.send("PUT", "networks/staging/namespaces/catalog", {
    body: { namespace: "catalog", retentionInSeconds: 0 },
  });
  await put("new");
  bench.emulator.clock.advance(86_399);
  expect((await bench.send("GET", `${GROUPS}/countries`)).json).toEqual(["old", "new"]);
  bench.emulator.clock.advance(1);
  expectError(await bench.send("GET", `${GROUPS}/countries/items/old`), 404, "EKV_9000");
  expect((await bench.send("GET", `${GROUPS}/countries`)).json).toEqual(["new"]);
});

test("lists keys: at most 100 of them, a random choice, or as many as wanted", async () => {
  await ready();
  expectError(
    await bench.send("GET", `${GROUPS}/countries`),
    404,
    "EKV_9000",
    "The requested group is empty or not found.",
  );
  const keys = Array.from({ length: 120 }, (_, i) => `k${i}`);
  for (const key of keys) await put(key);
  const list = async (query = "") =>
    (await bench.send("GET", `${GROUPS}/countries${query}`)).json as unknown as string[];
  const [first, second] = [await list(), await list()];
  for (const some of [first, second]) {
    expect(some).toHaveLength(100);
    expect(keys).toEqual(expect.arrayContaining(some));
    expect(new Set(some).size).toBe(100);
  }
  expect(new Set(first)).not.toEqual(new Set(second));
  expect(await list("?maxItems=3")).toHaveLength(3);
  expect(new Set(await list("?maxItems=1000"))).toEqual(new Set(keys));
  for (const maxItems of ["0", "-1", "x", ""])
    expectError(await bench.send("GET", `${GROUPS}/countries?maxItems=${maxItems}`), 400, "EKV_2000");
});

test("lists groups; a group is gone with its last item", async () => {
  await ready();
  expectError(await bench.send("GET", GROUPS), 404, "EKV_9000", "There are no groups.");
  await put("US");
  await put("cars", "1", "industries");
  expect((await bench.send("GET", GROUPS)).json).toEqual(["countries", "industries"]);
  await bench.send("DELETE", ITEM);
  expect((await bench.send("GET", GROUPS)).json).toEqual(["industries"]);
});

test("a sandbox has data of its own, on staging, for two days", async () => {
  await ready();
  await put("US", "real");
  expect((await bench.send("PUT", `${ITEM}?sandboxId=box1`, { body: "sand" })).text).toMatch(
    /group countries, and key US\.$/,
  );
  expect((await bench.send("GET", ITEM)).text).toBe("real");
  expect((await bench.send("GET", `${ITEM}?sandboxId=box1`)).text).toBe("sand");
  expectError(await bench.send("GET", `${ITEM}?sandboxId=box2`), 404, "EKV_9000");
  expect((await bench.send("GET", `${GROUPS}/countries?sandboxId=box1`)).json).toEqual(["US"]);
  expect((await bench.send("GET", GROUPS)).json).toEqual(["countries", "countries_box1"]);
  expectError(
    await bench.send("GET", `${GROUPS}?sandboxId=box1`),
    400,
    "EKV_2000",
    "This endpoint does not support Sandbox.",
  );
  await createNamespace(bench, "production");
  expectError(
    await bench.send("GET", `${ITEM.replace("staging", "production")}?sandboxId=box1`),
    400,
    "EKV_2000",
    "This endpoint does not support Sandbox.",
  );
  await bench.send("PUT", "networks/staging/namespaces/catalog", {
    body: { namespace: "catalog", retentionInSeconds: 0 },
  });
  await bench.send("PUT", `${ITEM}?sandboxId=box1`, { body: "sand" });
  bench.emulator.clock.advance(172_800);
  expectError(await bench.send("GET", `${ITEM}?sandboxId=box1`), 404, "EKV_9000");
});

test("the second may be one of the emulator's clock", async () => {
  bench = await Bench.ready({ traffic: "clock", settings: { itemRatePerSecond: 2 } });
  const put = async () =>
    (await bench.send("PUT", "networks/staging/namespaces/default/groups/g/items/i", { body: "1" })).status;
  expect([await put(), await put(), await put()]).toEqual([200, 200, 429]);
  bench.emulator.clock.advance(0.999);
  expect(await put()).toBe(429);
  bench.emulator.clock.advance(1);
  expect(await put()).toBe(200);
});

test("too many requests per second are denied, and the next second is a new one", async () => {
  bench = await Bench.ready({ settings: { itemRatePerSecond: 5 } });
  const path = "networks/staging/namespaces/default/groups/g/items/i";
  const replies = await Promise.all(Array.from({ length: 20 }, () => bench.send("PUT", path, { body: "1" })));
  const denied = replies.filter(({ status }) => status === 429);
  expect(denied.length).toBeGreaterThanOrEqual(10);
  for (const reply of denied)
    expectError(
      reply,
      429,
      "EKV_9100",
      /^Your request has been denied: \d+ hits per second too high\. limit set at 5\. Please try again soon\.$/,
    );
  expect((await bench.send("GET", "networks/staging/namespaces/default")).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect((await bench.send("GET", path)).text).toBe("1");
});

test("the journal does not have the values", async () => {
  await ready();
  await put("US", "a secret");
  expect(bench.emulator.journal().at(-1)).toMatchObject({ method: "PUT", body: "(8 bytes)" });
  expect(JSON.stringify(bench.emulator.journal())).not.toContain("a secret");
});
