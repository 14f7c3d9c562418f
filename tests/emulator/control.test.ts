import { Bench, createNamespace } from "./support/client";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.ready();
});
afterEach(() => bench.close());

test("needs its own secret", async () => {
  for (const method of ["GET", "PUT"]) {
    const refused = await bench.control(method, "/state", undefined, "wrong");
    expect([refused.status, refused.json.status]).toEqual([401, 401]);
  }
  expect((await bench.send("GET", "/_emulator/state")).status).toBe(401);
  expect((await bench.send("GET", "/_emulator/state", { authorization: null })).status).toBe(401);
});

test("a control that does not exist names those that do", async () => {
  for (const [method, path] of [
    ["GET", "/clok"],
    ["DELETE", "/clock"],
  ] as const) {
    const { status, json } = await bench.control(method, path);
    expect([status, json.detail]).toEqual([
      404,
      expect.stringMatching(
        new RegExp(
          `^there is no control ${method} /_emulator${path}; there are GET /clock, POST /clock, .*PUT /state\\.$`,
        ),
      ),
    ]);
  }
  expect((await bench.control("GET", "/clok", undefined, "wrong")).status).toBe(401);
});

test("the clock", async () => {
  const before = Date.parse(String((await bench.control("GET", "/clock")).json.now));
  const reply = await bench.control("POST", "/clock", { advanceSeconds: 90.5 });
  expect([reply.status, Date.parse(String(reply.json.now))]).toEqual([200, before + 90_500]);
  expect(bench.emulator.clock.now()).toBe(before + 90_500);
  for (const body of [{ advanceSeconds: -1 }, { advance: 1 }, undefined])
    expect((await bench.control("POST", "/clock", body)).status).toBe(400);
});

test("the journal", async () => {
  await createNamespace(bench);
  const journal = (await bench.control("GET", "/journal")).json as unknown as object[];
  expect(journal).toEqual([
    {
      at: new Date(bench.emulator.clock.now()).toISOString(),
      method: "POST",
      path: "/edgekv/v1/networks/staging/namespaces",
      query: {},
      status: 200,
      client: "default",
      requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
      contentType: "application/json",
      body: { namespace: "catalog", retentionInSeconds: 86_400, groupId: 72_297 },
    },
  ]);
  const { clientSecret, clientToken } = bench.emulator.credentials();
  expect(JSON.stringify(journal)).not.toContain(clientToken);
  expect(JSON.stringify(journal)).not.toContain(clientSecret);
  expect((await bench.control("GET", "/counts")).json).toEqual({ "POST edgekv": 1 });
  expect((await bench.control("DELETE", "/journal")).status).toBe(204);
  expect([bench.emulator.journal(), bench.emulator.counts()]).toEqual([[], {}]);
});

test("faults", async () => {
  const fault = { method: "GET", path: "/edgekv/v1/initialize", kind: "status", status: 500 };
  expect((await bench.control("POST", "/faults", fault)).status).toBe(204);
  expect((await bench.control("POST", "/faults", [{ kind: "slow" }, { kind: "hang" }])).status).toBe(204);
  expect((await bench.control("GET", "/faults")).json).toMatchObject([
    fault,
    { kind: "slow", times: 1, skip: 0 },
    { kind: "hang" },
  ]);
  expect((await bench.send("GET", "initialize")).status).toBe(500);
  expect((await bench.control("DELETE", "/faults")).status).toBe(204);
  expect((await bench.control("GET", "/faults")).json).toEqual([]);
  expect((await bench.control("POST", "/faults", { kind: "explode" })).status).toBe(400);
  expect(
    (
      await bench.send("POST", "/_emulator/faults", {
        authorization: `Bearer ${bench.emulator.controlToken}`,
        body: "{",
      })
    ).status,
  ).toBe(400);
});

test("the state can be taken and put back, into another emulator too", async () => {
  await createNamespace(bench);
  await bench.send("PUT", "networks/staging/namespaces/catalog/groups/g/items/i", { body: "1" });
  const state = (await bench.control("GET", "/state")).json;
  expect(state).toEqual(bench.emulator.state.get());
  const other = await Bench.start();
  expect((await other.control("PUT", "/state", state)).status).toBe(204);
  expect((await other.send("GET", "networks/staging/namespaces/catalog/groups/g/items/i")).text).toBe("1");
  expect(other.emulator.clock.now()).toBeGreaterThanOrEqual(bench.emulator.clock.now());
  const refused = await other.control("PUT", "/state", { ...state, extra: 1 });
  expect([refused.status, refused.json.detail]).toEqual([
    400,
    expect.stringMatching(/not a state of the emulator/),
  ]);
  await other.close();
});

test("a client that a state adds gets credentials", async () => {
  const state = bench.emulator.state.get() as { clients: Record<string, object> };
  state.clients.guest = { grants: { edgekv: "READ-ONLY" }, viewCpCodes: true };
  bench.emulator.state.put(state);
  expect((await bench.send("GET", "initialize", { section: "guest" })).status).toBe(200);
  expect(() => bench.emulator.credentials("nobody")).toThrow("there is no API client nobody");
});
