import { expectProblem, type Finding, named, Papi, PLACE, SEEDED } from "./support/client";

let papi: Papi;
afterEach(() => papi.close());

const LAG = 1000;
const slow = (settings: object = {}) => Papi.start({ lag: LAG, settings });
const now = () => `${new Date(papi.emulator.clock.now()).toISOString().slice(0, 19)}Z`;
const listed = async (): Promise<Record<string, unknown>[]> =>
  ((await papi.get(`${SEEDED}/activations?${PLACE}`)).json as { activations: { items: Record<string, unknown>[] } }).activations.items;

describe("activate", () => {
  test("through the zones to the edge", async () => {
    papi = await slow();
    const version = await papi.version();
    const submitDate = now();
    const reply = await papi.activate(version, "STAGING", { note: "catalog", notifyEmails: ["a@example.com", "b@example.com"] });
    const link = `/papi/v1${SEEDED}/activations/atv_67037?${PLACE}`;
    expect([reply.status, reply.json, reply.headers.location]).toEqual([201, { activationLink: link }, link]);

    const first = await papi.bench.send("GET", link);
    expect(first.json).toEqual({
      accountId: "act_A-CCT1234",
      contractId: "ctr_1-3CV382",
      groupId: "grp_72297",
      activations: {
        items: [
          {
            activationId: "atv_67037",
            propertyName: "www.example.com",
            propertyId: "prp_173136",
            propertyVersion: version,
            network: "STAGING",
            activationType: "ACTIVATE",
            status: "NEW",
            submitDate,
            updateDate: submitDate,
            note: "catalog",
            accountId: "act_A-CCT1234",
            groupId: "grp_72297",
            notifyEmails: ["a@example.com", "b@example.com"],
            fmaActivationState: "received",
            fallbackInfo: {
              fastFallbackAttempted: false,
              fallbackVersion: 3,
              canFastFallback: false,
              steadyStateTime: expect.any(Number),
              fastFallbackExpirationTime: expect.any(Number),
              fastFallbackRecoveryState: null,
            },
          },
        ],
      },
    });
    expect(first.headers["retry-after"]).toBe(String(LAG));
    expect(await papi.statuses(version)).toEqual(["PENDING", "INACTIVE"]);
    for (const [seconds, status, fmaActivationState] of [
      [50, "PENDING", "received"],
      [350, "ZONE_1", "lived"],
      [200, "ZONE_2", "lived"],
      [200, "ZONE_3", "deployed"],
    ] as const) {
      papi.advance(seconds);
      expect(await papi.activation("atv_67037")).toMatchObject({ status, fmaActivationState, updateDate: now() });
      expect(await papi.versions()).toEqual({ stagingVersion: 3, productionVersion: 2, latestVersion: version });
    }
    papi.advance(200);
    const last = await papi.bench.send("GET", link);
    expect(last.headers).not.toHaveProperty("retry-after");
    expect(await papi.activation("67037")).toMatchObject({ status: "ACTIVE", fmaActivationState: "steady", updateDate: now() });
    expect(await papi.versions()).toEqual({ stagingVersion: version, productionVersion: 2, latestVersion: version });
    expect([await papi.statuses(version), await papi.statuses(3)]).toEqual([
      ["ACTIVE", "INACTIVE"],
      ["INACTIVE", "INACTIVE"],
    ]);
    const before = (await listed()).filter(({ propertyVersion, network }) => propertyVersion === 3 && network === "STAGING");
    expect(before).toMatchObject([{ status: "INACTIVE", updateDate: now() }]);
    expect(await listed()).toHaveLength(6);
  });

  test("takes 3 to 10 minutes on staging, 10 to 40 on production, and each network is on its own", async () => {
    papi = await Papi.start({ lag: "default" });
    const version = await papi.version();
    const [staging, production] = [await papi.activated(version), await papi.activated(version, "PRODUCTION")];
    papi.advance(179);
    expect((await papi.activation(staging)).status).not.toBe("ACTIVE");
    papi.advance(421);
    expect((await papi.activation(staging)).status).toBe("ACTIVE");
    papi.advance(1800);
    expect((await papi.activation(production)).status).toBe("ACTIVE");
    expect(await papi.statuses(version)).toEqual(["ACTIVE", "ACTIVE"]);
  });

  test("without delay it is there at once", async () => {
    papi = await Papi.start();
    const id = await papi.activated(await papi.version(), "PRODUCTION");
    expect((await papi.activation(id)).status).toBe("ACTIVE");
  });

  test.each<[object, string]>([
    [{ propertyVersion: undefined }, "propertyVersion"],
    [{ propertyVersion: 0 }, "propertyVersion"],
    [{ network: "MOON" }, "network"],
    [{ activationType: "EXPLODE" }, "activationType"],
    [{ notifyEmails: undefined }, "notifyEmails"],
    [{ notifyEmails: null }, "notifyEmails"],
    [{ notifyEmails: [] }, "notifyEmails"],
    [{ notifyEmails: ["ops"] }, "notifyEmails/0"],
  ])("refuses %j", async (changes, where) => {
    papi = await Papi.start();
    const reply = await papi.activate(await papi.version(), "STAGING", changes);
    expectProblem(reply, 400, "json-schema-invalid");
    expect(reply.json.errors).toMatchObject([{ location: `/${where}` }]);
  });

  test("what is not there", async () => {
    papi = await Papi.start();
    expectProblem(await papi.activate(99), 404, "http/not-found");
    expectProblem(await papi.get(`${SEEDED}/activations/atv_1`), 404, "http/not-found");
    expectProblem(await papi.send("DELETE", `${SEEDED}/activations/atv_1`), 404, "http/not-found");
  });
});

describe("one at a time", () => {
  test("the same version is 409, another one 422, the other network is free", async () => {
    papi = await slow();
    const [first, second] = [await papi.version(), await papi.version()];
    await papi.activated(first);
    const busy = await papi.activate(first);
    expectProblem(busy, 409, "resource-busy", /in progress for this property version/);
    // Like every problem without parts of its own.
    expect(Object.keys(busy.json).toSorted()).toEqual(["detail", "instance", "status", "title", "type"]);
    const other = await papi.activate(second);
    expectProblem(other, 422, "property_activation_still_pending");
    expect(other.json).toMatchObject({
      title: "Property Manager Exception",
      messageId: "property_activation_still_pending",
      params: ["Property 173136", `Version ${first}`],
      result: "ERROR",
      errors: [{ detail: "property_activation_still_pending" }],
    });
    await papi.activated(second, "PRODUCTION");
    papi.advance(LAG);
    await papi.activated(second);
  });

  test("what is active already is 422", async () => {
    papi = await Papi.start();
    const reply = await papi.activate(3);
    expectProblem(reply, 422, "activation-unprocessable", /already active on STAGING/);
    expect(reply.json.title).toBe("Activation Unprocessable");
    await papi.activated(3, "PRODUCTION");
    expect(await papi.versions()).toMatchObject({ stagingVersion: 3, productionVersion: 3 });
    await papi.activated(1);
    await papi.activated(3);
    expect(await papi.statuses(1)).toEqual(["INACTIVE", "INACTIVE"]);
  });
});

describe("cancel", () => {
  test("while it is pending; it is not listed then, but can be read", async () => {
    papi = await slow();
    const version = await papi.version();
    const id = await papi.activated(version);
    papi.advance(399);
    const reply = await papi.send("DELETE", `${SEEDED}/activations/${id}?${PLACE}`);
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ activations: { items: [{ activationId: id, status: "ABORTED", fmaActivationState: "steady" }] } });
    expect(await papi.activation(id)).toMatchObject({ status: "ABORTED", updateDate: now() });
    expect((await listed()).map(({ activationId }) => activationId)).not.toContain(id);
    expect(await papi.statuses(version)).toEqual(["ABORTED", "INACTIVE"]);
    papi.advance(LAG);
    expect(await papi.versions()).toMatchObject({ stagingVersion: 3 });
    expectProblem(await papi.send("DELETE", `${SEEDED}/activations/${id}`), 400, "activation-cancellation");
    await papi.activated(version);
  });

  test("too late", async () => {
    papi = await slow();
    const id = await papi.activated(await papi.version());
    papi.advance(400);
    const late = await papi.send("DELETE", `${SEEDED}/activations/${id}`);
    expectProblem(late, 400, "activation-cancellation", "cancellation_failed.error.activation.toofar");
    expect(late.json.title).toBe("Error canceling Activation");
    papi.advance(600);
    expectProblem(await papi.send("DELETE", `${SEEDED}/activations/${id}`), 422, "activation-unprocessable");
  });
});

describe("deactivate", () => {
  test("takes the property off a network", async () => {
    papi = await slow();
    const id = await papi.activated(3, "STAGING", { activationType: "DEACTIVATE" });
    expect(await papi.activation(id)).toMatchObject({ status: "PENDING_DEACTIVATION", activationType: "DEACTIVATE" });
    expect(await papi.activation(id)).not.toHaveProperty("fallbackInfo");
    expect(await papi.statuses(3)).toEqual(["PENDING_DEACTIVATION", "INACTIVE"]);
    expect(await papi.versions()).toMatchObject({ stagingVersion: 3 });
    expectProblem(await papi.activate(2), 422, "property_activation_still_pending");
    expectProblem(await papi.send("DELETE", `${SEEDED}/activations/${id}`), 400, "activation-cancellation");
    papi.advance(LAG);
    expect((await papi.activation(id)).status).toBe("DEACTIVATED");
    expect(await papi.statuses(3)).toEqual(["DEACTIVATED", "INACTIVE"]);
    expect(await papi.versions()).toMatchObject({ stagingVersion: null, productionVersion: 2 });
    expect((await papi.get(`${SEEDED}/versions/latest?activatedOn=STAGING`)).status).toBe(404);
    const gone = await papi.activate(3, "STAGING", { activationType: "DEACTIVATE" });
    expectProblem(gone, 422, "activation-unprocessable", /not active/);
    await papi.activated(3);
  });
});

describe("failures", () => {
  test("as many as are set, each as it is set; what was live stays", async () => {
    papi = await slow({ failPropertyActivations: 2 });
    const version = await papi.version();
    const id = await papi.activated(version);
    papi.advance(LAG);
    expect(await papi.activation(id)).toMatchObject({ status: "FAILED" });
    expect(await papi.statuses(version)).toEqual(["INACTIVE", "INACTIVE"]);
    expect(await papi.versions()).toMatchObject({ stagingVersion: 3 });
    const deactivation = await papi.activated(3, "STAGING", { activationType: "DEACTIVATE" });
    papi.advance(LAG);
    expect(await papi.activation(deactivation)).toMatchObject({ status: "FAILED" });
    expect(await papi.versions()).toMatchObject({ stagingVersion: 3 });
    const { rules } = await papi.tree(version);
    expect((await papi.put(version, { rules })).status).toBe(200);
    await papi.activated(version);
    papi.advance(LAG);
    expect(await papi.versions()).toMatchObject({ stagingVersion: version });
  });

  test("one that gets stuck", async () => {
    papi = await slow({ failPropertyActivations: 1, failedPropertyStatus: "ZONE_2" });
    const id = await papi.activated(await papi.version());
    papi.advance(100 * LAG);
    expect((await papi.activation(id)).status).toBe("ZONE_2");
    expect((await papi.get(`${SEEDED}/activations/${id}`)).headers["retry-after"]).toBe("1");
  });
});

describe("validation", () => {
  const addRule = (version: number, rule: object) =>
    papi.change(version, ({ children }) => {
      children.push({ name: "Own", criteria: [], behaviors: [], children: [], ...rule });
    });
  const broken = { behaviors: [{ name: "edgeWorker", options: { enabled: true } }] };

  test("a tree with errors cannot be activated", async () => {
    papi = await Papi.start();
    const version = await papi.version();
    await addRule(version, broken);
    const reply = await papi.activate(version, "STAGING", { acknowledgeAllWarnings: true });
    expectProblem(reply, 400, "activation/validation-errors");
    expect(reply.json.errors).toMatchObject([
      { behaviorName: "edgeWorker", errorLocation: "#/rules/children/5/behaviors/0/options/edgeWorkerId" },
    ]);
    expect(reply.json).not.toHaveProperty("warnings");
    expect(await listed()).toHaveLength(5);
  });

  test("every warning has to be acknowledged", async () => {
    papi = await Papi.start({ settings: { activationWarnings: ["The certificate expires soon."] } });
    const version = await papi.version();
    const { rules } = await papi.tree(version);
    await papi.put(version, { rules }, "", { "Content-Type": "application/vnd.akamai.papirules.latest+json" });
    const reply = await papi.activate(version);
    expectProblem(reply, 400, "activation/unacknowledged-warnings");
    const warnings = reply.json.warnings as Finding[];
    expect(warnings).toMatchObject([{ type: expect.stringMatching(/unstable_rule_format$/) }, { detail: "The certificate expires soon." }]);
    const ids = warnings.map(({ messageId }) => messageId ?? "");
    expect(ids).toEqual([expect.stringMatching(/^msg_[0-9a-f]{40}$/), expect.stringMatching(/^msg_[0-9a-f]{40}$/)]);
    const partly = await papi.activate(version, "STAGING", { acknowledgeWarnings: ids.slice(0, 1) });
    expect(partly.json.warnings).toEqual(warnings.slice(1));
    await papi.activated(version, "STAGING", { acknowledgeWarnings: ids });
    await papi.activated(version, "PRODUCTION", { acknowledgeAllWarnings: true });
  });

  test("a delayed one fails later", async () => {
    papi = await slow();
    const version = await papi.version();
    await addRule(version, broken);
    const id = await papi.activated(version, "STAGING", { delayValidations: true });
    expect(await papi.activation(id)).not.toHaveProperty("failureCause");
    papi.advance(LAG);
    expect(await papi.activation(id)).toMatchObject({
      status: "FAILED",
      failureCause: { status: 400, errors: [{ behaviorName: "edgeWorker" }] },
    });
  });
});

describe("compliance", () => {
  const NONE = { noncomplianceReason: "NONE", customerEmail: "a@example.com", peerReviewedBy: "b@example.com", unitTested: true };

  test("production needs a record, where the account is so", async () => {
    papi = await Papi.start({ settings: { complianceRecords: true } });
    const version = await papi.version();
    await papi.activated(version);
    const reply = await papi.activate(version, "PRODUCTION");
    expectProblem(reply, 422, "missing_compliance_record");
    expect(reply.json).toMatchObject({ messageId: "missing_compliance_record", result: "ERROR" });
    await papi.activated(version, "PRODUCTION", { complianceRecord: { ...NONE, ticketId: "OPS-1" } });
  });

  test("a record has all that its reason needs", async () => {
    papi = await slow();
    const version = await papi.version();
    for (const complianceRecord of [
      {},
      { noncomplianceReason: "LAZY" },
      { ...NONE, unitTested: false },
      { ...NONE, customerEmail: undefined },
      { ...NONE, peerReviewedBy: undefined },
      { noncomplianceReason: "OTHER" },
    ])
      expectProblem(await papi.activate(version, "PRODUCTION", { complianceRecord }), 400, "http/bad-request", /complianceRecord/);
    for (const complianceRecord of [
      NONE,
      { noncomplianceReason: "OTHER", otherNoncomplianceReason: "night" },
      { noncomplianceReason: "EMERGENCY" },
      { noncomplianceReason: "NO_PRODUCTION_TRAFFIC", ticketId: "OPS-1" },
    ]) {
      const id = await papi.activated(version, "PRODUCTION", { complianceRecord });
      await papi.send("DELETE", `${SEEDED}/activations/${id}`);
    }
  });
});

describe("fast fallback", () => {
  const canFallBack = async (id: string) => ((await papi.activation(id)).fallbackInfo as { canFastFallback: boolean }).canFastFallback;

  test("within an hour, to the version before, in seconds", async () => {
    papi = await slow();
    const version = await papi.version();
    const id = await papi.activated(version);
    papi.advance(LAG);
    const steady = Math.floor(papi.emulator.clock.now() / 1000);
    expect((await papi.activation(id)).fallbackInfo).toEqual({
      fastFallbackAttempted: false,
      fallbackVersion: 3,
      canFastFallback: true,
      steadyStateTime: steady,
      fastFallbackExpirationTime: steady + 3600,
      fastFallbackRecoveryState: null,
    });
    papi.advance(3599);
    expectProblem(await papi.activate(2, "STAGING", { useFastFallback: true }), 400, "fast-fallback-unavailable", /only to version 3/);
    const back = await papi.activated(3, "STAGING", { useFastFallback: true });
    expect(await papi.activation(id)).toMatchObject({
      status: "ACTIVE",
      fallbackInfo: { fastFallbackAttempted: true, canFastFallback: false },
    });
    papi.advance(5);
    expect(await papi.activation(back)).toMatchObject({ status: "ACTIVE" });
    expect((await papi.activation(id)).status).toBe("INACTIVE");
    expect(await papi.versions()).toMatchObject({ stagingVersion: 3 });
  });

  test("not after an hour, not when the hostnames are others, not without a version before", async () => {
    papi = await Papi.start();
    const version = await papi.version();
    const id = await papi.activated(version);
    papi.advance(3600);
    expect(await canFallBack(id)).toBe(false);
    expectProblem(await papi.activate(3, "STAGING", { useFastFallback: true }), 400, "fast-fallback-unavailable");

    const next = await papi.activated(await papi.version());
    expect(await canFallBack(next)).toBe(true);
    const state = papi.emulator.state.get() as { property: { properties: Record<string, { versions: { hostnames: object[] }[] }> } };
    state.property.properties[173_136]?.versions.at(-1)?.hostnames.pop();
    papi.emulator.state.put(state);
    expect(await canFallBack(next)).toBe(false);

    await papi.post(`/properties?${PLACE}`, {
      productId: "prd_Fresca",
      propertyName: "clone",
      cloneFrom: { propertyId: "prp_173136", version: 3 },
    });
    const clone = "/properties/prp_173200/activations";
    const body = { propertyVersion: 1, network: "STAGING", notifyEmails: ["ops@example.com"] };
    expect((await papi.post(clone, { ...body, useFastFallback: true })).status).toBe(400);
    expect((await papi.post(clone, body)).status).toBe(201);
    const { activations } = (await papi.get(clone)).json as { activations: { items: object[] } };
    expect(activations.items[0]).not.toHaveProperty("fallbackInfo");
  });
});

test("the whole way: a rule of one's own, on staging, on production, and back without it", async () => {
  papi = await Papi.start();
  const before = await papi.tree(3);
  const version = await papi.version(3, { createFromVersionEtag: await papi.versionEtag(3) });
  const { rules, etag } = await papi.tree(version);
  rules.children.push({
    name: "EdgeWorker catalog",
    criteria: [{ name: "hostname", options: { matchOperator: "IS_ONE_OF", values: ["www.example.com"] } }],
    behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "54321", continueOnError: false } }],
    children: [],
  });
  const saved = await papi.put(version, { rules, comments: "add EdgeWorker" }, "", { "If-Match": `"${etag}"` });
  expect([saved.status, saved.json.errors, saved.json.warnings]).toEqual([200, undefined, undefined]);
  for (const network of ["STAGING", "PRODUCTION"]) await papi.activated(version, network);
  expect(await papi.versions()).toEqual({ stagingVersion: version, productionVersion: version, latestVersion: version });
  const back = await papi.version(version);
  const tree = await papi.tree(back);
  tree.rules.children = tree.rules.children.filter((rule) => rule !== named(tree.rules, "EdgeWorker catalog"));
  expect((await papi.put(back, { rules: tree.rules })).json.rules).toEqual(before.rules);
  await papi.activated(back, "PRODUCTION");
  expect(await papi.versions()).toMatchObject({ productionVersion: back });
});
