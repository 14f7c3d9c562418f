import type { HttpClient } from "../../../../provider/runtime/httpClient";
import { refusalLine } from "../../../support/refusal";
import { TestEngine } from "../../../support/testEngine";
import { resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";

const reader = { allowOnStaging: true, namespacePermissions: { catalog: ["r"] } };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

let engine: TestEngine;
/** An account with the namespaces `catalog` and `orders` on both networks. */
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  engine = await TestEngine.start(...options);
  for (const network of ["staging", "production"]) {
    for (const namespace of ["catalog", "orders"]) {
      const json = { namespace, groupId: 72297, retentionInSeconds: 0 };
      await engine
        .somebody()
        .send({ method: "POST", path: `/edgekv/v1/networks/${network}/namespaces`, json });
    }
  }
  engine.later(10).emulator.clearJournal();
};
const { up, failingUp, preview, refused, notice } = resourceUnderTest(
  () => engine,
  "edgekv:AccessToken",
  "reader",
  reader,
);
/** The tokens that the account has, as last written. */
const names = (): unknown[] => {
  const { edgekv } = engine.emulator.state.get() as {
    edgekv: { tokens: Record<string, { value: object | null }[]> };
  };
  return Object.entries(edgekv.tokens).flatMap(([name, versions]) => (versions.at(-1)?.value ? [name] : []));
};
/** Somebody else's token. */
const make = (token: object = {}) =>
  engine.somebody().send({
    method: "POST",
    path: "/edgekv/v1/tokens",
    json: {
      name: "reader",
      allowOnStaging: true,
      allowOnProduction: false,
      namespacePermissions: { catalog: ["r"] },
      ...token,
    },
  });
const revoke = (name: unknown) =>
  engine.somebody().send({ method: "DELETE", path: `/edgekv/v1/tokens/${String(name)}` });
const dayFromNow = (days: number) =>
  new Date(engine.emulator.clock.now() + days * 86_400_000).toISOString().slice(0, 10);
const days = (count: number) => count * 86_400;

afterEach(() => engine.close());

describe("making a token", () => {
  // "EdgeKV calls from EdgeWorkers fail until COMPLETE".
  test.each(["default", "none"] as const)(
    "its name is known at preview, it is made once, and waited for until COMPLETE (lag %s)",
    async (lag) => {
      await begin({ lag });
      const { inputs, failures } = await preview();
      expect(failures).toEqual([]);
      expect(inputs.name).toMatch(/^reader-[0-9a-f]{10}$/);
      const began = engine.emulator.clock.now();
      const made = await up();
      expect(made.id).toBe(inputs.name);
      expect(made.state).toMatchObject({
        tokenActivationStatus: "COMPLETE",
        reference: expect.stringMatching(/^[0-9a-f-]{36}$/),
        expiresOn: "9999-12-31",
        cpcode: "1284561",
      });
      expect(made.state).not.toHaveProperty("value");
      expect(engine.emulator.clock.now() - began).toBeGreaterThanOrEqual(lag === "none" ? 0 : 120_000);
      expect(engine.changes()).toEqual(["POST /tokens"]);
      expect(await engine.run().preview("edgekv:AccessToken", "reader", reader, made)).toMatchObject({
        plan: "same",
        failures: [],
      });
      expect((await engine.refresh(made))?.state).toEqual(made.state);
      expect(engine.changes()).toHaveLength(1);
    },
  );

  test.each([
    ["the connection broke", { kind: "reset-after" }],
    ["the gateway gave up", { kind: "status", status: 504, afterEffect: true }],
  ] as const)("when %s after the effect there is one POST, one token and no error", async (_what, fault) => {
    await begin();
    engine.emulator.faults.add({ method: "POST", path: "*/tokens", ...fault });
    expect((await up()).state).toMatchObject({ tokenActivationStatus: "COMPLETE" });
    expect(engine.changes()).toEqual(["POST /tokens"]);
  });

  test.each([undefined, "reader"])(
    "a run that was interrupted is followed by one that finds its token again (name %s)",
    async (name) => {
      await begin();
      const args = { ...reader, ...(name && { name }) };
      const { inputs } = await preview(args);
      await make({ name: inputs.name });
      engine.later(10).emulator.clearJournal();
      expect(await refused(args)).toEqual([]);
      expect((await up(args)).state).toMatchObject({ name: inputs.name, tokenActivationStatus: "COMPLETE" });
      expect(notice("exists from an interrupted run: continuing with it")).toBeDefined();
      // The create is refused: the name is taken, by this program's own token.
      expect(engine.changes()).toEqual(["POST /tokens"]);
    },
  );

  test("one that the first look does not see yet is found when its name is taken", async () => {
    await begin({ lag: "none" });
    const { inputs } = await preview();
    await make({ name: inputs.name });
    engine.emulator.faults.add({
      path: "*/tokens/*",
      kind: "status",
      status: 404,
      body: { errorCode: "EKV_3000" },
    });
    expect((await engine.run().up("edgekv:AccessToken", "reader", reader)).state).toMatchObject({
      tokenActivationStatus: "COMPLETE",
    });
    expect(names()).toEqual([inputs.name]);
  });

  test.each([
    ["another content", { namespacePermissions: { catalog: ["r", "w"] } }, 0],
    ["the same content, from another day", {}, 1],
  ])(
    "a token of the same fixed name with %s is somebody's: refused on `name` at preview, and at `up`",
    async (_what, token, age) => {
      const taken =
        "token reader exists and is not managed by this program, or differs from what is declared here";
      for (const previewReads of ["true", "false"]) {
        await begin({ lag: "none" }, { previewReads });
        await make(token);
        engine.later(days(age)).emulator.clearJournal();
        if (previewReads === "true")
          expect(await refused({ ...reader, name: "reader" })).toEqual([
            expect.stringContaining(`name: ${taken}`),
          ]);
        else expect((await failingUp({ ...reader, name: "reader" })).message).toContain(taken);
        expect(names()).toEqual(["reader"]);
        await engine.close();
      }
      await begin();
    },
  );

  // The answer got lost, and what is found under the name is not what was asked for.
  test("somebody's token is not taken for the effect of a request whose answer got lost", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    await make({ namespacePermissions: { orders: ["r"] } });
    engine.emulator.faults.add({ method: "POST", path: "*/tokens", kind: "reset-before" });
    expect((await failingUp({ ...reader, name: "reader" })).message).toContain(
      "is not managed by this program",
    );
  });

  test("the namespace that this run has just made may not be known everywhere yet", async () => {
    await begin();
    const fresh = { network: "staging", groupId: 72297, retentionInSeconds: 0 };
    await engine.up("edgekv:Namespace", "fresh", fresh);
    const body = { detail: "Namespace fresh does not exist on the staging network.", errorCode: "EKV_2000" };
    engine.emulator.faults.add({
      method: "POST",
      path: "*/tokens",
      kind: "status",
      status: 400,
      body,
      times: 5,
    });
    const args = { ...reader, namespacePermissions: { fresh: ["r"] } };
    expect((await up(args)).state).toMatchObject({ tokenActivationStatus: "COMPLETE" });
    expect(engine.changes().filter((request) => request === "POST /tokens")).toHaveLength(6);
    // Of one that is not this run's, nobody waits.
    engine.emulator.faults.add({ method: "POST", path: "*/tokens", kind: "status", status: 400, body });
    expect((await failingUp()).message).toContain("does not exist on the staging network. (EKV_2000");
  });

  test("the preview warns of a namespace that is not there, unless the program makes it", async () => {
    await begin({ lag: "none" });
    const args = { ...reader, namespacePermissions: { fresh: ["r"], catalog: ["r"] } };
    expect(await refused(args)).toEqual([]);
    expect(engine.messages).toEqual([
      expect.stringContaining("names the namespace fresh, which is not there on staging"),
    ]);
    expect((await failingUp(args)).message).toContain("(EKV_2000");
    engine.run().clearMessages();
    await engine.preview("edgekv:Namespace", "fresh", {
      network: "staging",
      groupId: 72297,
      retentionInSeconds: 0,
    });
    expect(await refused(args)).toEqual([]);
    expect(engine.messages).toEqual([]);
  });

  // "share one dataAccessPolicy": all namespaces of a token, on every network that it allows.
  test("namespaces of two policies fail at preview", async () => {
    await begin({ lag: "none", settings: { tlsEntitlement: true } });
    const send = (method: "POST" | "PUT", path: string, json: object) =>
      engine.somebody().send({ method, path: `/edgekv/v1${path}`, json });
    await send("PUT", "/auth/database", {
      dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: true },
    });
    const open = {
      namespace: "open",
      groupId: 72297,
      retentionInSeconds: 0,
      dataAccessPolicy: { restrictDataAccess: false },
    };
    await send("POST", "/networks/staging/namespaces", open);
    await send("POST", "/networks/production/namespaces", {
      ...open,
      dataAccessPolicy: { restrictDataAccess: true },
    });
    expect(await refused({ ...reader, namespacePermissions: { catalog: ["r"], open: ["r"] } })).toEqual([
      "namespacePermissions: namespacePermissions must name namespaces with one `restrictDataAccess` only; catalog on staging has true, open on staging has false",
    ]);
    expect(
      await refused({ allowOnProduction: true, namespacePermissions: { catalog: ["r"], open: ["r"] } }),
    ).toEqual([]);
    expect(
      await refused({ ...reader, allowOnProduction: true, namespacePermissions: { open: ["r"] } }),
    ).toEqual([
      "namespacePermissions: namespacePermissions must name namespaces with one `restrictDataAccess` only; open on staging has false, open on production has true",
    ]);
  });

  test("the database of the same program is waited for", async () => {
    engine = await TestEngine.start({ settings: { initialized: false } });
    await engine.preview("edgekv:Database", "edgekv", {});
    expect(await refused({ ...reader, namespacePermissions: { default: ["r"] } })).toEqual([]);
    const [, made] = await Promise.all([
      engine.up("edgekv:Database", "edgekv", {}),
      up({ ...reader, namespacePermissions: { default: ["r"] } }),
    ]);
    expect(made.state).toMatchObject({ tokenActivationStatus: "COMPLETE" });
  });

  test.each([
    [{ allowOnStaging: false }, "allowOnStaging: must be true, or allowOnProduction"],
    [{ name: "a b" }, "name: must be 1 to 32 letters, digits, _ or -"],
    [{ namespacePermissions: {} }, "namespacePermissions: must name at least one namespace"],
    [{ namespacePermissions: { catalog: [] } }, "namespacePermissions.catalog: must allow something"],
    [{ namespacePermissions: { catalog: ["x"] } }, "namespacePermissions.catalog.0: must be r, w or d"],
    [
      { namespacePermissions: { catalog: ["r", "r"] } },
      "namespacePermissions.catalog: names a permission twice",
    ],
    [{ namespacePermissions: { "-x": ["r"] } }, "namespacePermissions.-x: is not the name of a namespace"],
    [
      {
        namespacePermissions: Object.fromEntries(
          Array.from({ length: 21 }, (_, index) => [`n${index}`, ["r"]]),
        ),
      },
      "namespacePermissions: must not name more than 20 namespaces",
    ],
    [{ restrictToEdgeWorkerIds: [0] }, "restrictToEdgeWorkerIds.0: must be the id of an EdgeWorker"],
    [{ restrictToEdgeWorkerIds: ["all", "1"] }, 'restrictToEdgeWorkerIds: "all" stands alone'],
    [
      { restrictToEdgeWorkerIds: [..."123456789"] },
      "restrictToEdgeWorkerIds: must not name more than 8 EdgeWorkers",
    ],
    [{ renewBeforeDays: 30 }, "renewBeforeDays: needs `expiry`"],
    [
      { expiry: { days: 30 }, renewBeforeDays: 30 },
      "renewBeforeDays: must be less than the 30 days that a token lives",
    ],
    [{ expiry: { days: 181 } }, "expiry.days: must be at most 180"],
    [{ expiry: 90 }, "expiry: must be a day such as"],
    [{ expiry: "2020-01-01" }, "expiry: must be at least one day ahead"],
    [{ expiry: "9998-01-01" }, "expiry: must be no more than six months ahead"],
  ])("%j is refused at preview, before anybody is asked", async (change, reason) => {
    await begin({ lag: "none" });
    engine.emulator.clearJournal();
    expect(await refused({ ...reader, ...change })).toEqual([refusalLine(reason)]);
    expect(engine.requests()).toEqual([]);
  });

  test("what is not known yet passes, and leaves the name unknown; with previewReads off nobody is asked", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    engine.emulator.clearJournal();
    expect(await preview({ ...reader, namespacePermissions: unknown })).toMatchObject({
      failures: [],
      inputs: { name: unknown },
    });
    expect(await preview({ ...reader, expiry: unknown })).toMatchObject({
      failures: [],
      inputs: { name: unknown },
    });
    expect(await refused({ ...reader, expiry: { days: 90 }, renewBeforeDays: 9 })).toEqual([]);
    expect(engine.requests()).toEqual([]);
  });
});

describe("a token that does not become active", () => {
  test("ERROR is a failure that keeps it, and the next run refreshes it", async () => {
    await begin({ settings: { failTokens: 1 } });
    const { message, stored } = await failingUp();
    expect(message).toMatch(
      /^creating access token reader-\w+: waited for access token reader-\w+ to become COMPLETE, but it is ERROR/,
    );
    expect(stored?.state).toMatchObject({
      tokenActivationStatus: "ERROR",
      reference: expect.any(String),
      __provider: "text",
    });
    expect(await engine.run().preview("edgekv:AccessToken", "reader", reader, stored)).toMatchObject({
      plan: "update",
      failures: [],
    });
    const mended = await up(reader, stored);
    expect(mended.state).toMatchObject({
      tokenActivationStatus: "COMPLETE",
      reference: stored?.state.reference,
    });
    expect(notice("failed to become active: refreshing it")).toBeDefined();
    expect(engine.changes()).toEqual(["POST /tokens", `POST /tokens/${stored?.id}/refresh`]);
  });

  test("one that is still not active after half an hour is kept, and the next run waits on, asking for nothing", async () => {
    await begin({ lag: 3600 });
    const { message, stored } = await failingUp();
    expect(message).toMatch(
      /waited 30 min for access token reader-\w+ to become COMPLETE; it is still IN_PROGRESS\. The token stays in the state/,
    );
    expect(stored?.state).toMatchObject({
      tokenActivationStatus: "IN_PROGRESS",
      reference: expect.any(String),
    });
    // A refresh in between loses nothing.
    const seen = stored && (await engine.later(600).refresh(stored));
    expect(seen?.state).toMatchObject({ tokenActivationStatus: "IN_PROGRESS" });
    expect(await engine.run().preview("edgekv:AccessToken", "reader", reader, seen)).toMatchObject({
      plan: "update",
    });
    expect((await up(reader, seen)).state).toMatchObject({ tokenActivationStatus: "COMPLETE" });
    expect(engine.changes()).toEqual(["POST /tokens"]);
  });
});

describe("changes", () => {
  test.each([
    ["permissions", { namespacePermissions: { catalog: ["r", "w"] } }],
    ["namespaces", { namespacePermissions: { catalog: ["r"], orders: ["r"] } }],
    ["networks", { allowOnProduction: true }],
    ["EdgeWorkers", { restrictToEdgeWorkerIds: ["54321"] }],
  ])(
    "other %s are another token under another name, made before the old one is revoked",
    async (_what, change) => {
      await begin();
      const made = await up();
      const planned = await engine
        .run()
        .preview("edgekv:AccessToken", "reader", { ...reader, ...change }, made);
      expect(planned).toMatchObject({ failures: [], plan: "replace", deleteBeforeReplace: false });
      expect(planned.inputs.name).not.toBe(made.id);
      const next = await up({ ...reader, ...change }, made);
      expect(next.id).toBe(planned.inputs.name);
      expect(engine.changes()).toEqual(["POST /tokens", "POST /tokens", `DELETE /tokens/${made.id}`]);
      expect(names()).toEqual([next.id]);
    },
  );

  // "Delete-before-create with the same name leaves a gap with 401s".
  test("under a fixed name the old one is revoked first, and the preview warns of the gap", async () => {
    await begin();
    const made = await up({ ...reader, name: "reader" });
    const changed = { ...reader, name: "reader", namespacePermissions: { catalog: ["d", "r"] } };
    engine.run().clearMessages();
    expect(await preview(changed, made)).toMatchObject({
      failures: [],
      plan: "replace",
      deleteBeforeReplace: true,
    });
    expect(notice("EdgeWorkers that use it get 401 until they hold the new one")).toContain(
      "warning: access token reader has a fixed name",
    );
    const next = await up(changed, made);
    expect(next.id).toBe("reader");
    expect(engine.changes()).toEqual(["POST /tokens", "DELETE /tokens/reader", "POST /tokens"]);
    expect(next.state.reference).not.toBe(made.state.reference);
  });

  describe("replaceTriggers", () => {
    const leaked = { ...reader, replaceTriggers: { leaked: "2026-11-27", by: ["a log"] } };

    test("another value is another token with the same permissions; the old one is revoked at the end", async () => {
      await begin();
      const made = await up();
      const planned = await engine.run().preview("edgekv:AccessToken", "reader", leaked, made);
      expect(planned).toMatchObject({ failures: [], plan: "replace", deleteBeforeReplace: false });
      const next = await up(leaked, made);
      expect(next.id).toBe(planned.inputs.name);
      expect(engine.changes()).toEqual(["POST /tokens", "POST /tokens", `DELETE /tokens/${made.id}`]);
      expect(next.state.reference).not.toBe(made.state.reference);
      // The order of members is no change; another value, and none, are.
      const turned = { by: ["a log"], leaked: "2026-11-27" };
      expect(await preview({ ...reader, replaceTriggers: turned }, next)).toMatchObject({ plan: "same" });
      for (const replaceTriggers of ["again", 0, false, []])
        expect(await preview({ ...reader, replaceTriggers }, next)).toMatchObject({ plan: "replace" });
      expect(await preview(reader, next)).toMatchObject({ plan: "replace" });
    });

    test("one that is not known yet leaves the name unknown, and one never set keeps the name of before", async () => {
      await begin();
      const made = await up();
      // The name that releases without the input derived.
      expect(made.id).toBe("reader-0fde59586d");
      expect((await preview({ ...reader, replaceTriggers: unknown }, made)).inputs.name).toBe(unknown);
      expect(await preview(reader, made)).toMatchObject({ plan: "same" });
    });

    test("under a fixed name the old one goes first, with a warning, and no stale read passes it off as the new one", async () => {
      await begin();
      const made = await up({ ...reader, name: "reader" });
      const before = await engine.somebody().send({ method: "GET", path: "/edgekv/v1/tokens/reader" });
      let stale = 0;
      engine.run({
        through: (inner) => ({
          send: async (request) => {
            if (request.method === "DELETE") stale = 3;
            if (request.method === "GET" && request.path.endsWith("/tokens/reader") && stale-- > 0)
              return before;
            return inner.send(request);
          },
        }),
      });
      engine.clearMessages();
      const next = await up({ ...leaked, name: "reader" }, made);
      expect(notice("EdgeWorkers that use it get 401 until they hold the new one")).toBeDefined();
      expect(engine.changes()).toEqual(["POST /tokens", "DELETE /tokens/reader", "POST /tokens"]);
      expect(next.state.reference).not.toBe(made.state.reference);
    });

    test("a refresh is not what it asks for, and refreshTriggers makes no other token", async () => {
      await begin();
      const made = await up({ ...reader, refreshTriggers: 1 });
      const refreshed = await up({ ...reader, refreshTriggers: 2 }, made);
      expect([refreshed.id, refreshed.state.reference]).toEqual([made.id, made.state.reference]);
      expect(engine.changes()).toEqual(["POST /tokens", `POST /tokens/${made.id}/refresh`]);
    });
  });

  // "The permission array is a set"; "treat absent, empty and ["all"] as equal".
  test("the order of permissions and ids, and the three ways to say any EdgeWorker, are no difference", async () => {
    await begin({ lag: "none" });
    const all = {
      ...reader,
      namespacePermissions: { orders: ["r"], catalog: ["d", "w", "r"] },
      restrictToEdgeWorkerIds: ["2", "1"],
    };
    const made = await up(all);
    const turned = {
      ...all,
      namespacePermissions: { catalog: ["r", "d", "w"], orders: ["r"] },
      restrictToEdgeWorkerIds: ["1", "2"],
    };
    expect(await preview(turned, made)).toMatchObject({ plan: "same" });
    expect(await preview(turned, await engine.run().refresh(made))).toMatchObject({ plan: "same" });
    const any = await up();
    for (const ids of [["all"], []])
      expect(await preview({ ...reader, restrictToEdgeWorkerIds: ids }, any)).toMatchObject({ plan: "same" });
    await make({ name: "explicit", restrictToEdgeWorkerIds: ["all"] });
    expect(await refused({ ...reader, name: "explicit" })).toEqual([]);
  });

  test("another value of refreshTriggers refreshes the token once, and waits; name and reference stay", async () => {
    await begin();
    const made = await up({ ...reader, refreshTriggers: "2026-01" });
    expect(await preview({ ...reader, refreshTriggers: { at: 2 } }, made)).toMatchObject({
      plan: "update",
      replaces: [],
    });
    const began = engine.emulator.clock.now();
    const refreshed = await up({ ...reader, refreshTriggers: { at: 2 } }, made);
    expect(refreshed.state).toMatchObject({
      tokenActivationStatus: "COMPLETE",
      reference: made.state.reference,
      name: made.id,
    });
    expect(engine.emulator.clock.now() - began).toBeGreaterThanOrEqual(120_000);
    expect(engine.changes()).toEqual(["POST /tokens", `POST /tokens/${made.id}/refresh`]);
    expect(await preview({ ...reader, refreshTriggers: { at: 2 } }, refreshed)).toMatchObject({
      plan: "same",
    });
  });

  test("a refreshed token that stale replicas show as it was is waited for", async () => {
    await begin();
    const made = await up({ ...reader, refreshTriggers: 1 });
    const shown = await engine.somebody().send({ method: "GET", path: "/edgekv/v1/tokens" });
    const body: unknown = JSON.parse(shown.text);
    const through = (inner: HttpClient): HttpClient => ({
      async send(request) {
        const reply = await inner.send(request);
        if (request.method === "POST")
          engine.emulator.faults.add({
            method: "GET",
            path: "*/tokens",
            kind: "status",
            status: 200,
            body,
            times: 2,
          });
        return reply;
      },
    });
    const began = engine.emulator.clock.now();
    await engine.run({ through }).up("edgekv:AccessToken", "reader", { ...reader, refreshTriggers: 2 }, made);
    expect(engine.emulator.clock.now() - began).toBeGreaterThanOrEqual(120_000);
  });

  test("a refresh whose answer got lost is not asked for twice", async () => {
    await begin();
    const made = await up();
    engine.emulator.faults.add({ method: "POST", path: "*/refresh", kind: "reset-after" });
    await up({ ...reader, refreshTriggers: 1 }, made);
    expect(engine.changes().slice(1)).toEqual([`POST /tokens/${made.id}/refresh`]);
  });

  test("a refresh that was not seen to be through is in the state as not done, and asked for again", async () => {
    await begin();
    const made = await up({ ...reader, refreshTriggers: 1 });
    engine.set({ failTokens: 1 });
    const { stored } = await failingUp({ ...reader, refreshTriggers: 2 }, made);
    expect(stored?.state).toMatchObject({ refreshTriggers: 1, tokenActivationStatus: "ERROR" });
    expect(
      (await engine.run().up("edgekv:AccessToken", "reader", { ...reader, refreshTriggers: 2 }, stored))
        .state,
    ).toMatchObject({
      refreshTriggers: 2,
      tokenActivationStatus: "COMPLETE",
    });
  });

  test("what the service does not know of, such as the deletion, is changed without it", async () => {
    await begin();
    const made = await up();
    expect(await preview({ ...reader, deletion: { mode: "retain" } }, made)).toMatchObject({
      plan: "update",
    });
    await up({ ...reader, deletion: { mode: "retain" } }, made);
    expect(engine.changes()).toHaveLength(1);
  });
});

describe("the end of a token", () => {
  test("destroying revokes it; one that is gone already is no error, nor is an answer that got lost", async () => {
    await begin();
    const made = await up();
    engine.emulator.faults.add({ method: "DELETE", kind: "reset-after" });
    await engine.run().destroy(made);
    await engine.run().destroy(made);
    expect(names()).toEqual([]);
  });

  test("with deletion `retain` it stays valid, and the run says so", async () => {
    await begin();
    const made = await up({ ...reader, deletion: { mode: "retain" } });
    await engine.run().destroy(made);
    expect(names()).toEqual([made.id]);
    expect(notice("stays valid. It is no longer managed by Pulumi.")).toBeDefined();
  });

  test("revoked outside: refresh drops it after several looks, and `up` makes a new one", async () => {
    await begin();
    const made = await up();
    await revoke(made.id);
    engine.later(10).emulator.clearJournal();
    expect((await failingUp({ ...reader, refreshTriggers: 1 }, made)).message).toContain(
      "it is gone. Run `pulumi refresh`",
    );
    expect(await engine.run().refresh(made)).toBeUndefined();
    expect(engine.requests().filter((request) => request === "GET /tokens").length).toBeGreaterThanOrEqual(4);
    expect(notice(`access token ${made.id} was revoked; \`up\` makes a new one.`)).toBeDefined();
    expect((await up()).state).toMatchObject({ name: made.id, tokenActivationStatus: "COMPLETE" });
  });

  test("one of the same name that took its place shows as other content, and is replaced", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...reader, name: "reader" });
    await revoke("reader");
    await make({ namespacePermissions: { orders: ["r"] } });
    const seen = await engine.run().refresh(made);
    expect(seen?.inputs).toMatchObject({ namespacePermissions: { orders: ["r"] } });
    expect(await preview({ ...reader, name: "reader" }, seen)).toMatchObject({
      plan: "replace",
      replaces: ["namespacePermissions"],
    });
  });

  test("readNamespaces, but absent on a stale replica: still there", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.faults.add({
      path: "*/tokens/*",
      kind: "status",
      status: 404,
      body: { errorCode: "EKV_3000" },
      times: 3,
    });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
  });

  test.each([
    [
      "EKV_1002",
      { status: 400, body: { detail: "missing the 'VIEW_TOKEN' permission", errorCode: "EKV_1002" } },
    ],
    ["the gateway's 401", { status: 401 }],
    ["the gateway's 403", { status: 403 }],
    ["the gateway's 404", { status: 404 }],
    ["EKV_0000", { status: 500, body: { detail: "An internal error occurred.", errorCode: "EKV_0000" } }],
  ])("%s is never absence: refresh, update and destroy fail", async (_what, fault) => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run().emulator.faults.add({ path: "*/tokens/*", kind: "status", times: 99, ...fault });
    await expect(engine.refresh(made)).rejects.toThrow(`with ${fault.status}`);
    await expect(engine.destroy(made)).rejects.toThrow(`with ${fault.status}`);
    engine.emulator.faults.clear();
    expect(names()).toEqual([made.id]);
  });
});

describe("tokens that end, of older accounts", () => {
  const settings = { legacyTokens: true };
  const dated = { ...reader, expiry: { days: 90 } };

  test("the JWT is in the state, with the end; there is no status to wait for", async () => {
    await begin({ settings });
    const made = await up(dated);
    expect(made.state).toMatchObject({
      value: expect.stringMatching(/^ey/),
      expiresOn: dayFromNow(90),
      requestedExpiry: dayFromNow(90),
    });
    expect(await engine.later(days(7)).preview("edgekv:AccessToken", "reader", dated, made)).toMatchObject({
      plan: "same",
    });
    expect((await engine.refresh(made))?.state).toEqual(made.state);
    expect(JSON.stringify(engine.messages)).not.toContain(String(made.state.value));
  });

  test("how far an end is away is counted on the clock of the run", async () => {
    await begin({ settings, lag: "none" });
    engine.later(days(400));
    expect(await refused({ ...reader, expiry: dayFromNow(90) })).toEqual([]);
    expect(await refused({ ...reader, expiry: dayFromNow(0) })).toEqual([
      refusalLine("expiry: must be at least one day ahead"),
    ]);
    expect(await refused({ ...reader, expiry: dayFromNow(185) })).toEqual([
      refusalLine("expiry: must be no more than six months ahead"),
    ]);
  });

  test("without an end the service's refusal is shown", async () => {
    await begin({ settings });
    expect((await failingUp()).message).toContain("Expiry must be specified. (EKV_2000");
  });

  test("in its last 30 days the preview warns, if nobody asked for a renewal", async () => {
    await begin({ settings });
    const made = await up(dated);
    engine.later(days(59)).clearMessages();
    expect(await preview(dated, made)).toMatchObject({ plan: "same" });
    expect(engine.messages).toEqual([]);
    engine.later(days(1));
    expect(await preview(dated, made)).toMatchObject({ plan: "same" });
    expect(
      notice(
        `expires on ${dayFromNow(30)}, in 30 days. Set \`renewBeforeDays\` to have it replaced in time.`,
      ),
    ).toBeDefined();
  });

  test.each([
    ["days", () => ({ days: 90 }), 90],
    ["a day", () => dayFromNow(90), 180],
  ])(
    "with renewBeforeDays it is replaced in time, and the preview says why (expiry as %s)",
    async (_what, expiry, life) => {
      await begin({ settings });
      const renewed = { ...reader, expiry: expiry(), renewBeforeDays: 14 };
      const made = await up(renewed);
      expect(
        await engine.later(days(75)).preview("edgekv:AccessToken", "reader", renewed, made),
      ).toMatchObject({ plan: "same" });
      expect(engine.messages).toEqual([]);
      const [end, next] = [dayFromNow(15), dayFromNow(15 + life - 14)];
      const due = await engine.later(days(1)).preview("edgekv:AccessToken", "reader", renewed, made);
      expect(due).toMatchObject({
        failures: [],
        plan: "replace",
        deleteBeforeReplace: false,
        inputs: { requestedExpiry: next },
      });
      expect(
        notice(`expires on ${end}, within 14 days: \`up\` replaces it by one that expires on ${next}`),
      ).toBeDefined();
      const replaced = await engine.run().up("edgekv:AccessToken", "reader", renewed, made);
      expect(replaced.state).toMatchObject({ expiresOn: next });
      expect(replaced.id).not.toBe(made.id);
      expect(names()).toEqual([replaced.id]);
      expect(await engine.run().preview("edgekv:AccessToken", "reader", renewed, replaced)).toMatchObject({
        plan: "same",
      });
    },
  );

  test("a renewal is due on the day of the service, whatever this machine's clock shows", async () => {
    await begin({ settings });
    const renewed = { ...reader, expiry: { days: 90 }, renewBeforeDays: 14 };
    const made = await up(renewed);
    engine.later(days(76));
    const due = await engine
      .run({ secondsBehind: days(76) })
      .preview("edgekv:AccessToken", "reader", renewed, made);
    expect(due).toMatchObject({ plan: "replace" });
  });

  test("a renewal that was interrupted, and is repeated on another day, finds the token that it made", async () => {
    await begin({ settings });
    const renewed = { ...dated, renewBeforeDays: 14 };
    const made = await up(renewed);
    // The first run ends before it can revoke the old one, or tell the engine of the new one.
    engine.later(days(80)).emulator.faults.add({ method: "DELETE", kind: "status", status: 403 });
    await expect(up(renewed, made)).rejects.toThrow("with 403");
    const left = names();
    expect(left).toHaveLength(2);
    const second = await engine.later(days(2)).up("edgekv:AccessToken", "reader", renewed, made);
    expect(left).toContain(second.id);
    expect(notice("exists from an interrupted run: continuing with it")).toBeDefined();
    expect(names()).toEqual([second.id]);
  });

  test("another expiry is another token", async () => {
    await begin({ settings });
    const made = await up(dated);
    expect(await preview({ ...dated, expiry: { days: 120 } }, made)).toMatchObject({ plan: "replace" });
    expect((await up({ ...dated, expiry: { days: 120 } }, made)).state).toMatchObject({
      expiresOn: dayFromNow(120),
    });
  });

  test("months after its end, the preview and the refresh say that it has expired, though the service has forgotten it", async () => {
    await begin({ settings });
    const renewed = { ...reader, expiry: { days: 90 }, renewBeforeDays: 14 };
    const made = await up(renewed);
    const end = String(made.state.expiresOn);
    const due = await engine.later(days(245)).preview("edgekv:AccessToken", "reader", renewed, made);
    expect(due).toMatchObject({ failures: [], plan: "replace" });
    expect(notice(`expired on ${end}: \`up\` replaces it by one that expires on`)).toBeDefined();
    expect(await engine.run().refresh(made)).toBeUndefined();
    expect(notice(`access token ${made.id} has expired; \`up\` makes a new one.`)).toBeDefined();
  });

  // "410 EKV_3000 Token has expired."
  test("expired: refresh drops it, and `up` makes a new one", async () => {
    await begin({ settings });
    const made = await up(dated);
    expect(await engine.later(days(91)).refresh(made)).toBeUndefined();
    expect(notice(`access token ${made.id} has expired; \`up\` makes a new one.`)).toBeDefined();
    expect((await up(dated)).state).toMatchObject({ expiresOn: dayFromNow(90) });
    await engine.run().destroy(made);
  });

  // "Names of revoked/expired tokens are reusable."
  test("expired under a fixed name: the name is used again", async () => {
    await begin({ settings });
    const made = await up({ ...dated, name: "reader" });
    expect(await engine.later(days(91)).refresh(made)).toBeUndefined();
    expect((await up({ ...dated, name: "reader" })).state).toMatchObject({
      name: "reader",
      expiresOn: dayFromNow(90),
    });
  });
});

describe("accounts whose tokens do not end", () => {
  test("take no notice of expiry: never due, never warned of, and no other token because of it", async () => {
    await begin();
    const renewed = { ...reader, expiry: { days: 90 }, renewBeforeDays: 14 };
    const [made, plain] = [await up(renewed), await up({ ...reader, name: "plain" })];
    expect(made.state).toMatchObject({ expiresOn: "9999-12-31" });
    engine.later(days(365)).clearMessages();
    expect(await preview(renewed, made)).toMatchObject({ plan: "same", failures: [] });
    expect(await preview({ ...renewed, expiry: { days: 120 } }, made)).toMatchObject({
      plan: "update",
      replaces: [],
    });
    expect(await preview(reader, made)).toMatchObject({ plan: "update", replaces: [] });
    expect(await preview({ ...renewed, name: "plain" }, plain)).toMatchObject({
      plan: "update",
      replaces: [],
    });
    expect(engine.messages).toEqual([]);
  });
});
