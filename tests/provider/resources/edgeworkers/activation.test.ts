import type { EmulatorSettings } from "../../../../emulator";
import { refusal } from "../../../support/refusal";
import type { StoredResource, TestEngine } from "../../../support/testEngine";
import { failure, resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";
import { account, code, greeterArgs, live, Stack, startPrepared, unknown } from "./support";

let engine: TestEngine;
let edgeWorkerId: number;
/** An EdgeWorker with the versions 1.0 to 4.0, known everywhere. */
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  await engine?.close();
  engine = await startPrepared("four versions", prepare, ...options);
  edgeWorkerId = 54_321;
};
const prepare = async (fresh: TestEngine) => {
  const ew = await fresh.up("edgeworkers:EdgeWorker", "greeter", greeterArgs);
  for (const version of ["1.0", "2.0", "3.0", "4.0"]) {
    await fresh.up("edgeworkers:Version", version, {
      edgeWorkerId: ew.state.edgeWorkerId,
      version,
      bundle: code(version),
    });
  }
};
const token = "edgeworkers:Activation";
const args = (more: object = {}) => ({ edgeWorkerId, network: "staging", version: "1.0", ...more });
const {
  up,
  preview,
  failingUp: failing,
  refused,
  notice,
} = resourceUnderTest(() => engine, token, "live", {}, { complete: args });
const ew = (method: "GET" | "POST" | "DELETE", path: string, json?: object) =>
  engine
    .somebody()
    .send({ method, path: `/edgeworkers/v1/ids/${edgeWorkerId}${path}`, ...(json && { json }) });
const somebodyActivates = (version: string, network = "STAGING") =>
  ew("POST", "/activations", { network, version });
const posts = () =>
  engine
    .changes()
    .map((request) => request.replace(/^POST .*\//, ""))
    .filter((kind) => /^(de)?activations$/.test(kind));
const all = () =>
  (account(engine).edgeworkers.belongings[edgeWorkerId]?.deployments ?? []).flatMap(
    (states) => states.at(-1)?.value ?? [],
  );
const stack = (program: () => object) => [{ token, name: "live", args: () => args(program()) }];

afterAll(() => engine.close());

describe("to be live", () => {
  test.each([1, 2, 3, 4])(
    "asked for once, waited for, and then there is nothing left to do (seed %d)",
    async (seed) => {
      await begin({ seed });
      const before = engine.emulator.clock.now();
      const made = await up({ note: "first" });
      expect(made).toMatchObject({
        id: `${edgeWorkerId}/staging`,
        state: {
          status: "COMPLETE",
          activationId: 1,
          deletion: { mode: "deactivate" },
          timeoutSeconds: 1800,
        },
      });
      expect(engine.emulator.clock.now() - before).toBeGreaterThanOrEqual(120_000);
      expect(live(engine, edgeWorkerId)).toBe("1.0");
      expect(all()).toMatchObject([{ note: "first", version: "1.0", network: "STAGING" }]);
      expect(notice("waiting for activation 1 of version 1.0 on staging to be COMPLETE: ")).toBeDefined();
      expect((await engine.run().preview(token, "live", args({ note: "first" }), made)).plan).toBe("same");
      expect((await engine.refresh(made))?.state).toEqual(made.state);
      expect(posts()).toEqual(["activations"]);
    },
  );

  test("the looks grow apart", async () => {
    await begin({ lag: 300 });
    await up();
    const looks = engine.requests().filter((request) => request.endsWith("/activations/1"));
    expect(looks.length).toBeLessThan(30);
  });

  test("what is live already is done, and what is under way is waited for, by whomever it was asked", async () => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      await somebodyActivates("1.0");
      engine.later(10).emulator.clearJournal();
      expect((await up()).state).toMatchObject({ status: "COMPLETE", activationId: 1 });
      expect(
        notice("version 1.0 is on its way to staging already (activation 1); waiting for it"),
      ).toBeDefined();
      expect((await engine.run().up(token, "live", args())).state).toMatchObject({
        status: "COMPLETE",
        activationId: 1,
      });
      expect(posts()).toEqual([]);
    }
  });

  test("another one that is under way comes to its end first", async () => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      await somebodyActivates("2.0");
      engine.later(10).emulator.clearJournal();
      expect((await up()).state).toMatchObject({ status: "COMPLETE", activationId: 2 });
      expect(
        notice("version 2.0 is on its way to staging already (activation 1); waiting for that first"),
      ).toBeDefined();
      expect([live(engine, edgeWorkerId), posts()]).toEqual(["1.0", ["activations"]]);
      const asked = engine.emulator.journal().findIndex(({ method }) => method === "POST");
      expect(engine.emulator.journal()[asked - 1]?.path).not.toContain("validations");
    }
  });

  test("one that is on its way behind another is not taken for the last word", async () => {
    await begin({ lag: 100 });
    await somebodyActivates("1.0");
    await somebodyActivates("2.0");
    engine.later(10);
    await up();
    expect(live(engine, edgeWorkerId)).toBe("1.0");
    expect(all()).toHaveLength(3);
  });

  test("one that is being taken off is asked for again after that", async () => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      const made = await up();
      await ew("POST", "/deactivations", { network: "STAGING", version: "1.0" });
      engine.later(seed === 1 ? 0 : 10).emulator.clearJournal();
      // Whether the servers show the deactivation, or only the refusal (EW1031) tells of it.
      const again = await engine.run().up(token, "live", args());
      expect([made.state.activationId, again.state.activationId, live(engine, edgeWorkerId)]).toEqual([
        1,
        2,
        "1.0",
      ]);
    }
  });

  test.each([
    ["EW1021", "This version is already being activated on staging"],
    ["EW1022", "This version is already active on staging"],
  ])("refused by the service for it (%s), it reads again", async (errorCode, detail) => {
    await begin();
    engine.emulator.faults.add({
      method: "POST",
      path: "*/activations",
      kind: "status",
      status: 400,
      body: { detail, errorCode },
      afterEffect: true,
    });
    expect((await up()).state).toMatchObject({ status: "COMPLETE", activationId: 1 });
    expect(all()).toHaveLength(1);
    // Of what never shows, it does not wait for ever.
    engine.emulator.faults.add({
      method: "POST",
      path: "*/activations",
      kind: "status",
      status: 400,
      body: { detail, errorCode },
      times: 1000,
    });
    expect(await failure(engine.run().up(token, "live", args({ version: "2.0" })))).toContain(
      `(${errorCode}`,
    );
    engine.emulator.faults.clear();
  });

  test("a version that some stale replicas lack", async () => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      const fresh = await engine.up("edgeworkers:Version", "fresh", {
        edgeWorkerId,
        version: "9",
        bundle: code("fresh"),
      });
      expect((await up({ version: fresh.state.version })).state.status).toBe("COMPLETE");
    }
  });

  test("a version, or an EdgeWorker, that is deleted meanwhile", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    await ew("DELETE", "/versions/1.0");
    expect(await failure(up())).toMatch(
      /activation of version 1\.0 of EdgeWorker 54321 on staging: there is no version 1\.0 of EdgeWorker 54321, or it was deleted .*EW2003/,
    );
    expect(await failure(up({ edgeWorkerId: 5 }))).toMatch(
      /there is no version 1\.0 of EdgeWorker 5, or it was deleted .*EW2002/,
    );
    await begin({ lag: 100 });
    engine.emulator.faults.add({
      method: "GET",
      path: "*/activations/1",
      kind: "status",
      status: 404,
      body: { errorCode: "EW2004" },
      times: 1000,
    });
    const { message, stored } = await failing();
    expect(message).toContain(
      "activation 1 of version 1.0 on staging to be COMPLETE, but it is not to be seen",
    );
    expect(stored).toMatchObject({ failed: true });
    engine.emulator.faults.clear();
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }, 1],
    ["the gateway gave up after the effect", { kind: "status", status: 504, afterEffect: true }, 1],
    ["the connection broke before it", { kind: "reset-before" }, 2],
  ] as const)("when %s, there is one activation", async (_what, fault, sent) => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed, lag: seed === 3 ? "none" : "default" });
      engine.emulator.faults.add({ method: "POST", path: "*/activations", ...fault });
      expect((await up()).state).toMatchObject({ status: "COMPLETE", activationId: 1 });
      expect([all().length, posts().length]).toEqual([1, sent]);
    }
  });

  test("killed at any request that changes something, or looks, and run again, there is one activation", async () => {
    // A whole run has many looks: those at the beginning, and some of the others.
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 20]) {
      for (const after of [false, true]) {
        await begin({ seed: at + 1 });
        const ordered = new Stack(engine);
        await ordered
          .up(
            stack(() => ({})),
            { at, after },
          )
          .catch(() => undefined);
        await ordered.up(stack(() => ({})));
        expect([live(engine, edgeWorkerId), all().length]).toEqual(["1.0", 1]);
      }
    }
  });
});

describe("an end that is none", () => {
  const statuses: EmulatorSettings["failedStatus"][] = [
    "CANCELLED",
    "ABORTED",
    "ERROR",
    "DELETED_BY_AKAMAI",
    "EXPIRED",
  ];
  test.each(statuses)(
    "%s fails the run, what was live serves on, and the next run asks again",
    async (failedStatus) => {
      await begin({ lag: 60 });
      const first = await up();
      engine.run().set({ failActivations: 1, failedStatus });
      const { message, stored } = await failing({ version: "2.0" }, first);
      expect(message).toContain(
        `waited for activation 2 of version 2.0 on staging to be COMPLETE, but it is ${failedStatus}: `,
      );
      expect(stored).toMatchObject({
        failed: true,
        state: { version: "2.0", status: failedStatus, activationId: 2 },
      });
      expect(live(engine, edgeWorkerId)).toBe("1.0");
      const mended = await engine.run().up(token, "live", args({ version: "2.0" }), stored);
      expect(mended.state).toMatchObject({ status: "COMPLETE", activationId: 3 });
      expect(live(engine, edgeWorkerId)).toBe("2.0");
    },
  );

  test.each(["PRESUBMIT", "PENDING", "IN_PROGRESS"] as const)(
    "one that stays %s runs out of time, and the next run waits on for it",
    async (failedStatus) => {
      await begin({ lag: 60 });
      engine.set({ failActivations: 1, failedStatus });
      const { message, stored } = await failing({ timeoutSeconds: 120 });
      expect(message).toContain(
        `for activation 1 of version 1.0 on staging to be COMPLETE; it is still ${failedStatus}. It may still come`,
      );
      expect(stored).toMatchObject({
        failed: true,
        id: `${edgeWorkerId}/staging`,
        state: { status: failedStatus, activationId: 1, __provider: "text" },
      });
      // The state alone says that there is something to do, also when the engine forgot that it failed.
      const { failed: _, ...unmarked } = stored as StoredResource;
      expect((await engine.run().preview(token, "live", args({ timeoutSeconds: 120 }), unmarked)).plan).toBe(
        "update",
      );
      for (const one of account(engine).edgeworkers.belongings[edgeWorkerId]?.deployments ?? [])
        expect(one.at(-1)?.value?.outcome).toBe(failedStatus);
      const state = account(engine);
      for (const states of state.edgeworkers.belongings[edgeWorkerId]?.deployments ?? [])
        for (const one of states) if (one.value) one.value.outcome = "COMPLETE";
      engine.emulator.state.put(state);
      const mended = await engine.run().up(token, "live", args({ timeoutSeconds: 120 }), stored);
      expect([mended.state.status, all().length]).toEqual(["COMPLETE", 1]);
    },
  );

  test("somebody cancels it, in either spelling", async () => {
    await begin({ lag: 100 });
    for (const status of ["CANCELLED", "CANCELED"]) {
      const body = {
        edgeWorkerId,
        activationId: 1,
        version: "1.0",
        network: "STAGING",
        status,
        createdTime: "2026-01-01T00:00:00Z",
      };
      engine.emulator.faults.add({
        method: "GET",
        path: "*/activations/*",
        kind: "status",
        status: 200,
        body,
      });
      expect((await failing()).message).toContain(
        `but it is ${status}: somebody cancelled it. The next \`up\` asks again`,
      );
      engine.run();
    }
  });

  test("a status that nobody knows is an end", async () => {
    await begin({ lag: 100 });
    const body = {
      edgeWorkerId,
      activationId: 1,
      version: "1.0",
      network: "STAGING",
      status: "LOST",
      createdTime: "2026-01-01T00:00:00Z",
    };
    engine.emulator.faults.add({ method: "GET", path: "*/activations/*", kind: "status", status: 200, body });
    expect((await failing()).message).toContain("but it is LOST: ");
  });

  test("superseded by somebody while it was waited for: an error that names who, and the next run replaces theirs", async () => {
    await begin({ lag: "none" });
    const ordered = new Stack(engine);
    let done = false;
    ordered.watch = async () => {
      if (done || !ordered.requests.at(-1)?.endsWith("/activations/1")) return;
      done = true;
      await somebodyActivates("2.0");
    };
    expect(await failure(ordered.up(stack(() => ({}))))).toMatch(
      /waited for version 1\.0 to be the live one on staging, but it is 2\.0: \S+ activated that meanwhile \(activation 2\)/,
    );
    expect(ordered.of("live")).toMatchObject({ status: "SUPERSEDED" });
    await ordered.up(stack(() => ({})));
    expect(live(engine, edgeWorkerId)).toBe("1.0");
  });
});

describe("another version", () => {
  test("forth and back again is an update in place, and the one that is live serves until the other does", async () => {
    for (const seed of [1, 2]) {
      await begin({ seed });
      const first = await up();
      expect(await engine.run().preview(token, "live", args({ version: "2.0" }), first)).toMatchObject({
        plan: "update",
        failures: [],
      });
      const second = await up({ version: "2.0" }, first);
      const back = await engine.run().up(token, "live", args(), second);
      expect([second.state.activationId, back.state.activationId, live(engine, edgeWorkerId)]).toEqual([
        2,
        3,
        "1.0",
      ]);
      expect(posts()).toEqual(["activations", "activations", "activations"]);
    }
  });

  test("one that is not there fails at preview, unless the program makes it", async () => {
    await begin({ lag: "none" });
    const first = await up();
    expect(await refused({ version: "9" }, first)).toEqual([
      "version: EdgeWorker 54321 has no version 9, and no resource before this one declares it; it has 1.0, 2.0, 3.0, 4.0",
    ]);
    await engine.preview("edgeworkers:Version", "code", { edgeWorkerId, version: "9", bundle: code() });
    expect(await refused({ version: "9" }, first)).toEqual([]);
    expect(await refused({ version: unknown }, first)).toEqual([]);
    expect(await refused({ edgeWorkerId: unknown })).toEqual([]);
  });

  test("a probe that would wait for another version than the one that is live first", async () => {
    await begin({ lag: "none" });
    const probe = { url: "https://www.example.com/hello", expect: { status: 200 } };
    const after = (activation: string) => ({ network: "production", after: { activation, probe } });
    const first = await refused(after("54321/staging/2.0"));
    expect(first).toEqual([
      "after: after.activation makes version 2.0 live, and the probe must find version 1.0 there: pass one `Version` to both activations, or set the probe on the activation of the property",
    ]);
    for (const activation of [
      "54321/staging/1.0",
      "54321/staging",
      "7/staging/2.0",
      "prp_1/staging/4",
      unknown,
    ])
      expect([activation, await refused(after(activation))]).toEqual([activation, []]);
    // What is live already needs no probe.
    await somebodyActivates("1.0", "PRODUCTION");
    engine.later(3600).run();
    expect(await refused(after("54321/staging/2.0"))).toEqual([]);
  });

  test("one that was uploaded a moment ago is not refused because of one server", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      await begin({ seed });
      await engine.up("edgeworkers:Version", "fresh", { edgeWorkerId, version: "9", bundle: code("fresh") });
      expect((await engine.run().preview(token, "live", args({ version: "9" }))).failures).toEqual([]);
    }
  });

  test("a note, or how long to wait, tells the service nothing", async () => {
    await begin({ lag: "none" });
    const first = await up({ note: "one" });
    const second = await engine
      .run()
      .up(
        token,
        "live",
        args({ note: "two", timeoutSeconds: 60, autoPin: false, deletion: { mode: "retain" } }),
        first,
      );
    expect(second.state).toMatchObject({
      note: "two",
      timeoutSeconds: 60,
      autoPin: false,
      deletion: { mode: "retain" },
    });
    expect(posts()).toEqual(["activations"]);
  });

  test("found live outside of the program is drift: seen by refresh, replaced by up; without a change nothing asks for it", async () => {
    await begin();
    const first = await up();
    await somebodyActivates("2.0");
    engine.later(400);
    engine.emulator.clearJournal();
    await preview({}, first);
    expect(engine.requests()).toEqual([]);
    const seen = await engine.run().refresh(first);
    expect(seen).toMatchObject({ state: { version: "2.0" }, inputs: { version: "2.0" } });
    expect((await preview({}, seen)).plan).toBe("update");
    await up({}, seen);
    expect(live(engine, edgeWorkerId)).toBe("1.0");
  });

  test("what is live before the first up is reported, and replaced", async () => {
    await begin({ lag: "none" });
    await somebodyActivates("2.0");
    await preview();
    expect(
      notice("version 2.0 is live on staging, and was not activated by this resource; `up` replaces it"),
    ).toBeDefined();
    engine.run().clearMessages();
    await preview({ version: "2.0" });
    expect(engine.messages).toEqual([]);
  });

  test("taken off by somebody, refresh lets go of it and up brings it back", async () => {
    await begin({ lag: "none" });
    const first = await up();
    await ew("POST", "/deactivations", { network: "STAGING", version: "1.0" });
    expect(await engine.run().refresh(first)).toBeUndefined();
    expect(
      notice(
        "no version is live on staging any more, though the state has 1.0; `up` activates the declared one",
      ),
    ).toBeDefined();
    await up();
    expect(live(engine, edgeWorkerId)).toBe("1.0");
  });
});

describe("inputs", () => {
  test.each([
    [{ network: "STAGING" }, "network: must be `staging` or `production`"],
    [
      { edgeWorkerId: 0 },
      "edgeWorkerId: must be the id of an EdgeWorker, a whole number from 1, or its name",
    ],
    [{ version: "" }, "version: must not be empty"],
    [{ note: "" }, "note: must not be empty"],
    [{ note: "x".repeat(129) }, "note: must have no more than 128 characters"],
    [{ timeoutSeconds: 59 }, "timeoutSeconds: must be at least 60"],
    [{ timeoutSeconds: 86_401 }, "timeoutSeconds: must be at most 86400 (a day)"],
    [{ autoPin: 1 }, "autoPin: must be true or false"],
    [{ deletion: { mode: "revoke" } }, "deletion.mode: must be `deactivate` or `retain`"],
  ])("%j", async (more, message) => {
    if (engine === undefined) await begin({ lag: "none" });
    expect(await engine.run().preview(token, "live", args(more))).toMatchObject({
      failures: [refusal(message.split(": ")[0] ?? "", message.split(": ").slice(1).join(": "))],
    });
  });

  test("the deletion policy stands in the inputs: off on staging, on on production", async () => {
    await begin({ lag: "none" });
    expect((await preview()).inputs.deletion).toEqual({ mode: "deactivate" });
    expect((await preview({ network: "production" })).inputs.deletion).toEqual({ mode: "retain" });
    expect(
      (await preview({ network: "production", deletion: { mode: "deactivate" } })).inputs.deletion,
    ).toEqual({ mode: "deactivate" });
    expect((await preview({ network: unknown })).inputs).not.toHaveProperty("deletion");
  });

  test("two resources for one place are refused, two for two are not", async () => {
    await begin({ lag: "none" });
    expect(await refused()).toEqual([]);
    expect(await refused()).toEqual([]);
    expect(await refused({ network: "production" })).toEqual([]);
    expect((await engine.preview(token, "other", args({ version: "2.0" }))).failures).toEqual([
      {
        property: "network",
        reason: "the program has an activation of EdgeWorker 54321 on staging already: live",
      },
    ]);
  });
});

describe("destroying", () => {
  test.each([1, 2, 3, 4])(
    "takes the version off staging, waits until it is, and once more is no error (seed %d)",
    async (seed) => {
      await begin({ seed });
      const made = await up({ note: "hello" });
      engine.run();
      await engine.destroy(made);
      expect([live(engine, edgeWorkerId), all().length]).toEqual([undefined, 2]);
      await engine.destroy(made);
      // The second one is refused: it is off already.
      expect(posts()).toEqual(["activations", "deactivations", "deactivations"]);
      expect(all().length).toBe(2);
    },
  );

  test("leaves production as it is, or where the program says so", async () => {
    await begin({ lag: "none" });
    for (const more of [{ network: "production" }, { deletion: { mode: "retain" } }]) {
      const made = await up(more);
      engine.run();
      await engine.destroy(made);
    }
    expect([live(engine, edgeWorkerId), live(engine, edgeWorkerId, "PRODUCTION"), posts()]).toEqual([
      "1.0",
      "1.0",
      ["activations", "activations"],
    ]);
    expect(
      notice(
        "EdgeWorker 54321: version 1.0 stays live on production. The run removes all of that from the state, and leaves it in the account.",
      ),
    ).toBeDefined();
    const made = await engine
      .run()
      .up(token, "live", args({ network: "production", deletion: { mode: "deactivate" } }));
    engine.run();
    await engine.destroy(made);
    expect(live(engine, edgeWorkerId, "PRODUCTION")).toBeUndefined();
  });

  test("what somebody else made live is left alone", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await somebodyActivates("2.0");
    engine.run();
    expect(await failure(engine.destroy(made))).toContain(
      "version 2.0 is live on staging, not 1.0 as in the state. Run `pulumi refresh`",
    );
    expect(live(engine, edgeWorkerId)).toBe("2.0");
  });

  test("what is under way comes to its end first", async () => {
    await begin({ lag: 100 });
    const { stored } = await (async () => {
      engine.set({ failActivations: 1, failedStatus: "PENDING" });
      return failing({ timeoutSeconds: 60 });
    })();
    const state = account(engine);
    for (const states of state.edgeworkers.belongings[edgeWorkerId]?.deployments ?? [])
      for (const one of states)
        if (one.value) Object.assign(one.value, { outcome: "COMPLETE", endsAt: state.now + 30_000 });
    engine.emulator.state.put(state);
    engine.run();
    await engine.destroy(stored as StoredResource);
    expect(live(engine, edgeWorkerId)).toBeUndefined();
  });

  test.each([
    ["EW1031", true],
    ["EW1032", true],
  ])("refused by the service for it (%s), it waits for what is under way", async (errorCode, afterEffect) => {
    await begin();
    const made = await up();
    engine.run().emulator.faults.add({
      method: "POST",
      path: "*/deactivations",
      kind: "status",
      status: 400,
      body: { errorCode },
      afterEffect,
    });
    await engine.destroy(made);
    expect([live(engine, edgeWorkerId), all().length]).toEqual([undefined, 2]);
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }],
    ["the connection broke before it", { kind: "reset-before" }],
  ] as const)("when %s, it is taken off once", async (_what, fault) => {
    for (const lag of ["default", "none"] as const) {
      await begin({ lag });
      const made = await up();
      engine.run().emulator.faults.add({ method: "POST", path: "*/deactivations", ...fault });
      await engine.destroy(made);
      expect([live(engine, edgeWorkerId), all().length]).toEqual([undefined, 2]);
    }
  });

  test("a deactivation that fails keeps the resource", async () => {
    await begin({ lag: 60 });
    const made = await up();
    engine.run().set({ failDeactivations: 1, failedStatus: "ERROR" });
    expect(await failure(engine.destroy(made))).toContain(
      "deactivation 1 of version 1.0 on staging to be COMPLETE, but it is ERROR",
    );
    engine.run();
    await engine.destroy(made);
    expect(live(engine, edgeWorkerId)).toBeUndefined();
  });

  test("renamed in the program, or replaced by force, it is not taken off", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await engine.run().up(token, "renamed", args());
    await engine.destroy(made);
    expect([live(engine, edgeWorkerId), posts()]).toEqual(["1.0", ["activations"]]);
  });

  test("of an EdgeWorker that is gone there is nothing to take off", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run();
    await engine.destroy({ ...made, state: { ...made.state, edgeWorkerId: 5 } });
    expect(posts()).toEqual(["activations"]);
  });
});
