import { Bench, catalog, createNamespace, expectError } from "../support/client";

let bench: Bench;
afterEach(() => bench.close());

const uninitialized = {
  accountStatus: "UNINITIALIZED",
  cpcode: null,
  productionStatus: "UNINITIALIZED",
  stagingStatus: "UNINITIALIZED",
  dataAccessPolicy: null,
};
const initialized = {
  accountStatus: "INITIALIZED",
  cpcode: "1284561",
  productionStatus: "INITIALIZED",
  stagingStatus: "INITIALIZED",
  dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: false },
};
const policy = (restrictDataAccess: boolean, allowNamespacePolicyOverride: boolean) => ({
  dataAccessPolicy: { restrictDataAccess, allowNamespacePolicyOverride },
});

test("a fresh account is not initialized, and refuses everything else", async () => {
  bench = await Bench.start();
  const reply = await bench.send("GET", "initialize");
  expect([reply.status, reply.json]).toEqual([200, uninitialized]);
  const requests = [
    ["GET", "networks/staging/namespaces"],
    ["POST", "networks/staging/namespaces"],
    ["GET", "networks/staging/namespaces/default"],
    ["PUT", "networks/staging/namespaces/default"],
    ["DELETE", "networks/staging/namespaces/default"],
    ["GET", "networks/staging/namespaces/default/status/scheduled-delete"],
    ["PUT", "networks/staging/namespaces/default/status/scheduled-delete"],
    ["DELETE", "networks/staging/namespaces/default/status/scheduled-delete"],
    ["PUT", "auth/namespaces/default"],
    ["PUT", "auth/database"],
    ["GET", "auth/groups"],
    ["GET", "auth/groups/72297"],
    ["GET", "networks/staging/namespaces/default/groups"],
    ["GET", "networks/staging/namespaces/default/groups/g"],
    ["GET", "networks/staging/namespaces/default/groups/g/items/i"],
    ["PUT", "networks/staging/namespaces/default/groups/g/items/i"],
    ["DELETE", "networks/staging/namespaces/default/groups/g/items/i"],
    ["GET", "tokens"],
    ["POST", "tokens"],
    ["GET", "tokens/t"],
    ["DELETE", "tokens/t"],
    ["POST", "tokens/t/refresh"],
  ] as const;
  for (const [method, path] of requests)
    expectError(await bench.send(method, path), 400, "EKV_3000", "The EdgeKV database is not initialized.");
});

test("PUT is held and answers 201 when the work ends, with a CP code and the namespace default on both networks", async () => {
  bench = await Bench.start({ lag: "default" });
  const first = await bench.send("PUT", "initialize");
  expect([first.status, first.json]).toEqual([201, initialized]);
  expect((await bench.send("GET", "initialize")).json).toEqual(initialized);
  for (const network of ["staging", "production"]) {
    expect((await bench.send("GET", `networks/${network}/namespaces/default`)).json).toEqual({
      namespace: "default",
      geoLocation: "US",
      retentionInSeconds: 15_724_800,
      groupId: 0,
      namespaceStatus: "READY",
      dataAccessPolicy: { restrictDataAccess: true, policyType: "inherited" },
    });
  }
  const again = await bench.send("PUT", "initialize");
  expect([again.status, again.json]).toEqual([200, initialized]);
});

test("an empty JSON string is no body: older versions of the CLI send it", async () => {
  bench = await Bench.start();
  const reply = await bench.send("PUT", "initialize", { body: '""' });
  expect([reply.status, reply.json]).toEqual([201, initialized]);
});

test("without lag it is initialized by the reply", async () => {
  bench = await Bench.start();
  const reply = await bench.send("PUT", "initialize", { body: policy(true, true) });
  expect([reply.status, reply.json]).toEqual([201, { ...initialized, ...policy(true, true) }]);
});

test("a bound for the lag is how long it takes", async () => {
  bench = await Bench.start({ lag: 180 });
  await bench.send("PUT", "initialize");
  expect((await bench.send("PUT", "initialize")).status).toBe(200);
  expectError(await createNamespace(bench), 400, "EKV_3000");
  bench.emulator.clock.advance(59.9);
  expect((await bench.send("GET", "initialize")).json.accountStatus).toBe("PENDING");
  bench.emulator.clock.advance(0.1);
  expect((await bench.send("GET", "initialize")).json.accountStatus).toBe("INITIALIZED");
});

test("an initialization that fails is UNINITIALIZED again, and can be asked for again", async () => {
  bench = await Bench.start({ lag: 10, settings: { failInitializations: 1 } });
  expect((await bench.send("PUT", "initialize")).json).toEqual(uninitialized);
  expect((await bench.send("GET", "initialize")).json).toEqual(uninitialized);
  expect((await bench.send("PUT", "initialize")).status).toBe(201);
  expect((await bench.send("GET", "initialize")).json).toEqual(initialized);
});

test("a data access policy needs both members, and the entitlement when data access is not restricted", async () => {
  bench = await Bench.start();
  expectError(
    await bench.send("PUT", "initialize", { body: { dataAccessPolicy: { restrictDataAccess: true } } }),
    400,
    "EKV_2000",
  );
  expectError(await bench.send("PUT", "initialize", { body: "{" }), 422, "EKV_2001");
  expectError(
    await bench.send("PUT", "initialize", { body: policy(false, true) }),
    400,
    "EKV_1005",
    /^You cannot set `restrictDataAccess` to false/,
  );
  expect((await bench.send("GET", "initialize")).json.accountStatus).toBe("UNINITIALIZED");
});

test("the database's policy can be changed with the entitlement, for namespaces to come", async () => {
  bench = await Bench.ready({ settings: { tlsEntitlement: true } });
  await createNamespace(bench);
  const reply = await bench.send("PUT", "auth/database", { body: policy(false, true) });
  expect([reply.status, reply.json]).toEqual([200, { ...initialized, ...policy(false, true) }]);
  await createNamespace(bench, "staging", { namespace: "later" });
  expect((await bench.send("GET", "networks/staging/namespaces/catalog")).json.dataAccessPolicy).toEqual({
    restrictDataAccess: true,
    policyType: "inherited",
  });
  expect((await bench.send("GET", "networks/staging/namespaces/later")).json.dataAccessPolicy).toEqual({
    restrictDataAccess: false,
    policyType: "inherited",
  });
  expectError(await bench.send("PUT", "auth/database", { body: {} }), 400, "EKV_2000");
});

test("without the entitlement it cannot", async () => {
  bench = await Bench.ready();
  expectError(
    await bench.send("PUT", "auth/database", { body: policy(true, true) }),
    403,
    "EKV_1005",
    "This feature requires the Standard TLS Support product.",
  );
});

test("a client that may not view CP codes gets an internal error, for tokens too", async () => {
  bench = await Bench.ready();
  const state = bench.emulator.state.get() as { clients: Record<string, { viewCpCodes: boolean }> };
  Object.assign(state.clients.default ?? {}, { viewCpCodes: false });
  bench.emulator.state.put(state);
  for (const [method, path] of [
    ["GET", "initialize"],
    ["PUT", "initialize"],
    ["GET", "tokens"],
    ["POST", "tokens"],
    ["GET", "tokens/t"],
    ["POST", "tokens/t/refresh"],
    ["DELETE", "tokens/t"],
  ] as const) {
    expectError(await bench.send(method, path), 500, "EKV_0000", "An internal error occurred.");
  }
  expect((await bench.send("POST", "networks/staging/namespaces", { body: catalog })).status).toBe(200);
});
