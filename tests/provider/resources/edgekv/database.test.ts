import { refusal } from "../../../support/refusal";
import { TestEngine } from "../../../support/testEngine";
import { resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";

const restricted = { restrictDataAccess: true, allowNamespacePolicyOverride: false };
const overridable = { restrictDataAccess: true, allowNamespacePolicyOverride: true };
const open = { restrictDataAccess: false, allowNamespacePolicyOverride: true };

let engine: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  engine = await TestEngine.start(...options);
};
const { up, failingUp, preview } = resourceUnderTest(() => engine, "edgekv:Database", "edgekv");

afterEach(() => engine.close());

// "GET first, PUT only when uninitialized"; a 200 or 201 body tells by accountStatus, never by the code.
describe("initialization", () => {
  test("an account that is initialized is adopted with a look, and without a change", async () => {
    await begin();
    expect(await preview()).toMatchObject({ failures: [], plan: "create" });
    expect(engine.messages).toEqual([
      "EdgeKV is initialized on this account already: `up` adopts it as it is.",
    ]);
    const { id, state } = await up();
    expect(id).toBe("edgekv");
    expect(state).toMatchObject({
      accountStatus: "INITIALIZED",
      stagingStatus: "INITIALIZED",
      productionStatus: "INITIALIZED",
      cpcode: "1284561",
      policy: restricted,
    });
    expect(engine.changes()).toEqual([]);
  });

  test("a new account is initialized with one PUT, and the wait ends when account and both networks are through", async () => {
    await begin({ settings: { initialized: false } });
    const began = engine.emulator.clock.now();
    const { state } = await up();
    expect(state).toMatchObject({
      accountStatus: "INITIALIZED",
      stagingStatus: "INITIALIZED",
      productionStatus: "INITIALIZED",
    });
    expect(engine.requests()[0]).toBe("GET /initialize");
    expect(engine.changes()).toEqual(["PUT /initialize"]);
    expect(engine.emulator.clock.now() - began).toBeGreaterThanOrEqual(30_000);
  });

  test("an account that says INITIALIZED while a network is PENDING is waited for", async () => {
    await begin();
    const half = {
      accountStatus: "INITIALIZED",
      stagingStatus: "INITIALIZED",
      productionStatus: "PENDING",
      cpcode: null,
    };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/initialize",
      kind: "status",
      status: 200,
      body: half,
      times: 4,
    });
    expect((await up()).state).toMatchObject({ productionStatus: "INITIALIZED", cpcode: "1284561" });
    expect(engine.changes()).toEqual([]);
  });

  // "Never initialized: openapi says HTTP 404 with the same body shape, all statuses UNINITIALIZED, cpcode: null".
  test("an account that answers 404 with the body of an uninitialized one is initialized", async () => {
    await begin({ settings: { initialized: false } });
    const body = {
      accountStatus: "UNINITIALIZED",
      stagingStatus: "UNINITIALIZED",
      productionStatus: "UNINITIALIZED",
      cpcode: null,
    };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/initialize",
      kind: "status",
      status: 404,
      body,
      times: 2,
    });
    expect((await up()).state).toMatchObject({ accountStatus: "INITIALIZED" });
    expect(engine.changes()).toEqual(["PUT /initialize"]);
  });

  test("a run that was interrupted is followed by one that finds PENDING, waits, and asks for nothing", async () => {
    await begin({ settings: { initialized: false } });
    await engine.somebody().send({ method: "PUT", path: "/edgekv/v1/initialize" });
    engine.emulator.clearJournal();
    expect((await engine.later(5).up("edgekv:Database", "edgekv", {})).state).toMatchObject({
      accountStatus: "INITIALIZED",
    });
    expect(engine.changes()).toEqual([]);
  });

  // "If the final state is UNINITIALIZED again, the attempt failed: call PUT again".
  test.each(["default", "none"] as const)(
    "an attempt that the service gave up is made again (lag %s)",
    async (lag) => {
      await begin({ lag, settings: { initialized: false, failInitializations: 2 } });
      expect((await up()).state).toMatchObject({ accountStatus: "INITIALIZED" });
      expect(engine.changes()).toEqual(["PUT /initialize", "PUT /initialize", "PUT /initialize"]);
      expect(engine.messages).toContain(
        "warning: EdgeKV's initialization did not succeed: requesting it again (attempt 3 of 3).",
      );
    },
  );

  test("after three attempts it fails, says so, and what waits for it does not wait any longer", async () => {
    await begin({ settings: { initialized: false, failInitializations: 9 } });
    const [{ message, stored }, waiting] = await Promise.all([
      failingUp(),
      engine.failingUp("edgekv:Namespace", "catalog", {
        network: "staging",
        groupId: 0,
        retentionInSeconds: 0,
      }),
    ]);
    expect(message).toContain(
      "creating the EdgeKV database of the account: the initialization was requested 3 times, and each time",
    );
    expect(stored).toBeUndefined();
    expect(waiting.message).toContain(
      "waited for EdgeKV to be initialized on both networks, but it is account UNINITIALIZED",
    );
    expect(engine.changes()).toHaveLength(3);
  });

  test("one that never ends fails after 20 minutes and names the last state", async () => {
    await begin({ lag: 7200, settings: { initialized: false } });
    const { message } = await failingUp();
    expect(message).toContain(
      "for EdgeKV to be initialized; it is still account PENDING, staging PENDING, production PENDING",
    );
    expect((await engine.later(7200).up("edgekv:Database", "edgekv", {})).state).toMatchObject({
      accountStatus: "INITIALIZED",
    });
    expect(engine.changes()).toEqual(["PUT /initialize"]);
  });

  test("a PUT whose answer got lost is repeated, since the second one does no harm", async () => {
    await begin({ lag: "none", settings: { initialized: false } });
    engine.emulator.faults.add({ method: "PUT", path: "*/initialize", kind: "reset-after" });
    expect((await up()).state).toMatchObject({ accountStatus: "INITIALIZED" });
  });

  test("a client that may not initialize learns what it needs", async () => {
    await begin({ settings: { initialized: false } });
    engine.emulator.faults.add({ method: "PUT", path: "*/initialize", kind: "status", status: 403 });
    const { message } = await failingUp();
    expect(message).toContain("The client does not have the grant needed for the request");
    expect(message).toContain("Initialization needs a user of the top-level group");
  });
});

describe("data access policy", () => {
  test("one that is declared with a new account goes into the initialization", async () => {
    await begin({ settings: { initialized: false } });
    expect((await up({ dataAccessPolicy: overridable })).state).toMatchObject({ policy: overridable });
    expect(engine.changes()).toEqual(["PUT /initialize"]);
    expect(engine.emulator.journal().find(({ method }) => method === "PUT")?.body).toEqual({
      dataAccessPolicy: overridable,
    });
  });

  test("one that is declared later is changed by PUT /auth/database and waited for; the same again is no change", async () => {
    await begin({ settings: { tlsEntitlement: true } });
    const first = await up();
    expect(await preview({ dataAccessPolicy: open }, first)).toMatchObject({
      failures: [],
      plan: "update",
      replaces: [],
    });
    const second = await up({ dataAccessPolicy: open }, first);
    expect(second.state).toMatchObject({ policy: open, dataAccessPolicy: open });
    expect(engine.changes()).toEqual(["PUT /auth/database"]);
    expect(await preview({ dataAccessPolicy: open }, second)).toMatchObject({ plan: "same" });
    // To say nothing any more is to leave it as it is.
    expect((await up({}, second)).state).toMatchObject({ policy: open });
    expect(engine.changes()).toEqual(["PUT /auth/database"]);
  });

  test("an initialized account that is adopted with another policy gets the declared one", async () => {
    await begin({ settings: { tlsEntitlement: true } });
    expect((await up({ dataAccessPolicy: overridable })).state).toMatchObject({ policy: overridable });
    expect(engine.changes()).toEqual(["PUT /auth/database"]);
  });

  test("a change that never shows is a failure that keeps the old policy, and the next run asks again", async () => {
    await begin({ settings: { tlsEntitlement: true } });
    const first = await up();
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/auth/database",
      kind: "status",
      status: 200,
      body: {},
    });
    const { message, stored } = await failingUp({ dataAccessPolicy: open }, first);
    expect(message).toContain(
      'for the data access policy to change; it is still {"restrictDataAccess":true,',
    );
    expect(stored?.state).toMatchObject({ policy: restricted, __provider: "text" });
    expect(stored?.state).not.toHaveProperty("dataAccessPolicy");
    expect(
      (await engine.run().up("edgekv:Database", "edgekv", { dataAccessPolicy: open }, stored)).state,
    ).toMatchObject({ policy: open });
  });

  // EKV_1005: 403 on PUT /auth/database, 400 on PUT /initialize.
  test("without the entitlement the service's words are shown, with what is missing", async () => {
    await begin();
    const { message, stored } = await failingUp({ dataAccessPolicy: open });
    expect(message).toContain("This feature requires the Standard TLS Support product. (EKV_1005");
    expect(message).toContain("ask Akamai's account team for it");
    expect(stored).toBeUndefined();
  });

  test("without the entitlement a new account is not initialized with it either", async () => {
    await begin({ settings: { initialized: false } });
    const { message } = await failingUp({ dataAccessPolicy: open });
    expect(message).toMatch(/cannot set `restrictDataAccess` to false.*\(EKV_1005/);
    expect(message).toContain("ask Akamai's account team for it");
  });

  test("half a policy is refused at preview, on the half that is missing", async () => {
    await begin();
    expect((await preview({ dataAccessPolicy: { restrictDataAccess: true } })).failures).toEqual([
      refusal("dataAccessPolicy.allowNamespacePolicyOverride", "is required: must be true or false"),
    ]);
  });

  test("one that was changed outside shows at refresh, and `up` puts it back", async () => {
    await begin({ settings: { tlsEntitlement: true } });
    const first = await up({ dataAccessPolicy: overridable });
    await engine
      .somebody()
      .send({ method: "PUT", path: "/edgekv/v1/auth/database", json: { dataAccessPolicy: open } });
    const seen = await engine.run().refresh(first);
    expect(seen?.inputs).toMatchObject({ dataAccessPolicy: open });
    expect(await preview({ dataAccessPolicy: overridable }, seen)).toMatchObject({ plan: "update" });
    expect((await up({ dataAccessPolicy: overridable }, seen)).state).toMatchObject({ policy: overridable });
  });

  test("one that the program leaves alone may change without that being a difference", async () => {
    await begin({ settings: { tlsEntitlement: true } });
    const first = await up();
    await engine
      .somebody()
      .send({ method: "PUT", path: "/edgekv/v1/auth/database", json: { dataAccessPolicy: open } });
    const seen = await engine.run().refresh(first);
    expect(seen?.state).toMatchObject({ policy: open });
    expect(await preview({}, seen)).toMatchObject({ plan: "same" });
  });
});

describe("the end", () => {
  test("destroying changes nothing and says so; the preview of it shows that it stays", async () => {
    await begin();
    const made = await up();
    expect(made.inputs).toMatchObject({ deletion: { mode: "retain" } });
    await engine.clearMessages().destroy(made);
    expect(engine.changes()).toEqual([]);
    expect(engine.messages).toEqual([
      "EdgeKV stays initialized on the account, with all its data: an account can't be un-initialized. Nothing was changed.",
    ]);
  });

  test("an account that answers with an error is not taken for one that is gone", async () => {
    await begin();
    const made = await up();
    for (const status of [401, 403, 404]) {
      engine.emulator.faults.add({ method: "GET", path: "*/initialize", kind: "status", status });
      await expect(engine.refresh(made)).rejects.toThrow(`with ${status}`);
    }
    engine.emulator.faults.add({
      method: "GET",
      path: "*/initialize",
      kind: "status",
      status: 500,
      times: 6,
    });
    await expect(engine.refresh(made)).rejects.toThrow("View CP Codes");
  });
});
