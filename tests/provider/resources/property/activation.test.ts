import type { EmulatorSettings } from "../../../../emulator";
import { findRules, saveRules } from "../../../../provider/api/papi/rules";
import type { Kept, World } from "../../../support/world";
import { startPrepared } from "../edgeworkers/support";
import { amend, asked, lastBody, live, newVersion, place, Stack, somebody, somebodyActivates, theProperty, unknown } from "./support";

let world: World;
/** The seeded property (2 live on production, 3 on staging) with the versions 4 and 5. */
const begin = async (...options: Parameters<typeof World.start>) => {
  await world?.close();
  world = await startPrepared("versions 4 and 5", prepare, ...options);
};
const prepare = async (fresh: World) => {
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
const up = (more: object = {}, old?: Kept) => world.run().up(token, "live", args(more), old);
const preview = (more: object = {}, old?: Kept) => world.run().preview(token, "live", args(more), old);
const failing = (more: object = {}, old?: Kept) => world.run().failingUp(token, "live", args(more), old);
const refused = async (more: object = {}, old?: Kept) =>
  (await preview(more, old)).failures.map(({ property, reason }) => `${property}: ${reason}`);
const failure = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "",
    (error: Error) => error.message,
  );
const notice = (part: string) => world.notices.find((line) => line.includes(part));
const posts = () => world.changes().filter((request) => /^POST .*\/activations\?/.test(request)).length;
const stack = () => [{ token, name: "live", args: () => args() }];
const path = "*/activations";
const fault = (status: number, body: object, more: object = {}) =>
  world.emulator.faults.add({ method: "POST", path, kind: "status", status, body, ...more });
/** A version whose rules have what is given in them. */
const withRule = async (version: number, rule: object) => {
  const http = world.somebody();
  const found = await findRules(http, place, version);
  if (found === undefined) throw new Error(`there is no version ${version}`);
  const { etag, rules } = found;
  const children = [...(rules.children ?? []), { name: "Ours", ...rule }];
  await saveRules(http, place, version, { etag, rules: { ...rules, children } });
  world.later(0).emulator.clearJournal();
};
const wrongRule = { behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "", mPulse: false } }] };
const doubtfulRule = {
  behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "4242", continueOnError: true } }],
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

afterAll(() => world.close());

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
        timeoutSeconds: 5400,
        useFastFallback: true,
        deletion: { mode: "retain" },
      },
    });
    expect(live(world)).toBe(4);
    for (const status of ["NEW", "PENDING", "ZONE_1", "ZONE_2", "ZONE_3", "ACTIVE"]) {
      expect(world.notices.filter((line) => line.includes(`version 4 on staging is ${status} (atv_67037)`))).toHaveLength(1);
    }
    expect(notice("waiting for atv_67037 of version 4 of www.example.com on staging to be ACTIVE: ")).toBeDefined();
    expect((await preview({ note: "first" }, made)).plan).toBe("same");
    expect((await world.run().refresh(made))?.state).toEqual(made.state);
    expect(posts()).toBe(1);
  });

  test("what the service is told", async () => {
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
    expect(lastBody(world)).toEqual(least);
    const complianceRecord = { noncomplianceReason: "EMERGENCY", ticketId: "OPS-1" };
    const more = { note: "hello", fastPush: false, acknowledgeWarnings: ["msg_1"], complianceRecord, version: 5 };
    await up(more);
    const said = { note: "hello", fastPush: false, acknowledgeWarnings: ["msg_1"], propertyVersion: 5 };
    expect(lastBody(world)).toEqual({ ...least, ...said });
    await up({ ...more, network: "production", acknowledgeWarnings: "all" });
    const { acknowledgeWarnings: _, ...rest } = said;
    expect(lastBody(world)).toEqual({ ...least, ...rest, network: "PRODUCTION", acknowledgeAllWarnings: true, complianceRecord });
  });

  test("the looks grow apart, and not too far", async () => {
    await begin({ lag: 2400 });
    const before = world.emulator.clock.now();
    await up({ network: "production" });
    const looks = world.requests().filter((request) => request.includes("/activations/atv_67037"));
    expect(looks.length).toBeGreaterThan(30);
    expect(looks.length).toBeLessThan(60);
    expect(world.emulator.clock.now() - before).toBeLessThan(2_470_000);
  });

  test("what is live already is done", async () => {
    await begin();
    const made = await up({ version: 3 });
    expect(made.state).toMatchObject({ status: "ACTIVE", activationId: "atv_61005", previousVersion: 2 });
    expect((await preview({ version: 3 }, made)).plan).toBe("same");
    expect([posts(), world.notices]).toEqual([0, []]);
  });

  test("what is under way is waited for, by whomever it was asked", async () => {
    await begin();
    await somebodyActivates(world, 4);
    world.later(10).emulator.clearJournal();
    expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67037", previousVersion: 3 });
    expect(notice("version 4 is on its way to staging already (atv_67037); waiting for it")).toBeDefined();
    expect([live(world), posts()]).toEqual([4, 0]);
  });

  test("another one that is under way comes to its end first", async () => {
    await begin();
    await somebodyActivates(world, 5);
    world.later(10).emulator.clearJournal();
    expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67038" });
    expect(notice("version 5 is on its way to staging already (atv_67037); waiting for that first")).toBeDefined();
    expect([live(world), posts()]).toEqual([4, 1]);
  });

  test("one that is being taken off is asked for again after that", async () => {
    await begin();
    await somebodyActivates(world, 3, "STAGING", "DEACTIVATE");
    world.later(10).emulator.clearJournal();
    expect((await up({ version: 3 })).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67038" });
    expect(notice("version 3 is being taken off staging already (atv_67037); waiting for that first")).toBeDefined();
    expect([live(world), posts()]).toEqual([3, 1]);
  });

  test("one on the other network is no matter", async () => {
    await begin();
    await somebodyActivates(world, 4, "PRODUCTION");
    world.later(10).emulator.clearJournal();
    await up();
    expect([live(world), live(world, "PRODUCTION"), posts()]).toEqual([4, 2, 1]);
  });

  const problems = "https://problems.luna.akamaiapis.net/papi";
  const busy = [
    [409, { type: `${problems}/v1/resource-busy`, title: "Operation failed" }],
    [422, { type: `${problems}/v1/property_activation_still_pending`, title: "Exception", messageId: "property_activation_still_pending" }],
    [422, { type: `${problems}/v1/activation-unprocessable`, title: "Activation Unprocessable" }],
    [412, { type: `${problems}/v0/toolkit/validation_failed.error.activation.tower_precondition.failed`, title: "Precondition Failed" }],
  ] as const;
  test.each(busy)("busy (%d %j): it looks again, and not for ever", async (status, body) => {
    await begin();
    fault(status, body, { times: 2 });
    expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67037" });
    expect([notice("busy with the property"), notice("looking again in 10 s"), posts()]).toEqual([
      expect.stringContaining(body.title),
      expect.anything(),
      3,
    ]);
    fault(status, body, { times: 1000 });
    const before = world.later(0).emulator.clock.now();
    expect(await failure(up({ version: 5 }))).toContain(`was answered with ${status}: ${body.title}`);
    expect(world.emulator.clock.now() - before).toBeLessThan(200_000);
    world.emulator.faults.clear();
  });

  test.each(busy.slice(0, 3))("told so (%d %j) because of its own effect, it finds it", async (status, body) => {
    for (const lag of ["none", 600] as const) {
      await begin({ lag });
      fault(status, body, { afterEffect: true });
      expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67037" });
      expect(asked(world)).toHaveLength(1);
    }
  });

  test("a limit of requests is waited for as its headers say", async () => {
    await begin({ lag: "none" });
    const at = new Date(world.emulator.clock.now() + 45_000).toISOString();
    fault(429, { type: `${problems}/v1/limit-exceeded`, title: "Too many requests" }, { headers: { "X-RateLimit-Next": at } });
    const before = world.emulator.clock.now();
    await up();
    expect(world.emulator.clock.now() - before).toBeGreaterThanOrEqual(45_000);
    expect(asked(world)).toHaveLength(1);
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }, 1],
    ["the gateway gave up after the effect", { kind: "status", status: 504, afterEffect: true }, 1],
    ["the connection broke before it", { kind: "reset-before" }, 2],
  ] as const)("when %s, there is one activation", async (_what, misfortune, sent) => {
    for (const lag of ["none", 600] as const) {
      await begin({ lag });
      world.emulator.faults.add({ method: "POST", path, ...misfortune });
      expect((await up()).state).toMatchObject({ status: "ACTIVE", activationId: "atv_67037" });
      expect([asked(world).length, posts()]).toEqual([1, sent]);
    }
  });

  test("an earlier activation of the same version is not taken for the effect", async () => {
    await begin({ lag: "none" });
    for (const version of [4, 5]) await somebodyActivates(world, version);
    world.later(4000).emulator.faults.add({ method: "POST", path, kind: "reset-before" });
    expect((await up()).state).toMatchObject({ activationId: "atv_67039" });
  });

  test("killed at any request that changes something, or looks, and run again, there is one activation", async () => {
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 12]) {
      for (const after of [false, true]) {
        await begin({ seed: at + 1 });
        const engine = new Stack(world);
        await engine.up(stack(), { at, after }).catch(() => undefined);
        await engine.up(stack());
        expect([live(world), asked(world).length]).toEqual([4, 1]);
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
    const state = world.emulator.state.get() as { property: { properties: Record<string, { groupId: number }> } };
    Object.assign(state.property.properties["173136"] ?? {}, { groupId: 98765, propertyName: "shop" });
    world.emulator.state.put(state);
    expect(await refused({ deletion }, made)).toEqual([
      "propertyId: there is no property prp_173136 in contract ctr_1-3CV382 and group grp_72297, or the API client can't see it. If it was moved, `pulumi refresh` takes note of that",
    ]);
    const moved = { groupId: "grp_98765" };
    // Either the program says it, and nothing is activated, or refresh sees it.
    expect(await preview({ deletion, groupId: 98765 }, made)).toMatchObject({ plan: "update", replaces: [] });
    expect((await up({ deletion, groupId: 98765 }, made)).state).toMatchObject({ ...moved, activationId: "atv_67037" });
    const seen = await world.run().refresh(made);
    expect(seen).toMatchObject({ inputs: { ...moved, propertyName: "shop" }, state: { ...moved, activationId: "atv_67037" } });
    expect((await preview({ deletion }, seen)).plan).toBe("same");
    expect(posts()).toBe(1);
    // Also one whose state knows nothing of it.
    await world.run().destroy(made);
    expect(live(world)).toBeUndefined();
  });

  test("a version, or a property, that is not there after all", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    expect(await failure(up({ version: 9 }))).toMatch(
      /activation of version 9 of property www\.example\.com on staging: property www\.example\.com has no version 9, or the API client can't see it .*404/,
    );
    expect(await failure(up({ propertyId: "prp_5", contractId: "ctr_1-3CV382", groupId: 72297 }))).toContain("there is no property prp_5");
    expect(await refused({ propertyId: "prp_5" })).toEqual([expect.stringContaining("propertyId: there is no property prp_5")]);
  });
});

describe("an end that is none", () => {
  const ends = [
    ["ABORTED", "somebody cancelled it"],
    ["FAILED", "the network did not take it"],
    ["INACTIVE", "version 3 was activated meanwhile (atv_61005)"],
  ] as const;
  test.each(ends)("%s fails the run, what was live serves on, and the next run asks again", async (failedPropertyStatus, told) => {
    await begin({ lag: 60 });
    world.set({ failPropertyActivations: 1, failedPropertyStatus });
    const { message, kept } = await failing();
    expect(message).toContain(
      `waited for atv_67037 of version 4 of www.example.com on staging to be ACTIVE, but it is ${failedPropertyStatus}: ${told}`,
    );
    expect(kept).toMatchObject({ failed: true, id: "prp_173136/staging", state: { version: 4, status: failedPropertyStatus } });
    expect(live(world)).toBe(3);
    const mended = await up({}, kept);
    expect(mended.state).toMatchObject({ status: "ACTIVE", activationId: "atv_67038" });
  });

  test("somebody cancels it, and it is not in the list any more", async () => {
    await begin({ lag: 600 });
    const engine = new Stack(world);
    engine.watch = async () => {
      if (asked(world).length === 1 && asked(world)[0]?.cancelledAt === undefined) {
        await somebody(world, "DELETE", "/activations/atv_67037");
      }
    };
    expect(await failure(engine.up(stack()))).toContain("but it is ABORTED: somebody cancelled it. What was live before still is");
    expect(engine.of("live")).toMatchObject({ status: "ABORTED", activationId: "atv_67037" });
    engine.watch = async () => undefined;
    await engine.up(stack());
    expect([live(world), asked(world).length]).toEqual([4, 2]);
  });

  test("superseded by somebody while it was waited for", async () => {
    await begin({ lag: "none" });
    const engine = new Stack(world);
    let done = false;
    engine.watch = async () => {
      if (done || !engine.requests.at(-1)?.startsWith("POST")) return;
      done = true;
      world.emulator.clock.advance(1);
      await somebodyActivates(world, 5);
    };
    expect(await failure(engine.up(stack()))).toContain(
      "but it is INACTIVE: version 5 was activated meanwhile (atv_67038). The next `up` replaces it with 4",
    );
    await engine.up(stack());
    expect(live(world)).toBe(4);
  });

  test("taken off by somebody while it was waited for", async () => {
    await begin({ lag: "none" });
    const engine = new Stack(world);
    let done = false;
    engine.watch = async () => {
      if (done || !engine.requests.at(-1)?.startsWith("POST")) return;
      done = true;
      await somebodyActivates(world, 4, "STAGING", "DEACTIVATE");
    };
    expect(await failure(engine.up(stack()))).toContain("but it is INACTIVE: it was taken off the network meanwhile");
  });

  const shown = (status: string, more: object = {}) => ({
    activations: {
      items: [{ activationId: "atv_67037", activationType: "ACTIVATE", propertyVersion: 4, network: "STAGING", status, ...more }],
    },
  });
  const look = (body: object, more: object = {}) =>
    world.emulator.faults.add({ method: "GET", path: "*/activations/atv_67037", kind: "status", status: 200, body, ...more });

  test("failed, with the reason that the service gives", async () => {
    await begin({ lag: 600 });
    look(shown("FAILED", { failureCause: { title: "Edge network error", detail: "Zone 2 did not answer" } }));
    expect((await failing()).message).toContain(
      "but it is FAILED: Edge network error: Zone 2 did not answer. What was live before still is",
    );
    look(shown("FAILED", { failureCause: { title: "x", errors: [{ detail: "Bad origin", errorLocation: "#/rules/behaviors/0" }] } }));
    expect((await failing()).message).toContain("\n  - Bad origin (in the default rule, behavior origin)");
  });

  test("a status that nobody knows is an end, and one that is being cancelled is not", async () => {
    await begin({ lag: 600 });
    look(shown("LOST"));
    expect((await failing()).message).toContain("but it is LOST: an end that is not known of");
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
    const { message, kept } = await failing();
    expect(message).toContain("to be ACTIVE, but it is not to be seen");
    expect(kept).toMatchObject({ failed: true, state: { status: "NEW" } });
    world.emulator.faults.clear();
  });

  test.each<EmulatorSettings["failedPropertyStatus"]>(["PENDING", "ZONE_2"])(
    "one that stays %s runs out of time, and the next run waits on for it",
    async (failedPropertyStatus) => {
      await begin({ lag: 60 });
      world.set({ failPropertyActivations: 1, failedPropertyStatus });
      const { message, kept } = await failing({ timeoutSeconds: 120 });
      expect(message).toContain(`on staging to be ACTIVE; it is still ${failedPropertyStatus}. It may still come: the next run waits on`);
      expect(kept).toMatchObject({ failed: true, state: { status: failedPropertyStatus, activationId: "atv_67037", __provider: "text" } });
      // The state alone says that there is something to do, also when the engine forgot that it failed.
      const { failed: _, ...forgotten } = kept as Kept;
      expect((await preview({ timeoutSeconds: 120 }, forgotten)).plan).toBe("update");
      amend(world, (one) => {
        one.outcome = "ACTIVE";
      });
      const mended = await up({ timeoutSeconds: 120 }, kept);
      expect([mended.state.status, asked(world).length]).toEqual(["ACTIVE", 1]);
    },
  );

  test("another one that stays on its way runs out of time as well", async () => {
    await begin({ lag: 60 });
    world.set({ failPropertyActivations: 1, failedPropertyStatus: "ZONE_1" });
    await somebodyActivates(world, 5);
    expect(await failure(up({ timeoutSeconds: 60 }))).toContain(
      "for atv_67037 (version 5 on its way to staging) to come to its end; it is still ZONE_1",
    );
    expect(posts()).toBe(1);
  });
});

describe("what stands against it", () => {
  test("warnings are listed with their ids, which the program can acknowledge, one by one or all", async () => {
    await begin({ lag: "none", settings: { activationWarnings: ["Origin is slow", "SureRoute is old"] } });
    const { message, kept } = await failing();
    const ids = [...message.matchAll(/^ {2}- (msg_[0-9a-f]{40}): (.*)$/gm)].map(([, id, text]) => [id, text]);
    expect(ids.map(([, text]) => text)).toEqual([
      "Activation warning: Origin is slow (in the default rule)",
      "Activation warning: SureRoute is old (in the default rule)",
    ]);
    expect(message).toContain(
      'activation of version 4 of property www.example.com on staging: version 4 has warnings that are not acknowledged. Where they are no reason not to activate it, list their ids in `acknowledgeWarnings`, or say `acknowledgeWarnings: "all"`:',
    );
    expect([kept, asked(world)]).toEqual([undefined, []]);
    const half = await failing({ acknowledgeWarnings: [ids[0]?.[0]] });
    expect([half.message.includes("Origin is slow"), half.message.includes("SureRoute is old")]).toEqual([false, true]);
    expect((await up({ acknowledgeWarnings: ids.map(([id]) => id) })).state.status).toBe("ACTIVE");
    expect((await up({ version: 5, acknowledgeWarnings: "all" })).state.status).toBe("ACTIVE");
  });

  test("warnings of the rules are told at preview, unless some are acknowledged", async () => {
    await begin({ lag: "none" });
    await withRule(4, doubtfulRule);
    expect(await refused()).toEqual([]);
    expect(notice("warning: property www.example.com: the rules of version 4 have warnings. `up` will fail")).toContain(
      "\n  - Incompatible behaviors: Continue on error should not be combined with Site Failover: the failover never sees the failure (in Ours, behavior edgeWorker)",
    );
    for (const acknowledgeWarnings of ["all", ["msg_1"], unknown]) {
      world.forgetNotices();
      await preview({ acknowledgeWarnings });
      expect(notice("have warnings")).toBeUndefined();
    }
    expect((await failing()).message).toMatch(/- msg_[0-9a-f]{40}: Incompatible behaviors: .* \(in Ours, behavior edgeWorker\)/);
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
    expect(await failure(up())).toMatch(/have errors, with which it can't be activated:\n {2}- .* \(in Ours, behavior edgeWorker\)/);
    expect(asked(world)).toEqual([]);
  });

  test("of the version that is live, nothing is asked", async () => {
    await begin({ lag: "none" });
    const made = await up();
    world.emulator.clearJournal();
    world.set({ checkEdgeWorkerIds: true });
    await preview({}, made);
    await preview({ version: 2, network: "production" });
    expect(world.requests().filter((request) => request.includes("/rules"))).toEqual([]);
  });

  test("errors and warnings at once, and a tree that can't be read", async () => {
    await begin({ lag: "none", settings: { activationWarnings: ["Origin is slow"] } }, { previewReads: "false" });
    await withRule(4, wrongRule);
    world.emulator.faults.add({ method: "GET", path: "*/rules", kind: "status", status: 403, body: {} });
    const message = await failure(up());
    expect(message).toContain("have errors, with which it can't be activated:\n  - ");
    expect(message).toContain("#/rules/children/5/behaviors/0");
    expect(message).toMatch(/\n {2}version 4 has warnings that are not acknowledged/);
  });

  test("errors that come as 422 are no sign of being busy", async () => {
    await begin({ lag: "none" });
    fault(422, { title: "Activation Unprocessable", errors: [{ detail: "Bad origin", errorLocation: "#/rules/behaviors/0" }] });
    expect(await failure(up())).toContain("can't be activated:\n  - Bad origin (in the default rule, behavior origin)");
    expect(posts()).toBe(1);
  });

  test("a refusal of the request itself is told as it is", async () => {
    await begin({ lag: "none" });
    fault(400, { title: "Bad Request", detail: "no", errors: [{ detail: "worse", errorLocation: "#/notifyEmails/0" }], instance: "i-1" });
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
      "the account demands a compliance record for production: say `complianceRecord`, such as { noncomplianceReason",
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
    await world.run().destroy(made);
    expect(asked(world).slice(1)).toMatchObject([{ complianceRecord }, { complianceRecord, activationType: "DEACTIVATE" }]);
  });
});

describe("another version", () => {
  test("forth is an update in place, and back within the hour a fast fallback", async () => {
    await begin({ lag: 600 });
    const first = await up({ version: 3 });
    expect(await preview({}, first)).toMatchObject({ plan: "update", failures: [] });
    const second = await up({}, first);
    const before = world.later(60).emulator.clock.now();
    const back = await up({ version: 3 }, second);
    expect([second.state.activationId, back.state.activationId, live(world)]).toEqual(["atv_67037", "atv_67038", 3]);
    expect(notice("going back to version 3 on staging by fast fallback")).toBeDefined();
    expect(lastBody(world)).toMatchObject({ useFastFallback: true });
    expect(world.emulator.clock.now() - before).toBeLessThan(20_000);
  });

  test.each([
    ["switched off", { useFastFallback: false }, 60],
    ["after the hour", {}, 3700],
    ["to an older one than the last", { version: 2 }, 60],
  ])("back, as usual: %s", async (_what, more, seconds) => {
    await begin({ lag: "none" });
    const made = await up();
    world.later(seconds);
    await up({ version: 3, ...more }, made);
    expect(lastBody(world)).toMatchObject({ useFastFallback: false });
    expect(notice("fast fallback")).toBeUndefined();
  });

  test.each([400, 422])("a fast fallback that is refused (%d) is followed by an activation as usual", async (status) => {
    await begin({ lag: "none" });
    const made = await up();
    fault(status, { title: "Fast fallback is not available" });
    const back = await up({ version: 3 }, made);
    expect([back.state.status, live(world), lastBody(world).useFastFallback]).toEqual(["ACTIVE", 3, false]);
    expect(notice("no fast fallback (Fast fallback is not available); activating version 3 as usual")).toBeDefined();
  });

  test("a fast fallback whose answer is lost is not sent again", async () => {
    await begin({ lag: 600 });
    const made = await up();
    world.emulator.faults.add({ method: "POST", path, kind: "reset-after" });
    await up({ version: 3 }, made);
    expect([asked(world).length, live(world)]).toEqual([2, 3]);
  });

  test("one that is not there fails at preview, one that is not known yet does not", async () => {
    await begin({ lag: "none" });
    const first = await up();
    expect(await refused({ version: 9 }, first)).toEqual(["version: property www.example.com has no version 9; its latest is 5"]);
    expect(await refused({ version: unknown }, first)).toEqual([]);
    expect(await refused({ network: unknown })).toEqual([]);
    const { inputs, failures } = await preview({ propertyId: unknown });
    expect([failures, inputs.contractId]).toEqual([[], undefined]);
    expect(await refused({ contractId: unknown })).toEqual([]);
    await newVersion(world);
    expect(await refused({ version: 6 }, first)).toEqual([]);
  });

  test("whom to write to, a note, or how long to wait, tells the service nothing", async () => {
    await begin({ lag: "none" });
    const first = await up({ note: "one" });
    const more = { note: "two", timeoutSeconds: 60, notifyEmails: ["b@example.com"], deletion: { mode: "deactivate" }, fastPush: true };
    const second = await up(more, first);
    expect(second.state).toMatchObject({ ...more, activationId: "atv_67037", previousVersion: 3 });
    expect(posts()).toBe(1);
  });

  test("found live outside of the program is drift: told at preview, seen by refresh, replaced by up", async () => {
    await begin({ lag: "none" });
    const first = await up();
    await somebodyActivates(world, 2);
    await preview({}, first);
    expect(notice("warning: property www.example.com: version 2 is live on staging, though this resource asked for 4 last: ")).toContain(
      "after `pulumi refresh`, or when the last run failed, `up` replaces it.",
    );
    const seen = await world.run().refresh(first);
    expect(seen).toMatchObject({ state: { version: 2, activationId: "atv_67038" }, inputs: { version: 2 } });
    expect((await preview({}, seen)).plan).toBe("update");
    await up({}, seen);
    expect(live(world)).toBe(4);
  });

  test("a newer one that others activated is not taken off without a word", async () => {
    await begin({ lag: "none" });
    await somebodyActivates(world, 5);
    await preview();
    expect(world.notices).toEqual([
      "warning: property www.example.com: version 5 is live on staging, newer than 4 and not activated by this resource: `up` goes back to 4 and takes off what others activated since.",
    ]);
    const mine = await up({ version: 3 });
    await somebodyActivates(world, 5);
    world.forgetNotices();
    await preview({ version: 4 }, mine);
    await preview({ version: 3 }, mine);
    expect(world.notices).toEqual([
      expect.stringContaining("version 5 is live on staging, newer than 4 and not activated by this resource: `up` goes back to 4"),
      expect.stringContaining(
        "newer than 3 and not activated by this resource: after `pulumi refresh`, or when the last run failed, `up` goes back to 3",
      ),
    ]);
  });

  test("what is replaced for the first time is told, what is expected is not", async () => {
    await begin({ lag: "none" });
    await preview();
    expect(world.notices).toEqual(["property www.example.com: version 3 is live on staging; `up` replaces it with 4."]);
    world.forgetNotices();
    const made = await up({ version: 3 });
    await preview({ version: 4 }, made);
    await preview({ version: unknown }, made);
    await preview({ version: unknown });
    // A newer one of its own is gone back from without alarm.
    const next = await up({ version: 4 }, made);
    world.forgetNotices();
    await preview({ version: 3 }, next);
    expect(world.notices).toEqual([]);
  });

  test("taken off by somebody, refresh lets go of it and up brings it back", async () => {
    await begin({ lag: "none" });
    const first = await up();
    await somebodyActivates(world, 4, "STAGING", "DEACTIVATE");
    expect(await world.run().refresh(first)).toBeUndefined();
    expect(notice("no version is live on staging any more; `up` activates 4")).toBeDefined();
    await up();
    expect(live(world)).toBe(4);
  });

  test("a live version whose activation the service does not tell is live all the same", async () => {
    await begin({ lag: "none" });
    const made = await up();
    world.emulator.faults.add({ method: "GET", path, kind: "status", status: 200, body: { activations: { items: [] } } });
    const seen = await world.run().refresh(made);
    expect(seen?.state).toMatchObject({ version: 4, status: "ACTIVE" });
    expect(Object.keys(seen?.state ?? {})).not.toContain("activationId");
    expect(Object.keys(seen?.state ?? {})).not.toContain("previousVersion");
  });

  test("of a property that is gone, refresh lets go", async () => {
    await begin({ lag: "none" });
    const made = await up();
    expect(await world.run().refresh({ ...made, state: { ...made.state, propertyId: "prp_5" } })).toBeUndefined();
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
    expect([next.id, live(world), live(world, "PRODUCTION")]).toEqual(["prp_173136/production", 4, 4]);
  });
});

describe("inputs", () => {
  const record = { noncomplianceReason: "NONE", customerEmail: "a@example.com", peerReviewedBy: "b", unitTested: true };
  const noRecord = "must be an object with a `noncomplianceReason`: NONE, OTHER, NO_PRODUCTION_TRAFFIC or EMERGENCY";
  const noWarnings = "must be `all`, or a list of ids of warnings, such as `msg_baa4…`: the error of an activation names them";
  test.each([
    [{ propertyId: "www.example.com" }, "propertyId", "must be the id of a property, such as `prp_173136`"],
    [{ propertyId: 173136 }, "propertyId", "must be text"],
    [{ contractId: "" }, "contractId", "must not be empty"],
    [{ groupId: "Team A" }, "groupId", "must be the id of a group, such as 72297 or `grp_72297`"],
    [{ groupId: 0 }, "groupId", "must be the id of a group, such as 72297 or `grp_72297`"],
    [{ network: "STAGING" }, "network", "must be `staging` or `production`"],
    [{ version: 0 }, "version", "must be at least 1"],
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
    [{ complianceRecord: {} }, "complianceRecord.noncomplianceReason", noRecord],
    [{ complianceRecord: { ...record, unitTested: false } }, "complianceRecord.unitTested", expect.stringContaining("must be true")],
    [{ complianceRecord: { ...record, customerEmail: "x" } }, "complianceRecord.customerEmail", "must be an email address"],
    [{ complianceRecord: { ...record, more: 1 } }, "complianceRecord.more", "there is no property of this name"],
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
    if (world === undefined) await begin({ lag: "none" });
    expect((await preview(more)).failures).toEqual([{ property, reason }]);
  });

  test("every reason for a compliance record", async () => {
    await begin({ lag: "none" });
    const more = [{ otherNoncomplianceReason: "x", noncomplianceReason: "OTHER" }, { noncomplianceReason: "NO_PRODUCTION_TRAFFIC" }];
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
    const declared = async (name: string, more: object) => (await world.preview(token, name, args(more))).failures;
    expect(await declared("live", {})).toEqual([]);
    expect(await declared("there", { network: "production" })).toEqual([]);
    expect(await declared("other", { version: 5, propertyId: "173136" })).toEqual([
      { property: "network", reason: "the program has an activation of property prp_173136 on staging already: live" },
    ]);
  });
});

describe("destroying", () => {
  const deletion = { mode: "deactivate" };

  test("leaves what is live as it is, and says so", async () => {
    await begin({ lag: "none" });
    for (const network of ["staging", "production"]) {
      const made = await up({ network });
      await world.run().destroy(made);
    }
    expect([live(world), live(world, "PRODUCTION"), posts()]).toEqual([4, 4, 2]);
    expect(notice("property www.example.com: version 4 stays live on production, and is nobody's from now on")).toBeDefined();
  });

  test("takes it off the network where the program says so, waits until it is, and once more is no error", async () => {
    await begin({ lag: 600 });
    const made = await up({ deletion, note: "hello", acknowledgeWarnings: ["msg_1"] });
    const before = world.later(0).emulator.clock.now();
    await world.destroy(made);
    expect(live(world)).toBeUndefined();
    expect(world.emulator.clock.now() - before).toBeGreaterThanOrEqual(600_000);
    expect(lastBody(world)).toEqual({
      propertyVersion: 4,
      network: "STAGING",
      activationType: "DEACTIVATE",
      note: "hello",
      notifyEmails: ["web-team@example.com"],
      acknowledgeAllWarnings: true,
    });
    expect(notice("version 4 on staging is DEACTIVATED (atv_67038)")).toBeDefined();
    await world.run().destroy(made);
    expect(posts()).toBe(2);
  });

  test("what somebody else made live is left alone", async () => {
    await begin({ lag: "none" });
    const made = await up({ deletion });
    await somebodyActivates(world, 5);
    expect(await failure(world.run().destroy(made))).toContain(
      "version 5 is live on staging, not 4 as the state says. Run `pulumi refresh`",
    );
    expect(live(world)).toBe(5);
  });

  test("what is under way comes to its end first", async () => {
    await begin({ lag: 600 });
    const made = await up({ deletion });
    await somebodyActivates(world, 4, "STAGING", "DEACTIVATE");
    await world.later(10).destroy(made);
    expect([live(world), asked(world).length]).toEqual([undefined, 2]);
    expect(notice("version 4 is being taken off staging already (atv_67038); waiting for that first")).toBeDefined();
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }],
    ["the connection broke before it", { kind: "reset-before" }],
    ["it was busy", { kind: "status", status: 409 }],
    ["it is off already", { kind: "status", status: 422, afterEffect: true }],
  ] as const)("when %s, it is taken off once", async (_what, misfortune) => {
    for (const lag of ["none", 600] as const) {
      await begin({ lag });
      const made = await up({ deletion });
      world.run().emulator.faults.add({ method: "POST", path, ...misfortune });
      await world.destroy(made);
      expect([live(world), asked(world).length]).toEqual([undefined, 2]);
    }
  });

  test("a deactivation that fails keeps the resource", async () => {
    await begin({ lag: 60 });
    const made = await up({ deletion });
    world.run().set({ failPropertyActivations: 1, failedPropertyStatus: "FAILED" });
    expect(await failure(world.destroy(made))).toContain(
      "atv_67038 of version 4 of www.example.com on staging to be DEACTIVATED, but it is FAILED",
    );
    await world.run().destroy(made);
    expect(live(world)).toBeUndefined();
  });

  test("renamed in the program, or replaced by force, it is not taken off", async () => {
    await begin({ lag: "none" });
    const made = await up({ deletion });
    await world.run().up(token, "renamed", args({ deletion }));
    await world.destroy(made);
    expect([live(world), posts()]).toEqual([4, 1]);
  });

  test("of a property that is gone there is nothing to take off", async () => {
    await begin({ lag: "none" });
    const made = await up({ deletion });
    await world.run().destroy({ ...made, state: { ...made.state, propertyId: "prp_5" } });
    expect([posts(), theProperty(world).activations.length]).toEqual([1, 6]);
  });
});
