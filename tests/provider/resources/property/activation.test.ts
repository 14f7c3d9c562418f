import type { EmulatorSettings } from "../../../../emulator";
import { listActivations } from "../../../../provider/api/property/activations";
import { activeVersions, findNetworkState } from "../../../../provider/api/property/networkState";
import { findRules, saveRules } from "../../../../provider/api/property/rules";
import { named } from "../../../support/property";
import { refusal } from "../../../support/refusal";
import type { StoredResource, TestEngine } from "../../../support/testEngine";
import { failure, resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";
import { startPrepared } from "../edgeworkers/support";
import { greeter, PropertySandbox } from "./propertySandbox";
import {
  account,
  amend,
  asked,
  lastBody,
  live,
  newVersion,
  place,
  Stack,
  somebody,
  somebodyActivates,
  theProperty,
  unknown,
} from "./support";

let engine: TestEngine;
/** The seeded property (2 live on production, 3 on staging) with the versions 4 and 5. */
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  await engine?.close();
  engine = await startPrepared("versions 4 and 5", prepare, ...options);
};
const prepare = async (fresh: TestEngine) => {
  await newVersion(fresh);
  await newVersion(fresh);
};
const token = "property:Activation";
const args = (more: object = {}) => ({
  propertyId: place.propertyId,
  network: "staging",
  version: 4,
  notifyEmails: ["web-team@example.com"],
  ...more,
});
const {
  up,
  preview,
  failingUp: failing,
  refused,
  notice,
} = resourceUnderTest(() => engine, token, "live", {}, { complete: args, newRun: true });
const posts = () => engine.changes().filter((request) => /^POST .*\/activations\?/.test(request)).length;
const stack = () => [{ token, name: "live", args: () => args() }];
const path = "*/activations";
const fault = (status: number, body: object, more: object = {}) =>
  engine.emulator.faults.add({ method: "POST", path, kind: "status", status, body, ...more });
/** A version whose rules have what is given in them. */
const withRule = async (version: number, rule: object) => {
  const http = engine.somebody();
  const found = await findRules(http, place, version);
  if (found === undefined) throw new Error(`there is no version ${version}`);
  const { etag, rules } = found;
  const children = [...(rules.children ?? []), { name: "Ours", ...rule }];
  await saveRules(http, place, version, { etag, rules: { ...rules, children } });
  engine.later(0).emulator.clearJournal();
};
const wrongRule = {
  behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "", mPulse: false } }],
};
const doubtfulRule = {
  behaviors: [
    { name: "edgeWorker", options: { enabled: true, edgeWorkerId: "4242", continueOnError: true } },
  ],
  children: [
    {
      name: "Failover",
      criteria: [
        { name: "edgeWorkersFailure", options: { execStatus: "FAILURE" } },
        { name: "matchResponseCode", options: { matchOperator: "IS_ONE_OF", values: ["500"] } },
      ],
      behaviors: [{ name: "failAction", options: { enabled: true, actionType: "SERVE_STALE" } }],
    },
  ],
};

afterAll(() => engine.close());

describe("to be live", () => {
  test("asked for once, followed through the zones, and then there is nothing left to do", async () => {
    await begin({ lag: 600 });
    const made = await up({ note: "first" });
    expect(made).toMatchObject({
      id: "prp_173136/staging",
      state: {
        ...place,
        propertyName: "www.example.com",
        version: 4,
        activationId: "atv_67037",
        status: "ACTIVE",
        previousVersion: 3,
        activatedVersion: 4,
        timeoutSeconds: 5400,
        useFastFallback: true,
        deletion: { mode: "retain" },
      },
    });
    expect(live(engine)).toBe(4);
    for (const status of ["NEW", "PENDING", "ZONE_1", "ZONE_2", "ZONE_3", "ACTIVE"]) {
      expect(
        engine.messages.filter((line) => line.includes(`version 4 on staging is ${status} (atv_67037)`)),
      ).toHaveLength(1);
    }
    expect(
      notice("waiting for atv_67037 of version 4 of www.example.com on staging to be ACTIVE: "),
    ).toBeDefined();
    expect((await preview({ note: "first" }, made)).plan).toBe("same");
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(posts()).toBe(1);
  });

  test("what the request contains", async () => {
    await begin({ lag: "none" });
    await up();
    const least = {
      propertyVersion: 4,
      network: "STAGING",
      activationType: "ACTIVATE",
      notifyEmails: ["web-team@example.com"],
      acknowledgeAllWarnings: false,
      useFastFallback: false,
    };
    expect(lastBody(engine)).toEqual(least);
    const complianceRecord = { noncomplianceReason: "EMERGENCY", ticketId: "OPS-1" };
    const more = {
      note: "hello",
      fastPush: false,
      acknowledgeWarnings: ["msg_1"],
      complianceRecord,
      version: 5,
    };
    await up(more);
    const expected = { note: "hello", fastPush: false, acknowledgeWarnings: ["msg_1"], propertyVersion: 5 };
    expect(lastBody(engine)).toEqual({ ...least, ...expected });
    await up({ ...more, network: "production", acknowledgeWarnings: "all" });
    const { acknowledgeWarnings: _, ...rest } = expected;
    expect(lastBody(engine)).toEqual({
      ...least,
      ...rest,
      network: "PRODUCTION",
      acknowledgeAllWarnings: true,
      complianceRecord,
    });
  });

  test("the looks grow apart, and not too far", async () => {
    await begin({ lag: 2400 });
    const before = engine.emulator.clock.now();
    await up({ network: "production" });
    const looks = engine.requests().filter((request) => request.includes("/activations/atv_67037"));
    expect(looks.length).toBeGreaterThan(30);
    expect(looks.length).toBeLessThan(60);
    expect(engine.emulator.clock.now() - before).toBeLessThan(2_470_000);
  });

  test("what is live already is done", async () => {
    await begin();
    const made = await up({ version: 3 });
    expect(made.state).toMatchObject({ status: "ACTIVE", activationId: "atv_61005", previousVersion: 2 });
    expect((await preview({ version: 3 }, made)).plan).toBe("same");
    expect([posts(), engine.messages]).toEqual([0, []]);
  });

  test("what is under way is waited for, by whomever it was asked", async () => {
    await begin();
    await somebodyActivates(engine, 4);
    engine.later(10).emulator.clearJournal();
    expect((await up()).state).toMatchObject({
      status: "ACTIVE",
      activationId: "atv_67037",
      previousVersion: 3,
    });
    expect(notice("version 4 is on its way to staging already (atv_67037); waiting for it")).toBeDefined();
    expect([live(engine), posts()]).toEqual([4, 0]);
  });

  test("another one that is under way comes to its end first, and what it brought is not taken off without a word", async () => {
    await begin();
    await somebodyActivates(engine, 5);
    engine.later(10).emulator.clearJournal();
    expect(await failure(up())).toContain("version 5 went live on staging meanwhile");
    expect(
      notice("version 5 is on its way to staging already (atv_67037); waiting for that first"),
    ).toBeDefined();
    expect([live(engine), posts()]).toEqual([5, 0]);
    // Once it is what the run finds, it is replaced.
    expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67038" });
    expect([live(engine), posts()]).toEqual([4, 1]);
  });

  test("one that is being taken off is asked for again after that", async () => {
    await begin();
    await somebodyActivates(engine, 3, "STAGING", "DEACTIVATE");
    engine.later(10).emulator.clearJournal();
    expect((await up({ version: 3 })).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67038" });
    expect(
      notice("version 3 is being taken off staging already (atv_67037); waiting for that first"),
    ).toBeDefined();
    expect([live(engine), posts()]).toEqual([3, 1]);
  });

  test("one on the other network is no matter", async () => {
    await begin();
    await somebodyActivates(engine, 4, "PRODUCTION");
    engine.later(10).emulator.clearJournal();
    await up();
    expect([live(engine), live(engine, "PRODUCTION"), posts()]).toEqual([4, 2, 1]);
  });

  const problems = "https://problems.luna.akamaiapis.net/papi";
  const busy = [
    [409, { type: `${problems}/v1/resource-busy`, title: "Operation failed" }],
    [
      422,
      {
        type: `${problems}/v1/property_activation_still_pending`,
        title: "Exception",
        messageId: "property_activation_still_pending",
      },
    ],
    [422, { type: `${problems}/v1/activation-unprocessable`, title: "Activation Unprocessable" }],
    [
      412,
      {
        type: `${problems}/v0/toolkit/validation_failed.error.activation.tower_precondition.failed`,
        title: "Precondition Failed",
      },
    ],
  ] as const;
  test.each(busy)("busy (%d %j): it looks again, and not for ever", async (status, body) => {
    await begin();
    fault(status, body, { times: 2 });
    expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67037" });
    expect([notice("busy with the property"), notice("trying again in 10 s"), posts()]).toEqual([
      expect.stringContaining(body.title),
      expect.anything(),
      3,
    ]);
    fault(status, body, { times: 1000 });
    const before = engine.later(0).emulator.clock.now();
    expect(await failure(up({ version: 5 }))).toContain(`was answered with ${status}: ${body.title}`);
    expect(engine.emulator.clock.now() - before).toBeLessThan(200_000);
    engine.emulator.faults.clear();
  });

  test.each(busy.slice(0, 3))(
    "refused (%d %j) because of its own effect, it finds it",
    async (status, body) => {
      for (const lag of ["none", 600] as const) {
        await begin({ lag });
        fault(status, body, { afterEffect: true });
        expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67037" });
        expect(asked(engine)).toHaveLength(1);
      }
    },
  );

  test("a limit of requests is waited for as its headers say", async () => {
    await begin({ lag: "none" });
    const at = new Date(engine.emulator.clock.now() + 45_000).toISOString();
    fault(
      429,
      { type: `${problems}/v1/limit-exceeded`, title: "Too many requests" },
      { headers: { "X-RateLimit-Next": at } },
    );
    const before = engine.emulator.clock.now();
    await up();
    expect(engine.emulator.clock.now() - before).toBeGreaterThanOrEqual(45_000);
    expect(asked(engine)).toHaveLength(1);
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }, 1],
    ["the gateway gave up after the effect", { kind: "status", status: 504, afterEffect: true }, 1],
    ["the connection broke before it", { kind: "reset-before" }, 2],
  ] as const)("when %s, there is one activation", async (_what, fault, sent) => {
    for (const lag of ["none", 600] as const) {
      await begin({ lag });
      engine.emulator.faults.add({ method: "POST", path, ...fault });
      expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67037" });
      expect([asked(engine).length, posts()]).toEqual([1, sent]);
    }
  });

  test("an earlier activation of the same version is not taken for the effect", async () => {
    await begin({ lag: "none" });
    for (const version of [4, 5]) await somebodyActivates(engine, version);
    engine.later(4000).emulator.faults.add({ method: "POST", path, kind: "reset-before" });
    expect((await up()).state).toMatchObject({ activationId: "atv_67039" });
  });

  test("killed at any request that changes something, or looks, and run again, there is one activation", async () => {
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 12]) {
      for (const after of [false, true]) {
        await begin({ seed: at + 1 });
        const ordered = new Stack(engine);
        await ordered.up(stack(), { at, after }).catch(() => undefined);
        await ordered.up(stack());
        expect([live(engine), asked(engine).length]).toEqual([4, 1]);
      }
    }
  });

  test("an account that redirects, and one whose contract and group the program names", async () => {
    await begin({ lag: "none", settings: { propertyRedirects: true } });
    expect((await up({ propertyId: "173136" })).state).toMatchObject(place);
    await begin({ lag: "none" });
    const made = await up({ contractId: "1-3CV382", groupId: 72297 });
    expect([made.id, made.state]).toMatchObject(["prp_173136/staging", place]);
    // Said otherwise, or not at all any more, they are the same.
    expect((await preview({ groupId: "72297" }, made)).plan).toBe("same");
    expect((await preview({ propertyId: "173136" }, made)).plan).toBe("same");
  });

  test("a property that was moved to another group is followed", async () => {
    await begin({ lag: "none" });
    const deletion = { mode: "deactivate" };
    const made = await up({ deletion });
    const state = engine.emulator.state.get() as {
      property: { properties: Record<string, { groupId: number }> };
    };
    Object.assign(state.property.properties["173136"] ?? {}, { groupId: 98765, propertyName: "shop" });
    engine.emulator.state.put(state);
    expect(await refused({ deletion }, made)).toEqual([
      "propertyId: there is no property prp_173136 in contract ctr_1-3CV382 and group grp_72297, or the API client can't see it. If it was moved, run `pulumi refresh` to record that",
    ]);
    const moved = { groupId: "grp_98765" };
    // Either the program says it, and nothing is activated, or refresh sees it.
    expect(await preview({ deletion, groupId: 98765 }, made)).toMatchObject({ plan: "update", replaces: [] });
    expect((await up({ deletion, groupId: 98765 }, made)).state).toMatchObject({
      ...moved,
      activationId: "atv_67037",
    });
    const seen = await engine.run().refresh(made);
    expect(seen).toMatchObject({
      inputs: { ...moved, propertyName: "shop" },
      state: { ...moved, activationId: "atv_67037" },
    });
    expect((await preview({ deletion }, seen)).plan).toBe("same");
    expect(posts()).toBe(1);
    // Also one whose state knows nothing of it.
    await engine.run().destroy(made);
    expect(live(engine)).toBeUndefined();
  });

  test("a version, or a property, that is not there after all", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    expect(await failure(up({ version: 9 }))).toMatch(
      /activation of version 9 of property www\.example\.com on staging: property www\.example\.com has no version 9, or the API client can't see it .*404/,
    );
    expect(await failure(up({ propertyId: "prp_5", contractId: "ctr_1-3CV382", groupId: 72297 }))).toContain(
      "there is no property prp_5",
    );
    expect(await refused({ propertyId: "prp_5" })).toEqual([
      expect.stringContaining("propertyId: there is no property prp_5"),
    ]);
  });
});

describe("an end that is none", () => {
  const ends = [
    ["ABORTED", "somebody cancelled it"],
    ["FAILED", "the network did not take it"],
    ["INACTIVE", "version 3, which was live before, still is"],
  ] as const;
  test.each(ends)(
    "%s fails the run, what was live serves on, and the next run asks again",
    async (failedPropertyStatus, reason) => {
      await begin({ lag: 60 });
      engine.set({ failPropertyActivations: 1, failedPropertyStatus });
      const { message, stored } = await failing();
      expect(message).toContain(
        `waited for atv_67037 of version 4 of www.example.com on staging to be ACTIVE, but it is ${failedPropertyStatus}: ${reason}`,
      );
      expect(stored).toMatchObject({
        failed: true,
        id: "prp_173136/staging",
        state: { version: 4, status: failedPropertyStatus },
      });
      expect(live(engine)).toBe(3);
      const mended = await up({}, stored);
      expect(mended.state).toMatchObject({ status: "ACTIVE", activationId: "atv_67038" });
    },
  );

  test("somebody cancels it, and it is not in the list any more", async () => {
    await begin({ lag: 600 });
    const ordered = new Stack(engine);
    ordered.watch = async () => {
      if (asked(engine).length === 1 && asked(engine)[0]?.cancelledAt === undefined) {
        await somebody(engine, "DELETE", "/activations/atv_67037");
      }
    };
    expect(await failure(ordered.up(stack()))).toContain(
      "but it is ABORTED: somebody cancelled it. What was live before still is",
    );
    expect(ordered.of("live")).toMatchObject({ status: "ABORTED", activationId: "atv_67037" });
    ordered.watch = async () => undefined;
    await ordered.up(stack());
    expect([live(engine), asked(engine).length]).toEqual([4, 2]);
  });

  test("superseded by somebody while it was waited for", async () => {
    await begin({ lag: "none" });
    const ordered = new Stack(engine);
    let done = false;
    ordered.watch = async () => {
      if (done || !ordered.requests.at(-1)?.startsWith("POST")) return;
      done = true;
      engine.emulator.clock.advance(1);
      await somebodyActivates(engine, 5);
    };
    expect(await failure(ordered.up(stack()))).toMatch(
      /but it is INACTIVE: version 5 was activated meanwhile \(activated at \S+Z: atv_67038, .*\)\. Run `pulumi refresh`/,
    );
    // What the error reported is not enough to take it off: another version may be live by now.
    expect(await failure(ordered.up(stack()))).toContain("version 5 went live on staging meanwhile");
    expect([live(engine), ordered.of("live").status]).toEqual([5, "INACTIVE"]);
    const [kept] = ordered.resources;
    const seen = await engine.run().refresh(kept as StoredResource);
    await up({}, seen);
    expect(live(engine)).toBe(4);
  });

  test("taken off by somebody while it was waited for", async () => {
    await begin({ lag: "none" });
    const ordered = new Stack(engine);
    let done = false;
    ordered.watch = async () => {
      if (done || !ordered.requests.at(-1)?.startsWith("POST")) return;
      done = true;
      await somebodyActivates(engine, 4, "STAGING", "DEACTIVATE");
    };
    expect(await failure(ordered.up(stack()))).toContain(
      "but it is INACTIVE: it was taken off the network meanwhile",
    );
  });

  const shown = (status: string, more: object = {}) => ({
    activations: {
      items: [
        {
          activationId: "atv_67037",
          activationType: "ACTIVATE",
          propertyVersion: 4,
          network: "STAGING",
          status,
          ...more,
        },
      ],
    },
  });
  const look = (body: object, more: object = {}) =>
    engine.emulator.faults.add({
      method: "GET",
      path: "*/activations/atv_67037",
      kind: "status",
      status: 200,
      body,
      ...more,
    });

  test("failed, with the reason that the service gives", async () => {
    await begin({ lag: 600 });
    look(shown("FAILED", { failureCause: { title: "Edge network error", detail: "Zone 2 did not answer" } }));
    expect((await failing()).message).toContain(
      "but it is FAILED: Edge network error: Zone 2 did not answer. What was live before still is",
    );
    look(
      shown("FAILED", {
        failureCause: {
          title: "x",
          errors: [{ detail: "Bad origin", errorLocation: "#/rules/behaviors/0" }],
        },
      }),
    );
    expect((await failing()).message).toContain("\n  - Bad origin (in the default rule, behavior origin)");
  });

  test("a status that nobody knows is an end, and one that is being cancelled is not", async () => {
    await begin({ lag: 600 });
    look(shown("LOST"));
    expect((await failing()).message).toContain("but it is LOST: an end that this provider does not know");
    await begin({ lag: 600 });
    look(shown("PENDING_CANCELLATION"), { times: 2 });
    expect((await up()).state.status).toBe("ACTIVE");
  });

  test("one that is not to be seen is waited for a while", async () => {
    await begin({ lag: 60 });
    look({}, { status: 404, times: 2 });
    expect((await up()).state.status).toBe("ACTIVE");
    await begin({ lag: 60 });
    look({}, { status: 404, times: 1000 });
    const { message, stored } = await failing();
    expect(message).toContain("to be ACTIVE, but it is not to be seen");
    expect(stored).toMatchObject({ failed: true, state: { status: "NEW" } });
    engine.emulator.faults.clear();
  });

  test.each<EmulatorSettings["failedPropertyStatus"]>(["PENDING", "ZONE_2"])(
    "one that stays %s runs out of time, and the next run waits on for it",
    async (failedPropertyStatus) => {
      await begin({ lag: 60 });
      engine.set({ failPropertyActivations: 1, failedPropertyStatus });
      const { message, stored } = await failing({ timeoutSeconds: 120 });
      expect(message).toContain(
        `on staging to be ACTIVE; it is still ${failedPropertyStatus}. It may still come: the next run waits on`,
      );
      expect(stored).toMatchObject({
        failed: true,
        state: { status: failedPropertyStatus, activationId: "atv_67037", __provider: "text" },
      });
      // The state alone says that there is something to do, also when the engine forgot that it failed.
      const { failed: _, ...unmarked } = stored as StoredResource;
      expect((await preview({ timeoutSeconds: 120 }, unmarked)).plan).toBe("update");
      amend(engine, (one) => {
        one.outcome = "ACTIVE";
      });
      const mended = await up({ timeoutSeconds: 120 }, stored);
      expect([mended.state.status, asked(engine).length]).toEqual(["ACTIVE", 1]);
    },
  );

  test("another one that stays on its way runs out of time as well", async () => {
    await begin({ lag: 60 });
    engine.set({ failPropertyActivations: 1, failedPropertyStatus: "ZONE_1" });
    await somebodyActivates(engine, 5);
    expect(await failure(up({ timeoutSeconds: 60 }))).toContain(
      "for atv_67037 (version 5 on its way to staging) to come to its end; it is still ZONE_1",
    );
    expect(posts()).toBe(1);
  });
});

describe("what stands against it", () => {
  test("warnings are listed with their ids, which the program can acknowledge, one by one or all", async () => {
    await begin({ lag: "none", settings: { activationWarnings: ["Origin is slow", "SureRoute is old"] } });
    const { message, stored } = await failing();
    const ids = [...message.matchAll(/^ {2}- (msg_[0-9a-f]{40}): (.*)$/gm)].map(([, id, text]) => [id, text]);
    expect(ids.map(([, text]) => text)).toEqual([
      "Activation warning: Origin is slow (in the default rule)",
      "Activation warning: SureRoute is old (in the default rule)",
    ]);
    expect(message).toContain(
      'activation of version 4 of property www.example.com on staging: version 4 has warnings that are not acknowledged. To activate it all the same, list their ids in `acknowledgeWarnings`, or set `acknowledgeWarnings: "all"`:',
    );
    expect([stored, asked(engine)]).toEqual([undefined, []]);
    const half = await failing({ acknowledgeWarnings: [ids[0]?.[0]] });
    expect([half.message.includes("Origin is slow"), half.message.includes("SureRoute is old")]).toEqual([
      false,
      true,
    ]);
    expect((await up({ acknowledgeWarnings: ids.map(([id]) => id) })).state.status).toBe("ACTIVE");
    expect((await up({ version: 5, acknowledgeWarnings: "all" })).state.status).toBe("ACTIVE");
  });

  test("warnings of the rules are reported at preview, unless some are acknowledged", async () => {
    await begin({ lag: "none" });
    await withRule(4, doubtfulRule);
    expect(await refused()).toEqual([]);
    expect(
      notice("warning: property www.example.com: the rules of version 4 have warnings. `up` will fail"),
    ).toContain(
      "\n  - Incompatible behaviors: Continue on error should not be combined with Site Failover: the failover never sees the failure (in Ours, behavior edgeWorker)",
    );
    for (const acknowledgeWarnings of ["all", ["msg_1"], unknown]) {
      engine.clearMessages();
      await preview({ acknowledgeWarnings });
      expect(notice("have warnings")).toBeUndefined();
    }
    expect((await failing()).message).toMatch(
      /- msg_[0-9a-f]{40}: Incompatible behaviors: .* \(in Ours, behavior edgeWorker\)/,
    );
  });

  test("errors of the rules fail the preview, and up where the preview may not read", async () => {
    await begin({ lag: "none" });
    await withRule(4, wrongRule);
    expect(await refused()).toEqual([
      expect.stringMatching(
        /^version: the rules of version 4 have errors, with which it can't be activated:\n {2}- .* \(in Ours, behavior edgeWorker\)/,
      ),
    ]);
    await begin({ lag: "none" }, { previewReads: "false" });
    await withRule(4, wrongRule);
    expect(await failure(up())).toMatch(
      /have errors, with which it can't be activated:\n {2}- .* \(in Ours, behavior edgeWorker\)/,
    );
    expect(asked(engine)).toEqual([]);
  });

  test("of the version that is live, nothing is asked", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.clearJournal();
    engine.set({ checkEdgeWorkerIds: true });
    await preview({}, made);
    await preview({ version: 2, network: "production" });
    expect(engine.requests().filter((request) => request.includes("/rules"))).toEqual([]);
  });

  test("errors and warnings at once, and a tree that can't be read", async () => {
    await begin(
      { lag: "none", settings: { activationWarnings: ["Origin is slow"] } },
      { previewReads: "false" },
    );
    await withRule(4, wrongRule);
    engine.emulator.faults.add({ method: "GET", path: "*/rules", kind: "status", status: 403, body: {} });
    const message = await failure(up());
    expect(message).toContain("have errors, with which it can't be activated:\n  - ");
    expect(message).toContain("#/rules/children/6/behaviors/0");
    expect(message).toMatch(/\n {2}version 4 has warnings that are not acknowledged/);
  });

  test("errors that come as 422 are no sign of being busy", async () => {
    await begin({ lag: "none" });
    fault(422, {
      title: "Activation Unprocessable",
      errors: [{ detail: "Bad origin", errorLocation: "#/rules/behaviors/0" }],
    });
    expect(await failure(up())).toContain(
      "can't be activated:\n  - Bad origin (in the default rule, behavior origin)",
    );
    expect(posts()).toBe(1);
  });

  test("a refusal of the request itself is reported as it is", async () => {
    await begin({ lag: "none" });
    fault(400, {
      title: "Bad Request",
      detail: "no",
      errors: [{ detail: "worse", errorLocation: "#/notifyEmails/0" }],
      instance: "i-1",
    });
    expect(await failure(up())).toContain(
      "POST /papi/v1/properties/prp_173136/activations was answered with 400: Bad Request: no: worse (request i-1)",
    );
    fault(403, { title: "Forbidden" });
    expect(await failure(up())).toContain("The API client lacks the grant for this");
  });

  test("a compliance record where the account demands it", async () => {
    await begin({ lag: "none", settings: { complianceRecords: true } });
    expect((await up()).state.status).toBe("ACTIVE");
    const message = await failure(up({ network: "production" }));
    expect(message).toContain(
      "the account demands a compliance record for production: set `complianceRecord`, such as { noncomplianceReason",
    );
    expect(message).toContain("OTHER, NO_PRODUCTION_TRAFFIC and EMERGENCY");
    const complianceRecord = {
      noncomplianceReason: "NONE",
      customerEmail: "a@example.com",
      peerReviewedBy: "b@example.com",
      unitTested: true,
    };
    const deletion = { mode: "deactivate" };
    const made = await up({ network: "production", complianceRecord, deletion });
    await engine.run().destroy(made);
    expect(asked(engine).slice(1)).toMatchObject([
      { complianceRecord },
      { complianceRecord, activationType: "DEACTIVATE" },
    ]);
  });
});

describe("another version", () => {
  test("forth is an update in place, and back within the hour a fast fallback", async () => {
    await begin({ lag: 600 });
    const first = await up({ version: 3 });
    expect(await preview({}, first)).toMatchObject({ plan: "update", failures: [] });
    const second = await up({}, first);
    const before = engine.later(60).emulator.clock.now();
    const back = await up({ version: 3 }, second);
    expect([second.state.activationId, back.state.activationId, live(engine)]).toEqual([
      "atv_67037",
      "atv_67038",
      3,
    ]);
    expect(notice("going back to version 3 on staging by fast fallback")).toBeDefined();
    expect(lastBody(engine)).toMatchObject({ useFastFallback: true });
    expect(engine.emulator.clock.now() - before).toBeLessThan(20_000);
  });

  test.each([
    ["switched off", { useFastFallback: false }, 60],
    ["after the hour", {}, 3700],
    ["to an older one than the last", { version: 2 }, 60],
  ])("back, as usual: %s", async (_what, more, seconds) => {
    await begin({ lag: "none" });
    const made = await up();
    engine.later(seconds);
    await up({ version: 3, ...more }, made);
    expect(lastBody(engine)).toMatchObject({ useFastFallback: false });
    expect(notice("fast fallback")).toBeUndefined();
  });

  test.each([400, 422])(
    "a fast fallback that is refused (%d) is followed by an activation as usual",
    async (status) => {
      await begin({ lag: "none" });
      const made = await up();
      fault(status, { title: "Fast fallback is not available" });
      const back = await up({ version: 3 }, made);
      expect([back.state.status, live(engine), lastBody(engine).useFastFallback]).toEqual([
        "ACTIVE",
        3,
        false,
      ]);
      expect(
        notice("no fast fallback (Fast fallback is not available); activating version 3 as usual"),
      ).toBeDefined();
    },
  );

  test("a fast fallback whose answer is lost is not sent again", async () => {
    await begin({ lag: 600 });
    const made = await up();
    engine.emulator.faults.add({ method: "POST", path, kind: "reset-after" });
    await up({ version: 3 }, made);
    expect([asked(engine).length, live(engine)]).toEqual([2, 3]);
  });

  test("one that is not there fails at preview, one that is not known yet does not", async () => {
    await begin({ lag: "none" });
    const first = await up();
    expect(await refused({ version: 9 }, first)).toEqual([
      "version: property www.example.com has no version 9; its latest is 5",
    ]);
    expect(await refused({ version: unknown }, first)).toEqual([]);
    expect(await refused({ network: unknown })).toEqual([]);
    const { inputs, failures } = await preview({ propertyId: unknown });
    expect([failures, inputs.contractId]).toEqual([[], undefined]);
    expect(await refused({ contractId: unknown })).toEqual([]);
    await newVersion(engine);
    expect(await refused({ version: 6 }, first)).toEqual([]);
  });

  test("whom to write to, a note, or how long to wait, tells the service nothing", async () => {
    await begin({ lag: "none" });
    const first = await up({ note: "one" });
    const more = {
      note: "two",
      timeoutSeconds: 60,
      notifyEmails: ["b@example.com"],
      deletion: { mode: "deactivate" },
      fastPush: true,
    };
    const second = await up(more, first);
    expect(second.state).toMatchObject({ ...more, activationId: "atv_67037", previousVersion: 3 });
    expect(posts()).toBe(1);
  });

  test("what is replaced for the first time is reported, what is expected is not", async () => {
    await begin({ lag: "none" });
    await preview();
    expect(engine.messages).toEqual([
      "property www.example.com: version 3 is live on staging; `up` replaces it with 4.",
    ]);
    engine.clearMessages();
    await preview({ version: unknown });
    expect(engine.messages).toEqual([
      "property www.example.com: version 3 is live on staging; `up` replaces it, where another version is declared.",
    ]);
    const made = await up({ version: 3 });
    engine.clearMessages();
    await preview({ version: 3 }, made);
    await preview({ version: 4 }, made);
    await preview({ version: unknown }, made);
    // A newer one of its own is gone back from without alarm.
    const next = await up({ version: 4 }, made);
    engine.clearMessages();
    await preview({ version: 3 }, next);
    expect((await engine.run().refresh(next))?.state).toEqual(next.state);
    expect(engine.messages).toEqual([]);
  });

  test("taken off by somebody, refresh lets go of it and up brings it back", async () => {
    await begin({ lag: "none" });
    const first = await up();
    await somebodyActivates(engine, 4, "STAGING", "DEACTIVATE");
    expect(await engine.run().refresh(first)).toBeUndefined();
    expect(notice("no version is live on staging any more; `up` activates 4")).toBeDefined();
    await up();
    expect(live(engine)).toBe(4);
  });

  test("a live version whose activation the service does not tell is live all the same", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.faults.add({
      method: "GET",
      path,
      kind: "status",
      status: 200,
      body: { activations: { items: [] } },
    });
    const seen = await engine.run().refresh(made);
    expect(seen?.state).toMatchObject({ version: 4, status: "ACTIVE" });
    expect(Object.keys(seen?.state ?? {})).not.toContain("activationId");
    expect(Object.keys(seen?.state ?? {})).not.toContain("previousVersion");
  });

  test("of a property that is gone, refresh lets go", async () => {
    await begin({ lag: "none" });
    const made = await up();
    expect(
      await engine.run().refresh({ ...made, state: { ...made.state, propertyId: "prp_5" } }),
    ).toBeUndefined();
  });

  test("on another network it is another activation, and the old one stays", async () => {
    await begin({ lag: "none" });
    const made = await up();
    expect(await preview({ network: "production" }, made)).toMatchObject({
      plan: "replace",
      replaces: ["network"],
      deleteBeforeReplace: false,
    });
    const next = await up({ network: "production" }, made);
    expect([next.id, live(engine), live(engine, "PRODUCTION")]).toEqual(["prp_173136/production", 4, 4]);
  });
});

describe("what others have live", () => {
  const five = (word = "activated") =>
    new RegExp(
      `version 5 is live on staging.*\\(${word} at 2\\d{3}-\\S+Z: atv_67038, notice to web-team@example\\.com, rules saved by \\w+\\)`,
    );
  const refreshed = async (old: StoredResource) => (await engine.run().refresh(old)) as StoredResource;
  const forgetful = async <T>(run: () => Promise<T>): Promise<T> => {
    engine.clearMessages().emulator.clearJournal();
    return run();
  };
  /** Version 4 is live by this resource, and then 5 by somebody. */
  const overtaken = async () => {
    await begin({ lag: "none" });
    const mine = await up();
    await somebodyActivates(engine, 5);
    engine.clearMessages().emulator.clearJournal();
    return mine;
  };

  test("a new activation tells what it goes back from", async () => {
    await begin({ lag: "none" });
    await somebodyActivates(engine, 4);
    await somebodyActivates(engine, 5);
    await preview();
    expect(engine.messages).toEqual([expect.stringMatching(five())]);
    expect(notice("newer than 4: `up` goes back to 4 and takes off what others activated since.")).toMatch(
      /^warning: /,
    );
  });

  test("what has all of it, to the letter, and own rules besides, may follow it at once", async () => {
    const mine = await overtaken();
    const next = await newVersion(engine);
    expect((await failing({ version: next }, mine)).message).toContain(
      `version 5 went live on staging meanwhile`,
    );
    const state = account(engine);
    const versions = state.property.properties["173136"]?.versions ?? [];
    const [five, six] = [versions[4]?.rules, versions[next - 1]?.rules];
    const ours = {
      name: "Ours",
      comments: "[pulumi 0123456789ab/012345]",
      behaviors: [],
      criteria: [],
      children: [],
    };
    six?.children?.splice(0, Number.POSITIVE_INFINITY, ours, ...(five?.children ?? []));
    engine.emulator.state.put(state);
    await up({ version: next }, mine);
    expect(live(engine)).toBe(next);
  });

  test("not known of by the state, it is not taken off; after a refresh it is, and the preview says so", async () => {
    const mine = await overtaken();
    // Without a change in the program nothing happens, and that is reported as well.
    expect((await preview({}, mine)).plan).toBe("same");
    expect(engine.messages).toEqual([expect.stringMatching(five())]);
    expect(notice("newer than 4, which the state has")).toContain(
      "It stays so until `pulumi refresh` has recorded it; then `up` activates 4 again.",
    );

    engine.clearMessages();
    expect((await preview({ version: 3 }, mine)).plan).toBe("update");
    expect(engine.messages).toEqual([expect.stringMatching(five())]);
    expect(notice("newer than 3")).toContain(
      "though the state has 4. `up` will not take it off: it fails until `pulumi refresh` has recorded it.",
    );
    await forgetful(() => preview({ version: unknown }, mine));
    expect(notice("`up` will not take it off, unless that is the declared version: it fails")).toMatch(
      /^warning: /,
    );
    const { message, stored } = await failing({ version: 3 }, mine);
    expect(message).toMatch(
      /activation of version 3 of property www\.example\.com on staging: version 5 went live on staging meanwhile \(activated at .*atv_67038.*\); activating 3 would take it off\. Nothing was changed\. Run `pulumi refresh` and `pulumi preview`/,
    );
    expect([stored, live(engine), posts()]).toEqual([mine, 5, 0]);

    const seen = await forgetful(() => refreshed(mine));
    expect(seen).toMatchObject({
      state: { version: 5, activationId: "atv_67038", activatedVersion: 4 },
      inputs: { version: 5 },
    });
    expect(engine.messages).toEqual([expect.stringMatching(five())]);
    expect(notice("newer than 4, which this resource made live last")).toMatch(/^warning: /);
    // Looked at twice, it is still not its own.
    expect(await forgetful(() => refreshed(seen))).toEqual(seen);
    expect(engine.messages).toHaveLength(1);

    expect((await forgetful(() => preview({}, seen))).plan).toBe("update");
    expect(engine.messages).toEqual([expect.stringMatching(five())]);
    expect(notice("newer than 4 (activated")).toContain(
      "Others activated it since this resource made 4 live. `up` goes back to 4 and takes off what others activated since.",
    );
    await forgetful(() => preview({ version: unknown }, seen));
    expect(notice("`up` replaces it, where another version is declared, which need not have")).toMatch(
      /^warning: /,
    );
    const back = await up({}, seen);
    expect([live(engine), back.state.activatedVersion]).toEqual([4, 4]);
  });

  test("an older one as well", async () => {
    await begin({ lag: "none" });
    const mine = await up({ version: 5 });
    await somebodyActivates(engine, 4);
    await forgetful(() => preview({ version: 5 }, mine));
    expect(notice("version 4 is live on staging, older than 5, which the state has")).toBeDefined();
    expect(await failure(up({ version: 5, note: "again" }, mine))).toContain(
      "version 4 went live on staging meanwhile",
    );
    const seen = await refreshed(mine);
    expect(
      notice("version 4 is live on staging, older than 5, which this resource made live last"),
    ).toBeDefined();
    // The engine compares right after a refresh, in the same run: who activated it is not reported again.
    await engine.preview(token, "live", args({ version: 5 }), seen);
    expect(notice("`up` replaces it with 5")).toMatch(
      /^warning: .*: version 4 is live on staging\. `up` replaces it with 5, which need not have what they changed\.$/,
    );
    await forgetful(() => preview({ version: 5 }, seen));
    expect(engine.messages).toEqual([
      expect.stringMatching(
        /^warning: .*: version 4 is live on staging \(activated at .*\)\. Others activated it since this resource made 5 live\. `up` replaces it with 5, which need not have what they changed\.$/,
      ),
    ]);
  });

  test("declared in the program, it is this resource's from then on", async () => {
    const mine = await overtaken();
    const taken = await up({ version: 5 }, mine);
    expect(taken.state).toMatchObject({ version: 5, activatedVersion: 5, activationId: "atv_67038" });
    expect(posts()).toBe(0);
    await forgetful(() => preview({ version: 4 }, taken));
    expect(engine.messages).toEqual([]);
  });

  test("taken off altogether, it is reported, and nothing stands in the way", async () => {
    await begin({ lag: "none" });
    const mine = await up();
    await somebodyActivates(engine, 4, "STAGING", "DEACTIVATE");
    await forgetful(() => preview({}, mine));
    expect(notice("no version is live on staging any more, though the state has 4")).toContain(
      "then `up` activates 4 again",
    );
    await up({ version: 5 }, mine);
    expect(live(engine)).toBe(5);
  });

  test("who activated it is reported where the service shows it, with the note", async () => {
    const mine = await overtaken();
    const http = engine.somebody();
    const all = await listActivations(http, place);
    const more = { submittedBy: "jane", note: " a\n hot fix ", notifyEmails: null };
    const items = all.map((one) => (one.activationId === "atv_67038" ? { ...one, ...more } : one));
    engine.emulator.faults.add({
      method: "GET",
      path,
      kind: "status",
      status: 200,
      body: { activations: { items } },
    });
    engine.emulator.faults.add({
      method: "GET",
      path: "*/versions/5",
      kind: "status",
      status: 403,
      body: {},
    });
    await engine.run().refresh(mine);
    expect(notice("by jane")).toMatch(/\(activated by jane at \S+Z: atv_67038, note "a hot fix"\)/);
  });

  test.each([
    ["create", undefined],
    ["update", { version: 3 }],
  ] as const)(
    "activated at any moment before the request of a run to %s, it stays",
    async (_what, before) => {
      const start = async () => {
        await begin({ lag: "none" });
        return new Stack(engine, before && [await up(before)]);
      };
      const whole = await start();
      await whole.up(stack());
      // Up to the last look: of what comes after that the service alone knows.
      const last = whole.requests.findIndex((request) => request.startsWith("POST ")) - 2;
      const ends = [];
      for (let at = 0; at <= last; at++) {
        const ordered = await start();
        let done = false;
        ordered.watch = async () => {
          if (done || ordered.requests.length !== at + 1) return;
          done = true;
          await somebodyActivates(engine, 5);
          engine.emulator.clearJournal();
        };
        const message = await failure(ordered.up(stack()));
        expect([
          done,
          message === "" || message.includes("version 5 went live on staging meanwhile"),
        ]).toEqual([true, true]);
        expect([live(engine), posts()]).toEqual(message === "" ? [4, 1] : [5, 0]);
        ends.push(message === "" ? "replaced" : "left");
      }
      // A new one replaces what it finds at its first look.
      const found = before === undefined ? ends.indexOf("left") : 0;
      expect(ends).toEqual(ends.map((_, at) => (at < found ? "replaced" : "left")));
      expect([found < 4, last > 4]).toEqual([true, true]);
    },
  );

  test("a new activation looks first at the preview, and what comes after that stays", async () => {
    await begin({ lag: "none" });
    const ordered = new Stack(engine);
    let done = false;
    ordered.watch = async () => {
      if (done || !ordered.requests.at(-1)?.endsWith("/activations")) return;
      done = true;
      await somebodyActivates(engine, 5);
      engine.emulator.clearJournal();
    };
    expect(await failure(ordered.up(stack()))).toContain("version 5 went live on staging meanwhile");
    expect([live(engine), posts()]).toEqual([5, 0]);
  });

  test.each([
    ["whose answer was lost", { kind: "reset-before" }, false],
    ["after a fast fallback that was refused", { kind: "status", status: 400, body: { title: "No" } }, true],
  ] as const)("before a request is sent again %s, it is read again", async (_what, fault, back) => {
    await begin({ lag: "none" });
    const mine = await up({ version: back ? 4 : 3 });
    const ordered = new Stack(engine, [mine]);
    engine.emulator.faults.add({ method: "POST", path, ...fault });
    let done = false;
    ordered.watch = async () => {
      if (done || !ordered.requests.at(-1)?.startsWith("POST ")) return;
      done = true;
      await somebodyActivates(engine, 5);
      engine.emulator.clearJournal();
    };
    const program = [{ token, name: "live", args: () => args({ version: back ? 3 : 4 }) }];
    expect(await failure(ordered.up(program))).toContain("version 5 went live on staging meanwhile");
    expect([live(engine), posts()]).toEqual([5, 0]);
  });

  test("under way, it is waited for, and stays", async () => {
    await begin({ lag: 600 });
    const mine = await up();
    await somebodyActivates(engine, 5);
    engine.later(10).clearMessages().emulator.clearJournal();
    await preview({ version: 3 }, mine);
    expect(engine.messages).toEqual([
      expect.stringMatching(
        /^warning: property www\.example\.com: version 5 is on its way to staging \(NEW, asked for at \S+Z: atv_67038, .*\); `up` waits for that first, and fails when version 5 is live then, rather than take it off\.$/,
      ),
    ]);
    expect(await failure(up({ note: "x" }, mine))).toContain("version 5 went live on staging meanwhile");
    expect([live(engine), posts()]).toEqual([5, 0]);
  });

  test("how previews tell of what is under way", async () => {
    await begin({ lag: 600 });
    await somebodyActivates(engine, 5);
    const reported = async (more: object, old?: StoredResource) => {
      await forgetful(() => preview(more, old));
      return (
        engine.messages.find((line) => line.includes("on its way")) ??
        engine.messages.find((line) => line.includes("being taken off"))
      );
    };
    engine.later(10);
    expect(await reported({})).toMatch(
      /^warning: .*fails when version 5 is live then, rather than take it off\.$/,
    );
    expect(await reported({ version: unknown })).toMatch(
      /^warning: .*rather than take it off, unless that is the declared version\.$/,
    );
    expect(await reported({ version: 5 })).toMatch(
      /^property .*version 5 is on its way to staging \(NEW, .*\); `up` waits for it\.$/,
    );
    const mine = await up({ version: 5 });
    await somebodyActivates(engine, 4);
    engine.later(10);
    expect((await preview({ version: 5 }, mine)).plan).toBe("same");
    expect(await reported({ version: 5 }, mine)).toMatch(
      /^property .*version 4 is on its way to staging \(NEW, .*\)\.$/,
    );
    engine.later(4000);
    const seen = await refreshed(mine);
    await somebodyActivates(engine, 4, "STAGING", "DEACTIVATE");
    expect(await reported({ version: 5 }, seen)).toMatch(
      /^property .*version 4 is being taken off staging \(PENDING_DEACTIVATION, .*\); `up` waits for that first\.$/,
    );
    engine.later(4000);
    engine.set({ failPropertyActivations: 1, failedPropertyStatus: "ZONE_1" });
    const { stored } = await failing({ timeoutSeconds: 60 });
    expect(await reported({ timeoutSeconds: 60 }, stored)).toMatch(
      /^property .*version 4 is on its way.*, by this resource; `up` waits for it\.$/,
    );
  });

  test("one that comes to nothing leaves what the run knows of", async () => {
    await begin({ lag: 600 });
    const mine = await up();
    engine.set({ failPropertyActivations: 1, failedPropertyStatus: "FAILED" });
    await somebodyActivates(engine, 5);
    await engine.later(10).up(token, "live", args({ version: 3 }), mine);
    expect(live(engine)).toBe(3);
  });

  test.each(["FAILED", "ABORTED", "INACTIVE"] as const)(
    "nothing is theirs when an own update came to nothing (%s)",
    async (failedPropertyStatus) => {
      await begin({ lag: 60 });
      const mine = await up();
      engine.set({ failPropertyActivations: 1, failedPropertyStatus });
      const { stored } = await failing({ version: 3, useFastFallback: false }, mine);
      expect(stored?.state).toMatchObject({
        version: 3,
        status: failedPropertyStatus,
        previousVersion: 4,
        activatedVersion: 4,
      });
      const again = { version: 3, useFastFallback: false };
      await forgetful(() => preview(again, stored));
      await forgetful(() => preview({ version: 5 }, stored));
      const seen = await refreshed(stored as StoredResource);
      expect(seen.state).toMatchObject({ version: 4, status: "ACTIVE", activatedVersion: 4 });
      await preview(again, seen);
      expect(engine.messages).toEqual([]);
      expect((await up(again, stored)).state).toMatchObject({ status: "ACTIVE", activatedVersion: 3 });
    },
  );

  test("nor when the first one did", async () => {
    await begin({ lag: 60 });
    engine.set({ failPropertyActivations: 1, failedPropertyStatus: "FAILED" });
    const { stored } = await failing();
    expect(stored?.state).toMatchObject({ version: 4, previousVersion: 3 });
    await forgetful(() => preview({}, stored));
    const seen = await refreshed(stored as StoredResource);
    await preview({}, seen);
    expect(engine.messages).toEqual(
      Array(2).fill(
        expect.stringMatching(/^property .*version 3 is live on staging \(.*\)\. `up` replaces it with 4\.$/),
      ),
    );
    expect(Object.keys(seen.state)).not.toContain("activatedVersion");
    // What others activate then is news.
    await somebodyActivates(engine, 5);
    engine.later(100);
    await forgetful(() => refreshed(stored as StoredResource));
    expect(engine.messages).toEqual([
      expect.stringMatching(/^warning: .*version 5 is live on staging \(activated/),
    ]);
    expect(await failure(up({}, stored))).toContain("version 5 went live on staging meanwhile");
  });

  test("one that went live after its run had given up is its own", async () => {
    await begin({ lag: 60 });
    const mine = await up();
    engine.set({ failPropertyActivations: 1, failedPropertyStatus: "ZONE_2" });
    const { stored } = await failing({ version: 5, timeoutSeconds: 60 }, mine);
    amend(engine, (one) => {
      one.outcome = "ACTIVE";
    });
    engine.later(4000);
    const seen = await forgetful(() => refreshed(stored as StoredResource));
    expect(seen.state).toMatchObject({ version: 5, activatedVersion: 5, status: "ACTIVE" });
    await preview({ version: 3 }, seen);
    await preview({ version: 3 }, stored);
    expect(engine.messages).toEqual([]);
    await up({ version: 3 }, stored);
    expect(live(engine)).toBe(3);
  });

  test("what was live before and was brought back by somebody is not replaced again", async () => {
    await begin({ lag: "none" });
    const ordered = new Stack(engine, [await up()]);
    let done = false;
    ordered.watch = async () => {
      if (done || !ordered.requests.at(-1)?.startsWith("POST")) return;
      done = true;
      engine.emulator.clock.advance(1);
      await somebodyActivates(engine, 4);
    };
    const program = [{ token, name: "live", args: () => args({ version: 5 }) }];
    expect(await failure(ordered.up(program))).toContain(
      "but it is INACTIVE: version 4 was activated meanwhile (activated at",
    );
    expect(ordered.of("live")).toMatchObject({ version: 5, previousVersion: 4, activatedVersion: 4 });
    expect(await failure(ordered.up(program))).toContain("version 4 went live on staging meanwhile");
    expect(live(engine)).toBe(4);
    const seen = await refreshed(ordered.resources[0] as StoredResource);
    await up({ version: 5 }, seen);
    expect(live(engine)).toBe(5);
  });

  describe("seen through replicas", () => {
    const itself = "/papi/v1/properties/prp_173136";
    const listed = `${itself}/activations`;
    const answer = async (of: string) => JSON.parse((await somebody(engine, "GET", of)).text);
    const stale = (of: string, body: object, more: object = {}) =>
      engine.emulator.faults.add({ method: "GET", path: of, kind: "status", status: 200, body, ...more });

    test("one that shows an older version does not make the run fail", async () => {
      await begin({ lag: "none" }, { previewReads: "false" });
      const [property, activations] = [await answer(""), await answer("/activations")];
      const mine = await up();
      // Both, or one of them.
      for (const [version, faults] of [
        [5, { [itself]: property, [listed]: activations }],
        [4, { [itself]: property }],
      ] as const) {
        const old = version === 5 ? mine : await up({ version: 5 }, mine);
        for (const [of, body] of Object.entries(faults)) stale(of, body, { times: 2 });
        expect((await up({ version }, old)).state).toMatchObject({ status: "ACTIVE" });
        expect(live(engine)).toBe(version);
        engine.emulator.faults.clear();
      }
    });

    test("ones that show an older version do not let the run go on", async () => {
      for (const both of [true, false]) {
        await begin({ lag: "none" }, { previewReads: "false" });
        const mine = await up();
        const [property, activations] = [await answer(""), await answer("/activations")];
        await somebodyActivates(engine, 5);
        engine.run().emulator.clearJournal();
        // One look sees it, and those that follow do not.
        stale(itself, property, { skip: both ? 2 : 0, times: 2 });
        if (both) stale(listed, activations, { skip: 2, times: 2 });
        expect(await failure(up({ version: 3 }, mine))).toContain("version 5 went live on staging meanwhile");
        expect([live(engine), posts()]).toEqual([5, 0]);
        engine.emulator.faults.clear();
      }
    });

    test("what was waited for is looked for until the list has it", async () => {
      await begin({ lag: 600 }, { previewReads: "false" });
      const mine = await up();
      const [property, activations] = [await answer(""), await answer("/activations")];
      await somebodyActivates(engine, 5);
      engine.later(10).emulator.clearJournal();
      stale(listed, activations, { skip: 1, times: 8 });
      stale(itself, property, { skip: 1, times: 8 });
      expect(await failure(up({ version: 3 }, mine))).toContain("version 5 went live on staging meanwhile");
      expect([live(engine), posts()]).toEqual([5, 0]);
    });

    test("a list that contradicts the property for ever does not keep the run from going on", async () => {
      await begin({ lag: "none" }, { previewReads: "false" });
      const mine = await up();
      const { activations } = await answer("/activations");
      const [one] = activations.items;
      const more = {
        ...one,
        activationId: "atv_99999",
        propertyVersion: 2,
        network: "STAGING",
        activationType: "ACTIVATE",
        status: "ACTIVE",
      };
      stale(listed, { activations: { items: [...activations.items, more] } }, { times: 1000 });
      await up({ version: 5 }, mine);
      expect(live(engine)).toBe(5);
      engine.emulator.faults.clear();
    });

    test("a list that tells nothing does not let the run take off what others brought back", async () => {
      await begin({ lag: "none" }, { previewReads: "false" });
      const mine = await up();
      await somebodyActivates(engine, 3);
      stale(listed, { activations: { items: [] } }, { times: 1000 });
      expect(await failure(up({ version: 5 }, mine))).toContain(
        "version 3 went live on staging meanwhile (activated: rules saved by",
      );
      expect(live(engine)).toBe(3);
      engine.emulator.faults.clear();
    });

    test("one answer that the property is not there proves nothing", async () => {
      await begin({ lag: "none" });
      const mine = await up();
      const nothing = (skip = 0) =>
        engine.emulator.faults.add({
          method: "GET",
          path: itself,
          kind: "status",
          status: 404,
          body: {},
          skip,
        });
      nothing();
      expect((await engine.run().refresh(mine))?.state).toEqual(mine.state);
      await begin({ lag: "none" }, { previewReads: "false" });
      nothing(1);
      expect((await up()).state).toMatchObject({ status: "ACTIVE" });
      await begin({ lag: "none" });
      engine.emulator.faults.add({ method: "GET", path: listed, kind: "status", status: 404, body: {} });
      expect((await up()).state).toMatchObject({ status: "ACTIVE" });
    });
  });

  test("an activation that follows its rules to a version on production does not roll back what is tried on staging", async () => {
    const site = await PropertySandbox.start({ lag: "none" });
    try {
      const acts: Record<string, StoredResource> = {};
      const activations = async () => {
        for (const network of ["production", "staging"]) {
          acts[network] = await site.engine
            .run()
            .up(token, network, args({ network, version: site.state.version }), acts[network]);
        }
      };
      await site.up([greeter()]);
      await activations();
      const theirs = await site.copy(4);
      await site.edit(theirs, (tree) => Object.assign(named(tree, "Shop"), { comments: "others" }));
      await site.activate(theirs, "STAGING");
      await site.activate(theirs, "PRODUCTION");
      const tried = await site.editAndActivate(theirs, "STAGING", (tree) =>
        Object.assign(named(tree, "Shop"), { comments: "trying" }),
      );
      site.forget();
      await site.up([greeter()]);
      expect(site.state.version).toBe(theirs);
      expect(await failure(activations())).toContain(`version ${tried} went live on staging meanwhile`);
      expect([acts.production?.state.version, live(site.engine), site.changes()]).toEqual([
        theirs,
        tried,
        [],
      ]);
      acts.staging = (await site.engine.run().refresh(acts.staging as StoredResource)) as StoredResource;
      site.forget();
      await activations();
      expect(site.messages()).toContain(
        `version ${tried} is live on staging, newer than ${theirs} (activated at`,
      );
      expect(live(site.engine)).toBe(theirs);
    } finally {
      await site.close();
    }
  });

  test("nothing is reported, and nothing read, where previews may not", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    const mine = await up();
    await somebodyActivates(engine, 5);
    engine.run().clearMessages().emulator.clearJournal();
    await preview({}, mine);
    await preview({ version: 3 }, mine);
    expect([engine.messages, engine.requests()]).toEqual([[], []]);
    expect(await failure(up({ version: 3 }, mine))).toContain("version 5 went live on staging meanwhile");
  });
});

describe("inputs", () => {
  const record = {
    noncomplianceReason: "NONE",
    customerEmail: "a@example.com",
    peerReviewedBy: "b",
    unitTested: true,
  };
  const noRecord =
    "must be an object with a `noncomplianceReason`: NONE, OTHER, NO_PRODUCTION_TRAFFIC or EMERGENCY";
  const noWarnings =
    "must be `all`, or a list of ids of warnings, such as `msg_baa4…`: the error of an activation names them";
  test.each([
    [{ propertyId: "www.example.com" }, "propertyId", "must be the id of a property, such as `prp_173136`"],
    [{ propertyId: 173136 }, "propertyId", "must be the id of a property, such as `prp_173136`"],
    [{ contractId: "" }, "contractId", "must be the id of a contract, such as `ctr_1-3CV382`"],
    [{ groupId: "Team A" }, "groupId", "must be the id of a group, such as 72297 or `grp_72297`"],
    [{ groupId: 0 }, "groupId", "must be the id of a group, such as 72297 or `grp_72297`"],
    [{ network: "STAGING" }, "network", "must be `staging` or `production`"],
    [{ version: 0 }, "version", "must be the number of a version"],
    [{ version: 1_000_000_000 }, "version", "must be the number of a version"],
    [{ version: "4" }, "version", "must be the number of a version"],
    [{ version: 1.5 }, "version", "must be the number of a version"],
    [{ note: "" }, "note", "must not be empty"],
    [{ notifyEmails: [] }, "notifyEmails", "must name at least one address"],
    [{ notifyEmails: "a@example.com" }, "notifyEmails", "must be a list of email addresses"],
    [{ notifyEmails: ["a@example.com", "nobody"] }, "notifyEmails.1", "must be an email address"],
    [{ notifyEmails: undefined }, "notifyEmails", "is required: must be a list of email addresses"],
    [{ acknowledgeWarnings: "none" }, "acknowledgeWarnings", noWarnings],
    [{ acknowledgeWarnings: [] }, "acknowledgeWarnings", noWarnings],
    [{ acknowledgeWarnings: ["baa4"] }, "acknowledgeWarnings.0", noWarnings],
    [{ complianceRecord: {} }, "complianceRecord", noRecord],
    [
      { complianceRecord: { ...record, unitTested: false } },
      "complianceRecord.unitTested",
      expect.stringContaining("must be true"),
    ],
    [
      { complianceRecord: { ...record, customerEmail: "x" } },
      "complianceRecord.customerEmail",
      "must be an email address",
    ],
    [
      { complianceRecord: { ...record, more: 1 } },
      "complianceRecord.more",
      expect.stringContaining("there is no property of this name"),
    ],
    [
      { complianceRecord: { noncomplianceReason: "OTHER" } },
      "complianceRecord.otherNoncomplianceReason",
      expect.stringContaining("must be text"),
    ],
    [{ fastPush: 1 }, "fastPush", "must be true or false"],
    [{ useFastFallback: "no" }, "useFastFallback", "must be true or false"],
    [{ timeoutSeconds: 59 }, "timeoutSeconds", "must be at least 60"],
    [{ timeoutSeconds: 86_401 }, "timeoutSeconds", "must be at most 86400 (a day)"],
    [{ deletion: { mode: "delete" } }, "deletion.mode", "must be `retain` or `deactivate`"],
    [{ activate: true }, "activate", expect.stringContaining("there is no property of this name")],
  ])("%j", async (more, property, reason) => {
    if (engine === undefined) await begin({ lag: "none" });
    expect((await preview(more)).failures).toEqual([refusal(property, reason)]);
  });

  test("every reason for a compliance record", async () => {
    await begin({ lag: "none" });
    const more = [
      { otherNoncomplianceReason: "x", noncomplianceReason: "OTHER" },
      { noncomplianceReason: "NO_PRODUCTION_TRAFFIC" },
    ];
    for (const complianceRecord of [...more, { noncomplianceReason: "EMERGENCY", ticketId: "1" }, record]) {
      expect(await refused({ complianceRecord })).toEqual([]);
    }
  });

  test("the defaults stand in the inputs, where a preview shows them", async () => {
    await begin({ lag: "none" });
    for (const network of ["staging", "production"]) {
      expect((await preview({ network })).inputs).toMatchObject({
        ...place,
        propertyName: "www.example.com",
        deletion: { mode: "retain" },
        useFastFallback: true,
        timeoutSeconds: 5400,
      });
    }
    expect(await preview({ network: "production", deletion: { mode: "deactivate" } })).toMatchObject({
      inputs: { deletion: { mode: "deactivate" } },
    });
  });

  test("two resources for one place are refused, two for two are not", async () => {
    await begin({ lag: "none" });
    expect(await refused()).toEqual([]);
    const declared = async (name: string, more: object) =>
      (await engine.preview(token, name, args(more))).failures;
    expect(await declared("live", {})).toEqual([]);
    expect(await declared("there", { network: "production" })).toEqual([]);
    expect(await declared("other", { version: 5, propertyId: "173136" })).toEqual([
      {
        property: "network",
        reason: "the program has an activation of property prp_173136 on staging already: live",
      },
    ]);
  });
});

describe("destroying", () => {
  const deletion = { mode: "deactivate" };

  test("leaves what is live as it is, and says so", async () => {
    await begin({ lag: "none" });
    for (const network of ["staging", "production"]) {
      const made = await up({ network });
      await engine.run().destroy(made);
    }
    expect([live(engine), live(engine, "PRODUCTION"), posts()]).toEqual([4, 4, 2]);
    expect(
      notice(
        "property www.example.com: version 4 stays live on production. It is no longer managed by Pulumi.",
      ),
    ).toBeDefined();
  });

  test.each(["ACTIVE", "DEACTIVATED"] as const)(
    "takes it off where the program says so, whose end is %s",
    async (deactivationEndsAs) => {
      await begin({ lag: 600, settings: { deactivationEndsAs } });
      const made = await up({ deletion, note: "hello", acknowledgeWarnings: ["msg_1"] });
      const before = engine.later(0).emulator.clock.now();
      await engine.destroy(made);
      expect(live(engine)).toBeUndefined();
      expect(engine.emulator.clock.now() - before).toBeGreaterThanOrEqual(600_000);
      expect(lastBody(engine)).toEqual({
        propertyVersion: 4,
        network: "STAGING",
        activationType: "DEACTIVATE",
        note: "hello",
        notifyEmails: ["web-team@example.com"],
        acknowledgeAllWarnings: true,
      });
      expect(
        notice(
          "property www.example.com: version 4 is being taken off staging: PENDING_DEACTIVATION (atv_67038).",
        ),
      ).toBeDefined();
      expect(notice("property www.example.com: version 4 is off staging (atv_67038).")).toBeDefined();
      expect(notice("version 4 on staging is ACTIVE (atv_67038)")).toBeUndefined();
      await engine.run().destroy(made);
      expect(posts()).toBe(2);
      expect(
        notice(
          "property www.example.com: no version is live on staging any more; there is nothing to take off",
        ),
      ).toBeDefined();
    },
  );

  test.each(["/papi/v1/properties/prp_173136", "*/activations"])(
    "one answer that %s is not there proves nothing",
    async (missing) => {
      for (const skip of missing.startsWith("*") ? [0] : [0, 1]) {
        await begin({ lag: "none" });
        const made = await up({ deletion });
        engine
          .run()
          .emulator.faults.add({ method: "GET", path: missing, kind: "status", status: 404, body: {}, skip });
        await engine.destroy(made);
        expect(live(engine)).toBeUndefined();
      }
    },
  );

  test.each(["ACTIVE", "DEACTIVATED"] as const)(
    "what is off is not taken for live where its deactivation is %s",
    async (deactivationEndsAs) => {
      await begin({ lag: 60, settings: { deactivationEndsAs } });
      const made = await up();
      await somebodyActivates(engine, 4, "STAGING", "DEACTIVATE");
      engine.later(60);
      const state = await findNetworkState(engine.context.http, place, "staging");
      if (state === undefined) throw new Error("the property is gone");
      expect([state.live, activeVersions(state), state.activations[0]?.status]).toEqual([
        undefined,
        [],
        deactivationEndsAs,
      ]);
      // A list that still calls the activation before it ACTIVE only shows that it once was.
      const stale = state.activations.map((one) =>
        one.status === "INACTIVE" ? { ...one, status: "ACTIVE" } : one,
      );
      expect(activeVersions({ live: undefined, activations: stale })).toEqual([]);
      expect(await engine.run().refresh(made)).toBeUndefined();
      expect(notice("no version is live on staging any more; `up` activates 4")).toBeDefined();
      const again = await up();
      expect([live(engine), again.state.activationId]).toEqual([4, "atv_67039"]);
    },
  );

  test("what somebody else made live is left alone", async () => {
    await begin({ lag: "none" });
    const made = await up({ deletion });
    await somebodyActivates(engine, 5);
    expect(await failure(engine.run().destroy(made))).toContain(
      "version 5 is live on staging, not 4 as in the state. Run `pulumi refresh`",
    );
    expect(live(engine)).toBe(5);
  });

  test("what is under way comes to its end first", async () => {
    await begin({ lag: 600 });
    const made = await up({ deletion });
    await somebodyActivates(engine, 4, "STAGING", "DEACTIVATE");
    await engine.later(10).destroy(made);
    expect([live(engine), asked(engine).length]).toEqual([undefined, 2]);
    expect(
      notice("version 4 is being taken off staging already (atv_67038); waiting for that first"),
    ).toBeDefined();
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }],
    ["the connection broke before it", { kind: "reset-before" }],
    ["it was busy", { kind: "status", status: 409 }],
    ["it is off already", { kind: "status", status: 422, afterEffect: true }],
  ] as const)("when %s, it is taken off once", async (_what, fault) => {
    for (const lag of ["none", 600] as const) {
      await begin({ lag });
      const made = await up({ deletion });
      engine.run().emulator.faults.add({ method: "POST", path, ...fault });
      await engine.destroy(made);
      expect([live(engine), asked(engine).length]).toEqual([undefined, 2]);
    }
  });

  test("a deactivation that fails keeps the resource", async () => {
    await begin({ lag: 60 });
    const made = await up({ deletion });
    engine.run().set({ failPropertyActivations: 1, failedPropertyStatus: "FAILED" });
    expect(await failure(engine.destroy(made))).toContain(
      "waited for atv_67038 to take version 4 of www.example.com off staging, but it is FAILED: the network did not take it",
    );
    await engine.run().destroy(made);
    expect(live(engine)).toBeUndefined();
  });

  test("renamed in the program, or replaced by force, it is not taken off", async () => {
    await begin({ lag: "none" });
    const made = await up({ deletion });
    await engine.run().up(token, "renamed", args({ deletion }));
    await engine.destroy(made);
    expect([live(engine), posts()]).toEqual([4, 1]);
    expect(
      notice("another resource of this program manages the activation on staging now; it stays as it is"),
    ).toBeDefined();
  });

  test("of a property that is gone there is nothing to take off", async () => {
    await begin({ lag: "none" });
    const made = await up({ deletion });
    await engine.run().destroy({ ...made, state: { ...made.state, propertyId: "prp_5" } });
    expect([posts(), theProperty(engine).activations.length]).toEqual([1, 6]);
    expect(
      notice(
        "warning: property www.example.com (prp_5) is gone, or the API client can't see it any more: nothing was taken off",
      ),
    ).toBeDefined();
  });
});
