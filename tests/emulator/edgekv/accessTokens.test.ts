import { Bench, createNamespace, expectError, type Sent } from "../support/client";

let bench: Bench;
afterEach(() => bench.close());

const body = {
  name: "catalog_stg",
  allowOnStaging: true,
  allowOnProduction: false,
  namespacePermissions: { catalog: ["r", "w", "d"] },
};
const post = (changes: object = {}, sent: Sent = {}) =>
  bench.send("POST", "tokens", { body: { ...body, ...changes }, ...sent });
const get = (name = "catalog_stg") => bench.send("GET", `tokens/${name}`);
const DAY = 86_400;

async function ready(options: Parameters<typeof Bench.ready>[0] = {}): Promise<void> {
  bench = await Bench.ready(options);
  await createNamespace(bench);
  // A date to count from: 9 February 2030.
  bench.emulator.clock.advance((Date.UTC(2030, 1, 9, 12) - bench.emulator.clock.now()) / 1000);
}

describe("enhanced tokens", () => {
  test("are created in progress, and complete after minutes", async () => {
    await ready({ lag: "default" });
    const reply = await post({ restrictToEdgeWorkerIds: ["54321"] });
    const token = {
      name: "catalog_stg",
      uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      expiry: "9999-12-31",
      tokenActivationStatus: "IN_PROGRESS",
      issueDate: "2030-02-09",
      latestRefreshDate: null,
      nextScheduledRefreshDate: "2030-04-09",
      cpcode: "1284561",
      restrictToEdgeWorkerIds: ["54321"],
      allowOnStaging: true,
      allowOnProduction: false,
      namespacePermissions: { catalog: ["r", "w", "d"] },
    };
    expect([reply.status, reply.json]).toEqual([200, token]);
    bench.emulator.clock.advance(119);
    expect((await get()).json).toEqual(token);
    bench.emulator.clock.advance(1);
    expect((await get()).json).toEqual({ ...token, tokenActivationStatus: "COMPLETE" });
  });

  test("may not be visible for five seconds", async () => {
    await ready({ lag: { object: 5 } });
    await post();
    bench.emulator.clock.advance(2.5);
    const seen = new Set<number>();
    for (let i = 0; i < 40; i += 1) seen.add((await get()).status);
    expect(seen).toEqual(new Set([200, 404]));
    expectError(await post(), 409, "EKV_3000", "Token with name catalog_stg is already stored.");
  });

  test("without lag the reply is in progress, and the next read complete", async () => {
    await ready();
    expect((await post()).json.tokenActivationStatus).toBe("IN_PROGRESS");
    expect((await get()).json.tokenActivationStatus).toBe("COMPLETE");
  });

  test("an activation can fail, and be tried again by a refresh", async () => {
    await ready({ settings: { failTokens: 1 } });
    await post();
    expect((await get()).json.tokenActivationStatus).toBe("ERROR");
    await bench.send("POST", "tokens/catalog_stg/refresh");
    expect((await get()).json.tokenActivationStatus).toBe("COMPLETE");
  });

  test("are listed without their permissions", async () => {
    await ready();
    expectError(await bench.send("GET", "tokens"), 404, "EKV_3000", "No tokens exist.");
    const { uuid } = (await post()).json;
    const reply = await bench.send("GET", "tokens");
    const summary = {
      name: "catalog_stg",
      uuid,
      expiry: "9999-12-31",
      tokenActivationStatus: "COMPLETE",
      issueDate: "2030-02-09",
      latestRefreshDate: null,
      nextScheduledRefreshDate: "2030-04-09",
    };
    expect([reply.status, reply.json]).toEqual([200, { tokens: [summary] }]);
  });

  test("are refreshed on request, and by themselves every two months", async () => {
    await ready({ lag: "default" });
    const { uuid } = (await post()).json;
    bench.emulator.clock.advance(22 * DAY);
    const reply = await bench.send("POST", "tokens/catalog_stg/refresh");
    expect([reply.status, reply.json]).toEqual([
      200,
      expect.objectContaining({
        uuid,
        tokenActivationStatus: "IN_PROGRESS",
        issueDate: "2030-02-09",
        latestRefreshDate: "2030-03-03",
        nextScheduledRefreshDate: "2030-05-03",
      }),
    ]);
    expect((await get()).json.tokenActivationStatus).toBe("IN_PROGRESS");
    bench.emulator.clock.advance(120);
    expect((await get()).json.tokenActivationStatus).toBe("COMPLETE");
    bench.emulator.clock.advance(130 * DAY);
    expect((await get()).json).toMatchObject({
      uuid,
      tokenActivationStatus: "COMPLETE",
      latestRefreshDate: "2030-07-03",
      nextScheduledRefreshDate: "2030-09-03",
    });
  });

  test("the date of the refresh is never after the end of a month", async () => {
    await ready();
    bench.emulator.clock.advance((Date.UTC(2030, 11, 31) - bench.emulator.clock.now()) / 1000);
    expect((await post()).json.nextScheduledRefreshDate).toBe("2031-02-28");
  });

  test("are revoked at once, and their names are free again", async () => {
    await ready();
    const { uuid } = (await post()).json;
    const reply = await bench.send("DELETE", "tokens/catalog_stg");
    expect([reply.status, reply.json]).toEqual([200, { name: "catalog_stg", uuid }]);
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/refresh"],
    ] as const) {
      expectError(
        await bench.send(method, `tokens/catalog_stg${path}`),
        404,
        "EKV_3000",
        "Token with name catalog_stg does not exist.",
      );
    }
    expect((await bench.send("GET", "tokens")).status).toBe(404);
    expect((await post()).json.uuid).not.toBe(uuid);
  });

  test.each([
    [{}, undefined],
    [{ restrictToEdgeWorkerIds: null }, undefined],
    [{ restrictToEdgeWorkerIds: [] }, undefined],
    [{ restrictToEdgeWorkerIds: ["all"] }, ["all"]],
    [{ restrictToEdgeWorkerIds: ["1", "2"] }, ["1", "2"]],
    [{ restrictToEwids: ["all"] }, ["all"]],
    [{ restrictToEwids: ["7"] }, ["7"]],
    [{ restrictToEdgeWorkerIds: ["1"], restrictToEwids: ["7"] }, ["1"]],
  ])("restricted to EdgeWorkers by %j", async (changes, shown) => {
    await ready();
    expect((await post(changes)).json.restrictToEdgeWorkerIds).toEqual(shown);
  });

  test.each([
    [{ name: undefined }, "Name must be specified."],
    [{ name: "a b" }, "Name contains invalid characters."],
    [{ name: "n".repeat(33) }, "Name contains invalid characters."],
    [{ allowOnStaging: false }, "A token must be allowed on at least one network."],
    [{ allowOnProduction: undefined }, /allowOnProduction/],
    [{ namespacePermissions: undefined }, /namespacePermissions/],
    [{ namespacePermissions: {} }, /1 to 20 namespaces/],
    [
      { namespacePermissions: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`n${i}`, ["r"]])) },
      /1 to 20 namespaces/,
    ],
    [{ namespacePermissions: { catalog: ["x"] } }, "Invalid permission"],
    [{ namespacePermissions: { catalog: ["r", "r"] } }, "Invalid permission"],
    [{ namespacePermissions: { catalog: [] } }, "Invalid permission"],
    [{ namespacePermissions: { catalog: "r" } }, "Invalid permission"],
    [
      { namespacePermissions: { missing: ["r"] } },
      "Namespace missing does not exist on the staging network.",
    ],
    [{ allowOnProduction: true }, "Namespace catalog does not exist on the production network."],
    [{ restrictToEdgeWorkerIds: ["a"] }, /EdgeWorker IDs/],
    [{ restrictToEdgeWorkerIds: [0] }, /EdgeWorker IDs/],
    [{ restrictToEdgeWorkerIds: ["all", "1"] }, /EdgeWorker IDs/],
    [{ restrictToEdgeWorkerIds: ["1", "2", "3", "4", "5", "6", "7", "8", "9"] }, /EdgeWorker IDs/],
    [{ expiry: "soon" }, /Expiry/],
    [{ expiry: "2030-13-01" }, /Expiry/],
  ])("refuses %j", async (changes, detail) => {
    await ready();
    expectError(await post(changes), 400, "EKV_2000", detail);
  });

  test.each(["{", '{"name":"a","name":"b"}', ""])("refuses the body %j", async (text) => {
    await ready();
    expectError(
      await post({}, { body: text }),
      422,
      "EKV_2001",
      "The JSON request body contained a syntax error or duplicate attributes.",
    );
  });

  test.each(["2030-08-01", "2030-08-01T00:00:00Z", "", null])(
    "an expiry of %j is taken, and never comes",
    async (expiry) => {
      await ready();
      expect((await post({ expiry })).json.expiry).toBe("9999-12-31");
    },
  );

  test("all namespaces have one data access policy", async () => {
    await ready({ settings: { tlsEntitlement: true } });
    await bench.send("PUT", "auth/database", {
      body: { dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: true } },
    });
    await createNamespace(bench, "staging", {
      namespace: "open",
      dataAccessPolicy: { restrictDataAccess: false },
    });
    expectError(
      await post({ namespacePermissions: { catalog: ["r"], open: ["r"] } }),
      400,
      "EKV_2000",
      /same data access policy/,
    );
    expect((await post({ namespacePermissions: { catalog: ["r"], default: ["r"] } })).status).toBe(200);
  });

  test("names of the path are checked", async () => {
    await ready();
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/refresh"],
    ] as const) {
      expectError(
        await bench.send(method, `tokens/a.b${path}`),
        400,
        "EKV_2000",
        "Name contains invalid characters.",
      );
    }
  });

  test("an account has a limit", async () => {
    await ready({ settings: { tokensPerAccount: 1 } });
    await post();
    expectError(await post({ name: "second" }), 413, "EKV_9000");
    await bench.send("DELETE", "tokens/catalog_stg");
    expect((await post({ name: "second" })).status).toBe(200);
  });

  test("a token outlives its namespace", async () => {
    await ready();
    await post();
    await bench.send("DELETE", "networks/staging/namespaces/catalog?sync=true");
    expect((await get()).status).toBe(200);
  });
});

describe("legacy tokens", () => {
  const legacy = { settings: { legacyTokens: true } };
  const expiry = "2030-03-01";

  test("are JWTs with a date", async () => {
    await ready(legacy);
    const reply = await post({ expiry, restrictToEdgeWorkerIds: ["1", "2"] });
    expect([reply.status, reply.json]).toEqual([
      200,
      { name: "catalog_stg", uuid: expect.any(String), expiry, value: expect.any(String) },
    ]);
    expect((await get()).json).toEqual(reply.json);
    const claims = JSON.parse(
      Buffer.from(String(reply.json.value).split(".")[1] ?? "", "base64url").toString(),
    );
    expect(claims).toMatchObject({
      exp: Date.parse(expiry) / 1000,
      env: ["s"],
      ewids: "1,2",
      "namespace-catalog": ["r", "w", "d"],
    });
    expect((await bench.send("GET", "tokens")).json).toEqual({
      tokens: [{ name: "catalog_stg", uuid: reply.json.uuid, expiry }],
    });
  });

  test.each([undefined, "", "2030-02-09", "2030-08-10"])("an expiry of %j is refused", async (expiry) => {
    await ready(legacy);
    expectError(await post({ expiry }), 400, "EKV_2000", /^Expiry must be/);
  });

  test.each(["2030-02-10", "2030-08-09T00:00:00Z"])("an expiry of %j is taken", async (expiry) => {
    await ready(legacy);
    expect((await post({ expiry })).json.expiry).toBe(expiry.slice(0, 10));
  });

  test("expire, are listed for 30 days more on request, and are expunged then", async () => {
    await ready({ settings: { legacyTokens: true, tokensPerAccount: 1 } });
    await post({ expiry });
    bench.emulator.clock.advance(20 * DAY);
    const gone = await get();
    expectError(gone, 410, "EKV_3000", "Token has expired.");
    expect(gone.json.title).toBe("Not Found");
    expectError(await bench.send("GET", "tokens"), 404, "EKV_3000");
    expect((await bench.send("GET", "tokens?includeExpired=true")).json.tokens).toHaveLength(1);
    expectError(await post({ name: "other", expiry: "2030-05-01" }), 413, "EKV_9000");
    bench.emulator.clock.advance(30 * DAY);
    expectError(await get(), 404, "EKV_3000");
    expectError(await bench.send("GET", "tokens?includeExpired=true"), 404, "EKV_3000");
    expect((await post({ name: "other", expiry: "2030-05-01" })).status).toBe(200);
  });

  test("the name of an expired one is free", async () => {
    await ready(legacy);
    await post({ expiry });
    bench.emulator.clock.advance(20 * DAY);
    expect((await post({ expiry: "2030-05-01" })).status).toBe(200);
  });

  test("cannot be refreshed", async () => {
    await ready(legacy);
    await post({ expiry });
    expectError(await bench.send("POST", "tokens/catalog_stg/refresh"), 400, "EKV_2000");
  });
});
