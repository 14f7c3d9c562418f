import { Bench, catalog, createNamespace, expectError } from "../support/client";

let bench: Bench;
afterEach(() => bench.close());

const PATH = "networks/staging/namespaces/catalog";
const SCHEDULE = `${PATH}/status/scheduled-delete`;
const object = {
  ...catalog,
  geoLocation: "US",
  namespaceStatus: "READY",
  dataAccessPolicy: { restrictDataAccess: true, policyType: "inherited" },
};
const MISSING = "The requested namespace does not exist.";
const noPermission = (name: string) =>
  `That resource does not exist or you are missing the '${name}' permission for it.`;
const inSeconds = (seconds: number) => new Date(bench.emulator.clock.now() + seconds * 1000).toISOString();

/** The answers to the same request, many times: some come from replicas that are behind. */
const many = async <T>(read: () => Promise<T>) => {
  const seen: T[] = [];
  for (let i = 0; i < 40; i += 1) seen.push(await read());
  return seen;
};

describe("create", () => {
  test("answers 200 with the object; the networks are separate; the network may be upper case", async () => {
    bench = await Bench.ready();
    const reply = await createNamespace(bench, "STAGING");
    expect([reply.status, reply.json]).toEqual([200, object]);
    expect((await bench.send("GET", PATH)).json).toEqual(object);
    expectError(await bench.send("GET", "networks/production/namespaces/catalog"), 400, "EKV_9000", MISSING);
    expectError(await bench.send("GET", "networks/elsewhere/namespaces/catalog"), 400, "EKV_2000");
  });

  test("the same again is 200, anything else is a conflict", async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
    expect((await createNamespace(bench)).status).toBe(200);
    const detail = "A namespace with the name catalog already exists with a different configuration";
    expectError(await createNamespace(bench, "staging", { retentionInSeconds: 0 }), 409, "EKV_3000", detail);
    expectError(await createNamespace(bench, "staging", { groupId: 98_765 }), 409, "EKV_3000", detail);
    expectError(await createNamespace(bench, "staging", { namespace: "default" }), 409, "EKV_3000");
  });

  test.each([
    [{ retentionInSeconds: undefined }, "Retention period must be specified."],
    [{ retentionInSeconds: 86_399 }, /Retention period/],
    [{ retentionInSeconds: 315_360_001 }, /Retention period/],
    [{ retentionInSeconds: 100_000.5 }, /Retention period/],
    [{ retentionInSeconds: "86400" }, /Retention period/],
    [{ namespace: "-catalog" }, "Name contains invalid characters."],
    [{ namespace: "cat.alog" }, "Name contains invalid characters."],
    [{ namespace: "c".repeat(33) }, "Name contains invalid characters."],
    [{ namespace: undefined }, "Namespace must be specified."],
    [{ groupId: undefined }, /Group ID/],
    [{ groupId: -1 }, /Group ID/],
    [{ geoLocation: "JP" }, "The staging network only supports US location."],
    [
      { geoLocation: "MARS" },
      "Specified geoLocation not supported. Please specify one of US, EU, JP, GLOBAL",
    ],
    [{ dataAccessPolicy: {} }, /dataAccessPolicy/],
  ])("refuses %j", async (changes, detail) => {
    bench = await Bench.ready();
    expectError(await createNamespace(bench, "staging", changes), 400, "EKV_2000", detail);
  });

  test.each(["{", '{"namespace":"a","namespace":"a"}', ""])("refuses the body %j", async (body) => {
    bench = await Bench.ready();
    expectError(await bench.send("POST", "networks/staging/namespaces", { body }), 422, "EKV_2001");
  });

  test("takes all locations on production, and every retention that is allowed", async () => {
    bench = await Bench.ready();
    for (const geoLocation of ["US", "EU", "JP", "GLOBAL"]) {
      expect(
        (await createNamespace(bench, "production", { namespace: geoLocation, geoLocation })).json
          .geoLocation,
      ).toBe(geoLocation);
    }
    for (const retentionInSeconds of [0, 315_360_000]) {
      expect(
        (await createNamespace(bench, "staging", { namespace: `r${retentionInSeconds}`, retentionInSeconds }))
          .status,
      ).toBe(200);
    }
  });

  test("one access group for both networks", async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
    const detail = "groupId changes must be made through the reauthorize endpoint.";
    expectError(await createNamespace(bench, "production", { groupId: 98_765 }), 400, "EKV_3000", detail);
    expect((await createNamespace(bench, "production")).status).toBe(200);
  });

  test("twenty on each network, default included", async () => {
    bench = await Bench.ready();
    for (let i = 0; i < 19; i += 1)
      expect((await createNamespace(bench, "staging", { namespace: `n${i}` })).status).toBe(200);
    const refused = await createNamespace(bench);
    expectError(
      refused,
      413,
      "EKV_9000",
      "Each account is allowed 20 namespaces. This limit has already been reached.",
    );
    expect(refused.json.title).toBe("Payload Too Large");
    expect((await createNamespace(bench, "production")).status).toBe(200);
    // A scheduled delete frees the place when it is carried out.
    await bench.send("DELETE", "networks/staging/namespaces/n0");
    expect((await createNamespace(bench)).status).toBe(413);
    bench.emulator.clock.advance(259_200);
    expect((await createNamespace(bench)).status).toBe(200);
  });

  test("an own data access policy where the database allows it", async () => {
    bench = await Bench.ready({ settings: { tlsEntitlement: true } });
    const open = { dataAccessPolicy: { restrictDataAccess: false } };
    expectError(await createNamespace(bench, "staging", open), 400, "EKV_2000", /does not allow overrides/);
    expect(
      (
        await createNamespace(bench, "staging", {
          namespace: "same",
          dataAccessPolicy: { restrictDataAccess: true },
        })
      ).json.dataAccessPolicy,
    ).toEqual({
      restrictDataAccess: true,
      policyType: "inherited",
    });
    await bench.send("PUT", "auth/database", {
      body: { dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: true } },
    });
    expect((await createNamespace(bench, "staging", open)).json.dataAccessPolicy).toEqual({
      restrictDataAccess: false,
      policyType: "overridden",
    });
    expectError(
      await createNamespace(bench, "staging", { dataAccessPolicy: { restrictDataAccess: true } }),
      409,
      "EKV_3000",
    );
  });

  test("restrictDataAccess false needs the entitlement", async () => {
    bench = await Bench.ready();
    expectError(
      await createNamespace(bench, "staging", { dataAccessPolicy: { restrictDataAccess: false } }),
      400,
      "EKV_1005",
    );
  });

  test("needs the access group", async () => {
    bench = await Bench.ready();
    expectError(
      await createNamespace(bench, "staging", { groupId: 4711 }),
      403,
      "EKV_1000",
      "You do not have access to group 4711.",
    );
    expect((await createNamespace(bench, "staging", { groupId: 0 })).status).toBe(200);
  });

  test("other replicas may not see it for five seconds", async () => {
    bench = await Bench.ready({ lag: { object: 5 } });
    await createNamespace(bench);
    bench.emulator.clock.advance(2.5);
    const statuses = (await many(() => bench.send("GET", PATH))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 400]));
    const updates = await many(() => bench.send("PUT", PATH, { body: catalog }));
    expect(new Set(updates.map(({ status, json }) => `${status} ${json.errorCode}`))).toEqual(
      new Set(["200 undefined", "400 EKV_9000"]),
    );
    bench.emulator.clock.advance(2.5);
    expect(new Set((await many(() => bench.send("GET", PATH))).map(({ status }) => status))).toEqual(
      new Set([200]),
    );
  });

  test("the same seed, the same replicas", async () => {
    const run = async () => {
      bench = await Bench.ready({ lag: { object: 5 }, seed: 7 });
      await createNamespace(bench);
      bench.emulator.clock.advance(2);
      const statuses = (await many(() => bench.send("GET", PATH))).map(({ status }) => status);
      await bench.close();
      return statuses;
    };
    expect(await run()).toEqual(await run());
  });
});

describe("list", () => {
  test("names, or objects with details", async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
    for (const query of ["", "?details=off"]) {
      expect((await bench.send("GET", `networks/staging/namespaces${query}`)).json).toEqual({
        namespaces: [{ namespace: "default" }, { namespace: "catalog" }],
      });
    }
    for (const details of ["on", "true"]) {
      const { namespaces } = (await bench.send("GET", `networks/staging/namespaces?details=${details}`)).json;
      expect(namespaces).toEqual([expect.objectContaining({ namespace: "default" }), object]);
    }
  });
});

describe("update", () => {
  test("changes the retention, which takes up to five minutes to show", async () => {
    bench = await Bench.ready({ lag: { object: 5 } });
    await createNamespace(bench);
    bench.emulator.clock.advance(5);
    const body = { ...catalog, geoLocation: "US", retentionInSeconds: 0 };
    const reply = await bench.send("PUT", PATH, { body });
    expect([reply.status, reply.json]).toEqual([200, { ...object, retentionInSeconds: 0 }]);
    bench.emulator.clock.advance(150);
    const seen = (await many(() => bench.send("GET", PATH))).map(({ json }) => json.retentionInSeconds);
    expect(new Set(seen)).toEqual(new Set([0, 86_400]));
    bench.emulator.clock.advance(150);
    expect((await bench.send("GET", PATH)).json.retentionInSeconds).toBe(0);
  });

  test("groupId and geoLocation are not needed", async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
    expect(
      (await bench.send("PUT", PATH, { body: { namespace: "catalog", retentionInSeconds: 0 } })).json,
    ).toEqual({
      ...object,
      retentionInSeconds: 0,
    });
  });

  test("refuses all else", async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
    const put = (changes: object, path = PATH) =>
      bench.send("PUT", path, { body: { ...catalog, ...changes } });
    expectError(
      await put({ groupId: 98_765 }),
      400,
      "EKV_3000",
      "groupId changes must be made through the reauthorize endpoint.",
    );
    expectError(await put({ geoLocation: "EU" }), 400, "EKV_2000");
    expectError(await put({ namespace: "other" }), 400, "EKV_2000");
    expectError(
      await put({ retentionInSeconds: undefined }),
      400,
      "EKV_2000",
      "Retention period must be specified.",
    );
    expectError(await put({ namespace: "default" }, "networks/staging/namespaces/default"), 400, "EKV_2000");
    expectError(
      await put({}, "networks/production/namespaces/catalog"),
      409,
      "EKV_3000",
      "Cannot update a namespace that does not exist on the network",
    );
    await bench.send("DELETE", PATH);
    expectError(await put({}), 409, "EKV_3000");
  });
});

describe("delete", () => {
  test("is scheduled three days ahead; data is closed at once, the name is taken until then", async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
    await bench.send("PUT", `${PATH}/groups/g/items/i`, { body: "1" });
    const scheduledDeleteTime = inSeconds(259_200);
    const reply = await bench.send("DELETE", PATH);
    expect([reply.status, reply.json]).toEqual([202, { scheduledDeleteTime }]);
    expect((await bench.send("GET", PATH)).json).toEqual({
      ...object,
      namespaceStatus: "DELETING",
      scheduledDeleteTime,
    });
    for (const [method, path] of [
      ["GET", "/g/items/i"],
      ["PUT", "/g/items/i"],
      ["DELETE", "/g/items/i"],
      ["GET", "/g"],
      ["GET", ""],
    ] as const) {
      expectError(await bench.send(method, `${PATH}/groups${path}`), 400, "EKV_9000");
    }
    expectError(await createNamespace(bench), 409, "EKV_3000");
    bench.emulator.clock.advance(100);
    expect((await bench.send("DELETE", PATH)).json).toEqual({ scheduledDeleteTime });
    bench.emulator.clock.advance(259_099);
    expect((await bench.send("GET", PATH)).status).toBe(200);
    bench.emulator.clock.advance(1);
    expectError(await bench.send("GET", PATH), 400, "EKV_9000", MISSING);
    await createNamespace(bench);
    expectError(await bench.send("GET", `${PATH}/groups/g/items/i`), 404, "EKV_9000");
  });

  test("is carried out on time even when nobody looked since", async () => {
    bench = await Bench.ready({ lag: { object: 5 } });
    await createNamespace(bench);
    await bench.send("DELETE", PATH);
    bench.emulator.clock.advance(400_000);
    expectError(await bench.send("GET", PATH), 400, "EKV_9000", MISSING);
  });

  test("shows within five seconds, but closes the data at once", async () => {
    bench = await Bench.ready({ lag: { object: 5 } });
    await createNamespace(bench);
    bench.emulator.clock.advance(5);
    await bench.send("DELETE", PATH);
    bench.emulator.clock.advance(2);
    expect(
      new Set((await many(() => bench.send("GET", PATH))).map(({ json }) => json.namespaceStatus)),
    ).toEqual(new Set(["READY", "DELETING"]));
    expect(
      new Set((await many(() => bench.send("GET", `${PATH}/groups`))).map(({ status }) => status)),
    ).toEqual(new Set([400]));
  });

  test("sync=true is at once, also of what is scheduled and of what has items", async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
    await bench.send("PUT", `${PATH}/groups/g/items/i`, { body: "1" });
    await bench.send("DELETE", PATH);
    const reply = await bench.send("DELETE", `${PATH}?sync=true`);
    expect([reply.status, reply.json]).toEqual([
      200,
      {
        operationPerformed: "DELETED",
        description: "Namespace 'catalog' was successfully deleted.",
        id: "1284561",
      },
    ]);
    expectError(await bench.send("GET", PATH), 400, "EKV_9000", MISSING);
    expect((await createNamespace(bench)).status).toBe(200);
  });

  test("sync=true of what has items is refused in strict mode", async () => {
    bench = await Bench.ready({ settings: { strictSyncDelete: true } });
    await createNamespace(bench);
    await bench.send("PUT", `${PATH}/groups/g/items/i`, { body: "1" });
    expectError(await bench.send("DELETE", `${PATH}?sync=true`), 409, "EKV_3000");
    await bench.send("DELETE", `${PATH}/groups/g/items/i`);
    expect((await bench.send("DELETE", `${PATH}?sync=true`)).status).toBe(200);
  });

  test("old replicas show it a little longer, and it can be made anew at once", async () => {
    bench = await Bench.ready({ lag: { object: 5 } });
    await createNamespace(bench);
    bench.emulator.clock.advance(5);
    await bench.send("DELETE", `${PATH}?sync=true`);
    bench.emulator.clock.advance(2.5);
    expect(new Set((await many(() => bench.send("GET", PATH))).map(({ status }) => status))).toEqual(
      new Set([200, 400]),
    );
    expectError(await bench.send("DELETE", PATH), 400, "EKV_1002");
    expect((await createNamespace(bench)).status).toBe(200);
  });

  test("what is missing, and default", async () => {
    bench = await Bench.ready();
    expectError(await bench.send("DELETE", PATH), 400, "EKV_1002", noPermission("DELETE_STAGING_NAMESPACE"));
    expectError(
      await bench.send("DELETE", "networks/production/namespaces/catalog?sync=true"),
      400,
      "EKV_1002",
      noPermission("DELETE_NAMESPACE"),
    );
    for (const method of ["GET", "PUT", "DELETE"])
      expectError(await bench.send(method, SCHEDULE), 400, "EKV_1002");
    expectError(await bench.send("DELETE", "networks/staging/namespaces/default?sync=true"), 400, "EKV_2000");
  });
});

describe("scheduled delete", () => {
  beforeEach(async () => {
    bench = await Bench.ready();
    await createNamespace(bench);
  });

  test("nothing is scheduled", async () => {
    for (const [method, body] of [
      ["GET", undefined],
      ["PUT", { scheduledDeleteTime: inSeconds(1000) }],
      ["DELETE", undefined],
    ] as const) {
      expectError(await bench.send(method, SCHEDULE, body && { body }), 404, "EKV_3000");
    }
  });

  test("tells its time and the seconds until then", async () => {
    const { scheduledDeleteTime } = (await bench.send("DELETE", PATH)).json;
    bench.emulator.clock.advance(200);
    const reply = await bench.send("GET", SCHEDULE);
    expect([reply.status, reply.json, reply.headers["retry-after"]]).toEqual([
      200,
      { scheduledDeleteTime },
      "259000",
    ]);
    expect((await bench.send("GET", SCHEDULE, { section: "read-only" })).status).toBe(200);
  });

  test("can be moved, at most three days ahead, and not into the past", async () => {
    await bench.send("DELETE", PATH);
    const scheduledDeleteTime = inSeconds(600).replace(/\.\d+Z/, "Z");
    const reply = await bench.send("PUT", SCHEDULE, { body: { scheduledDeleteTime } });
    expect([reply.status, reply.json]).toEqual([200, { scheduledDeleteTime }]);
    expect(Number(reply.headers["retry-after"])).toBeGreaterThan(598);
    expect((await bench.send("GET", SCHEDULE)).json).toEqual({ scheduledDeleteTime });
    for (const time of [inSeconds(259_201), inSeconds(-1), "tomorrow", "2026-13-01T00:00:00Z", 5]) {
      expectError(
        await bench.send("PUT", SCHEDULE, { body: { scheduledDeleteTime: time } }),
        400,
        "EKV_2000",
      );
    }
    bench.emulator.clock.advance(600);
    expectError(await bench.send("GET", PATH), 400, "EKV_9000");
  });

  test("can be cancelled until five minutes before", async () => {
    await bench.send("PUT", `${PATH}/groups/g/items/i`, { body: "1" });
    await bench.send("DELETE", PATH);
    await bench.send("PUT", SCHEDULE, { body: { scheduledDeleteTime: inSeconds(300) } });
    const reply = await bench.send("DELETE", SCHEDULE);
    expect([reply.status, reply.text]).toEqual([204, ""]);
    expect((await bench.send("GET", PATH)).json).toEqual(object);
    expect((await bench.send("GET", `${PATH}/groups/g/items/i`)).text).toBe("1");
    await bench.send("DELETE", PATH);
    bench.emulator.clock.advance(259_200 - 299);
    expectError(await bench.send("DELETE", SCHEDULE), 400, "EKV_3000");
  });
});

test("cancelling takes up to five minutes", async () => {
  bench = await Bench.ready({ lag: { object: 5 } });
  await createNamespace(bench);
  await bench.send("DELETE", PATH);
  bench.emulator.clock.advance(5);
  await bench.send("DELETE", SCHEDULE);
  bench.emulator.clock.advance(150);
  expect(
    new Set((await many(() => bench.send("GET", `${PATH}/groups`))).map(({ json }) => json.status)),
  ).toEqual(new Set([400, 404]));
  bench.emulator.clock.advance(150);
  expect((await bench.send("GET", PATH)).json.namespaceStatus).toBe("READY");
});

describe("reauthorize", () => {
  test("moves the namespace of both networks, within five minutes", async () => {
    bench = await Bench.ready({ lag: { object: 5 } });
    for (const network of ["staging", "production"]) await createNamespace(bench, network);
    bench.emulator.clock.advance(5);
    const reply = await bench.send("PUT", "auth/namespaces/catalog", { body: { groupId: 98_765 } });
    expect([reply.status, reply.json]).toEqual([200, { groupId: 98_765 }]);
    bench.emulator.clock.advance(150);
    expect(new Set((await many(() => bench.send("GET", PATH))).map(({ json }) => json.groupId))).toEqual(
      new Set([72_297, 98_765]),
    );
    bench.emulator.clock.advance(150);
    for (const network of ["staging", "production"]) {
      expect((await bench.send("GET", `networks/${network}/namespaces/catalog`)).json.groupId).toBe(98_765);
    }
  });

  test("what is missing, and default", async () => {
    bench = await Bench.ready();
    const put = (name: string, groupId: unknown) =>
      bench.send("PUT", `auth/namespaces/${name}`, { body: { groupId } });
    expectError(await put("catalog", 1), 400, "EKV_1002", noPermission("AUTHORIZE_NAMESPACE"));
    await createNamespace(bench);
    expectError(await put("catalog", 4711), 403, "EKV_1000");
    expectError(await put("catalog", "Team A"), 400, "EKV_2000");
    expectError(await put("default", 72_297), 400, "EKV_2000");
  });
});
