import { expectProblem, type Finding, named, PLACE, PropertyClient, SEEDED } from "./support/client";

let client: PropertyClient;
afterEach(() => client.close());

const LAG = 1000;
const slow = (settings: object = {}) => PropertyClient.start({ lag: LAG, settings });
const now = () => `${new Date(client.emulator.clock.now()).toISOString().slice(0, 19)}Z`;
const listed = async (): Promise<Record<string, unknown>[]> =>
  (
    (await client.get(`${SEEDED}/activations?${PLACE}`)).json as {
      activations: { items: Record<string, unknown>[] };
    }
  ).activations.items;

describe("activate", () => {
  test("through the zones to the edge", async () => {
    client = await slow();
    const version = await client.version();
    const submitDate = now();
    const reply = await client.activate(version, "STAGING", {
      note: "catalog",
      notifyEmails: ["a@example.com", "b@example.com"],
    });
    const link = `/papi/v1${SEEDED}/activations/atv_67037?${PLACE}`;
    expect([reply.status, reply.json, reply.headers.location]).toEqual([201, { activationLink: link }, link]);

    const first = await client.bench.send("GET", link);
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
    expect(await client.statuses(version)).toEqual(["PENDING", "INACTIVE"]);
    for (const [seconds, status, fmaActivationState] of [
      [50, "PENDING", "received"],
      [350, "ZONE_1", "lived"],
      [200, "ZONE_2", "lived"],
      [200, "ZONE_3", "deployed"],
    ] as const) {
      client.advance(seconds);
      expect(await client.activation("atv_67037")).toMatchObject({
        status,
        fmaActivationState,
        updateDate: now(),
      });
      expect(await client.versions()).toEqual({
        stagingVersion: 3,
        productionVersion: 2,
        latestVersion: version,
      });
    }
    client.advance(200);
    const last = await client.bench.send("GET", link);
    expect(last.headers).not.toHaveProperty("retry-after");
    expect(await client.activation("67037")).toMatchObject({
      status: "ACTIVE",
      fmaActivationState: "steady",
      updateDate: now(),
    });
    expect(await client.versions()).toEqual({
      stagingVersion: version,
      productionVersion: 2,
      latestVersion: version,
    });
    expect([await client.statuses(version), await client.statuses(3)]).toEqual([
      ["ACTIVE", "INACTIVE"],
      ["INACTIVE", "INACTIVE"],
    ]);
    const before = (await listed()).filter(
      ({ propertyVersion, network }) => propertyVersion === 3 && network === "STAGING",
    );
    expect(before).toMatchObject([{ status: "INACTIVE", updateDate: now() }]);
    expect(await listed()).toHaveLength(6);
  });

  test("takes 3 to 10 minutes on staging, 10 to 40 on production, and each network is on its own", async () => {
    client = await PropertyClient.start({ lag: "default" });
    const version = await client.version();
    const [staging, production] = [
      await client.activated(version),
      await client.activated(version, "PRODUCTION"),
    ];
    client.advance(179);
    expect((await client.activation(staging)).status).not.toBe("ACTIVE");
    client.advance(421);
    expect((await client.activation(staging)).status).toBe("ACTIVE");
    client.advance(1800);
    expect((await client.activation(production)).status).toBe("ACTIVE");
    expect(await client.statuses(version)).toEqual(["ACTIVE", "ACTIVE"]);
  });

  test("without delay it is there at once", async () => {
    client = await PropertyClient.start();
    const id = await client.activated(await client.version(), "PRODUCTION");
    expect((await client.activation(id)).status).toBe("ACTIVE");
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
    client = await PropertyClient.start();
    const reply = await client.activate(await client.version(), "STAGING", changes);
    expectProblem(reply, 400, "json-schema-invalid");
    expect(reply.json.errors).toMatchObject([{ location: `/${where}` }]);
  });

  test("what is not there", async () => {
    client = await PropertyClient.start();
    expectProblem(await client.activate(99), 404, "http/not-found");
    expectProblem(await client.get(`${SEEDED}/activations/atv_1`), 404, "http/not-found");
    expectProblem(await client.send("DELETE", `${SEEDED}/activations/atv_1`), 404, "http/not-found");
  });
});

describe("one at a time", () => {
  test("the same version is 409, another one 422, the other network is free", async () => {
    client = await slow();
    const [first, second] = [await client.version(), await client.version()];
    await client.activated(first);
    const busy = await client.activate(first);
    expectProblem(busy, 409, "resource-busy", /in progress for this property version/);
    // Like every problem without parts of its own.
    expect(Object.keys(busy.json).toSorted()).toEqual(["detail", "instance", "status", "title", "type"]);
    const other = await client.activate(second);
    expectProblem(other, 422, "property_activation_still_pending");
    expect(other.json).toMatchObject({
      title: "Property Manager Exception",
      messageId: "property_activation_still_pending",
      params: ["Property 173136", `Version ${first}`],
      result: "ERROR",
      errors: [{ detail: "property_activation_still_pending" }],
    });
    await client.activated(second, "PRODUCTION");
    client.advance(LAG);
    await client.activated(second);
  });

  test("what is active already is 422", async () => {
    client = await PropertyClient.start();
    const reply = await client.activate(3);
    expectProblem(reply, 422, "activation-unprocessable", /already active on STAGING/);
    expect(reply.json.title).toBe("Activation Unprocessable");
    await client.activated(3, "PRODUCTION");
    expect(await client.versions()).toMatchObject({ stagingVersion: 3, productionVersion: 3 });
    await client.activated(1);
    await client.activated(3);
    expect(await client.statuses(1)).toEqual(["INACTIVE", "INACTIVE"]);
  });
});

describe("cancel", () => {
  test("while it is pending; it is not listed then, but can be read", async () => {
    client = await slow();
    const version = await client.version();
    const id = await client.activated(version);
    client.advance(399);
    const reply = await client.send("DELETE", `${SEEDED}/activations/${id}?${PLACE}`);
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      activations: { items: [{ activationId: id, status: "ABORTED", fmaActivationState: "steady" }] },
    });
    expect(await client.activation(id)).toMatchObject({ status: "ABORTED", updateDate: now() });
    expect((await listed()).map(({ activationId }) => activationId)).not.toContain(id);
    expect(await client.statuses(version)).toEqual(["ABORTED", "INACTIVE"]);
    client.advance(LAG);
    expect(await client.versions()).toMatchObject({ stagingVersion: 3 });
    expectProblem(await client.send("DELETE", `${SEEDED}/activations/${id}`), 400, "activation-cancellation");
    await client.activated(version);
  });

  test("too late", async () => {
    client = await slow();
    const id = await client.activated(await client.version());
    client.advance(400);
    const late = await client.send("DELETE", `${SEEDED}/activations/${id}`);
    expectProblem(late, 400, "activation-cancellation", "cancellation_failed.error.activation.toofar");
    expect(late.json.title).toBe("Error canceling Activation");
    client.advance(600);
    expectProblem(
      await client.send("DELETE", `${SEEDED}/activations/${id}`),
      422,
      "activation-unprocessable",
    );
  });
});

describe("deactivate", () => {
  test.each(["ACTIVE", "DEACTIVATED"] as const)(
    "takes the property off a network, and ends as %s",
    async (deactivationEndsAs) => {
      client = await slow({ deactivationEndsAs });
      const id = await client.activated(3, "STAGING", { activationType: "DEACTIVATE" });
      expect(await client.activation(id)).toMatchObject({
        status: "PENDING_DEACTIVATION",
        activationType: "DEACTIVATE",
      });
      expect(await client.activation(id)).not.toHaveProperty("fallbackInfo");
      expect(await client.statuses(3)).toEqual(["PENDING_DEACTIVATION", "INACTIVE"]);
      expect(await client.versions()).toMatchObject({ stagingVersion: 3 });
      expectProblem(await client.activate(2), 422, "property_activation_still_pending");
      expectProblem(
        await client.send("DELETE", `${SEEDED}/activations/${id}`),
        400,
        "activation-cancellation",
      );
      client.advance(LAG);
      expect((await client.activation(id)).status).toBe(deactivationEndsAs);
      expect(await client.statuses(3)).toEqual(["DEACTIVATED", "INACTIVE"]);
      expect(await client.versions()).toMatchObject({ stagingVersion: null, productionVersion: 2 });
      expect((await client.get(`${SEEDED}/versions/latest?activatedOn=STAGING`)).status).toBe(404);
      const gone = await client.activate(3, "STAGING", { activationType: "DEACTIVATE" });
      expectProblem(gone, 422, "activation-unprocessable", /not active/);
      await client.activated(3);
      client.advance(LAG);
      expect(await client.statuses(3)).toEqual(["ACTIVE", "INACTIVE"]);
    },
  );

  test("ends as ACTIVE unless it is set, as Akamai's clients expect", async () => {
    client = await slow();
    const id = await client.activated(3, "STAGING", { activationType: "DEACTIVATE" });
    client.advance(LAG);
    expect((await client.activation(id)).status).toBe("ACTIVE");
  });
});

describe("failures", () => {
  test("as many as are set, each as it is set; what was live stays", async () => {
    client = await slow({ failPropertyActivations: 2 });
    const version = await client.version();
    const id = await client.activated(version);
    client.advance(LAG);
    expect(await client.activation(id)).toMatchObject({ status: "FAILED" });
    expect(await client.statuses(version)).toEqual(["INACTIVE", "INACTIVE"]);
    expect(await client.versions()).toMatchObject({ stagingVersion: 3 });
    const deactivation = await client.activated(3, "STAGING", { activationType: "DEACTIVATE" });
    client.advance(LAG);
    expect(await client.activation(deactivation)).toMatchObject({ status: "FAILED" });
    expect(await client.versions()).toMatchObject({ stagingVersion: 3 });
    const { rules } = await client.tree(version);
    expect((await client.put(version, { rules })).status).toBe(200);
    await client.activated(version);
    client.advance(LAG);
    expect(await client.versions()).toMatchObject({ stagingVersion: version });
  });

  test("one that gets stuck", async () => {
    client = await slow({ failPropertyActivations: 1, failedPropertyStatus: "ZONE_2" });
    const id = await client.activated(await client.version());
    client.advance(100 * LAG);
    expect((await client.activation(id)).status).toBe("ZONE_2");
    expect((await client.get(`${SEEDED}/activations/${id}`)).headers["retry-after"]).toBe("1");
  });
});

describe("validation", () => {
  const addRule = (version: number, rule: object) =>
    client.change(version, ({ children }) => {
      children.push({ name: "Own", criteria: [], behaviors: [], children: [], ...rule });
    });
  const broken = { behaviors: [{ name: "edgeWorker", options: { enabled: true } }] };

  test("a tree with errors cannot be activated", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    await addRule(version, broken);
    const reply = await client.activate(version, "STAGING", { acknowledgeAllWarnings: true });
    expectProblem(reply, 400, "activation/validation-errors");
    expect(reply.json.errors).toMatchObject([
      { behaviorName: "edgeWorker", errorLocation: "#/rules/children/5/behaviors/0/options/edgeWorkerId" },
    ]);
    expect(reply.json).not.toHaveProperty("warnings");
    expect(await listed()).toHaveLength(5);
  });

  test("every warning has to be acknowledged", async () => {
    client = await PropertyClient.start({
      settings: { activationWarnings: ["The certificate expires soon."] },
    });
    const version = await client.version();
    const { rules } = await client.tree(version);
    await client.put(version, { rules }, "", {
      "Content-Type": "application/vnd.akamai.papirules.latest+json",
    });
    const reply = await client.activate(version);
    expectProblem(reply, 400, "activation/unacknowledged-warnings");
    const warnings = reply.json.warnings as Finding[];
    expect(warnings).toMatchObject([
      { type: expect.stringMatching(/unstable_rule_format$/) },
      { detail: "The certificate expires soon." },
    ]);
    const ids = warnings.map(({ messageId }) => messageId ?? "");
    expect(ids).toEqual([
      expect.stringMatching(/^msg_[0-9a-f]{40}$/),
      expect.stringMatching(/^msg_[0-9a-f]{40}$/),
    ]);
    const partly = await client.activate(version, "STAGING", { acknowledgeWarnings: ids.slice(0, 1) });
    expect(partly.json.warnings).toEqual(warnings.slice(1));
    await client.activated(version, "STAGING", { acknowledgeWarnings: ids });
    await client.activated(version, "PRODUCTION", { acknowledgeAllWarnings: true });
  });

  test("a delayed one fails later", async () => {
    client = await slow();
    const version = await client.version();
    await addRule(version, broken);
    const id = await client.activated(version, "STAGING", { delayValidations: true });
    expect(await client.activation(id)).not.toHaveProperty("failureCause");
    client.advance(LAG);
    expect(await client.activation(id)).toMatchObject({
      status: "FAILED",
      failureCause: { status: 400, errors: [{ behaviorName: "edgeWorker" }] },
    });
  });
});

describe("compliance", () => {
  const NONE = {
    noncomplianceReason: "NONE",
    customerEmail: "a@example.com",
    peerReviewedBy: "b@example.com",
    unitTested: true,
  };

  test("production needs a record, where the account is so", async () => {
    client = await PropertyClient.start({ settings: { complianceRecords: true } });
    const version = await client.version();
    await client.activated(version);
    const reply = await client.activate(version, "PRODUCTION");
    expectProblem(reply, 422, "missing_compliance_record");
    expect(reply.json).toMatchObject({ messageId: "missing_compliance_record", result: "ERROR" });
    await client.activated(version, "PRODUCTION", { complianceRecord: { ...NONE, ticketId: "OPS-1" } });
  });

  test("a record has all that its reason needs", async () => {
    client = await slow();
    const version = await client.version();
    for (const complianceRecord of [
      {},
      { noncomplianceReason: "LAZY" },
      { ...NONE, unitTested: false },
      { ...NONE, customerEmail: undefined },
      { ...NONE, peerReviewedBy: undefined },
      { noncomplianceReason: "OTHER" },
    ])
      expectProblem(
        await client.activate(version, "PRODUCTION", { complianceRecord }),
        400,
        "http/bad-request",
        /complianceRecord/,
      );
    for (const complianceRecord of [
      NONE,
      { noncomplianceReason: "OTHER", otherNoncomplianceReason: "night" },
      { noncomplianceReason: "EMERGENCY" },
      { noncomplianceReason: "NO_PRODUCTION_TRAFFIC", ticketId: "OPS-1" },
    ]) {
      const id = await client.activated(version, "PRODUCTION", { complianceRecord });
      await client.send("DELETE", `${SEEDED}/activations/${id}`);
    }
  });
});

describe("fast fallback", () => {
  const canFallBack = async (id: string) =>
    ((await client.activation(id)).fallbackInfo as { canFastFallback: boolean }).canFastFallback;

  test("within an hour, to the version before, in seconds", async () => {
    client = await slow();
    const version = await client.version();
    const id = await client.activated(version);
    client.advance(LAG);
    const steady = Math.floor(client.emulator.clock.now() / 1000);
    expect((await client.activation(id)).fallbackInfo).toEqual({
      fastFallbackAttempted: false,
      fallbackVersion: 3,
      canFastFallback: true,
      steadyStateTime: steady,
      fastFallbackExpirationTime: steady + 3600,
      fastFallbackRecoveryState: null,
    });
    client.advance(3599);
    expectProblem(
      await client.activate(2, "STAGING", { useFastFallback: true }),
      400,
      "fast-fallback-unavailable",
      /only to version 3/,
    );
    const back = await client.activated(3, "STAGING", { useFastFallback: true });
    expect(await client.activation(id)).toMatchObject({
      status: "ACTIVE",
      fallbackInfo: { fastFallbackAttempted: true, canFastFallback: false },
    });
    client.advance(5);
    expect(await client.activation(back)).toMatchObject({ status: "ACTIVE" });
    expect((await client.activation(id)).status).toBe("INACTIVE");
    expect(await client.versions()).toMatchObject({ stagingVersion: 3 });
  });

  test("not after an hour, not when the hostnames are others, not without a version before", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const id = await client.activated(version);
    client.advance(3600);
    expect(await canFallBack(id)).toBe(false);
    expectProblem(
      await client.activate(3, "STAGING", { useFastFallback: true }),
      400,
      "fast-fallback-unavailable",
    );

    const next = await client.activated(await client.version());
    expect(await canFallBack(next)).toBe(true);
    const state = client.emulator.state.get() as {
      property: { properties: Record<string, { versions: { hostnames: object[] }[] }> };
    };
    state.property.properties[173_136]?.versions.at(-1)?.hostnames.pop();
    client.emulator.state.put(state);
    expect(await canFallBack(next)).toBe(false);

    await client.post(`/properties?${PLACE}`, {
      productId: "prd_Fresca",
      propertyName: "clone",
      cloneFrom: { propertyId: "prp_173136", version: 3 },
    });
    const clone = "/properties/prp_173200/activations";
    const body = { propertyVersion: 1, network: "STAGING", notifyEmails: ["ops@example.com"] };
    expect((await client.post(clone, { ...body, useFastFallback: true })).status).toBe(400);
    expect((await client.post(clone, body)).status).toBe(201);
    const { activations } = (await client.get(clone)).json as { activations: { items: object[] } };
    expect(activations.items[0]).not.toHaveProperty("fallbackInfo");
  });
});

test("the whole way: a rule of one's own, on staging, on production, and back without it", async () => {
  client = await PropertyClient.start();
  const before = await client.tree(3);
  const version = await client.version(3, { createFromVersionEtag: await client.versionEtag(3) });
  const { rules, etag } = await client.tree(version);
  rules.children.push({
    name: "EdgeWorker catalog",
    criteria: [{ name: "hostname", options: { matchOperator: "IS_ONE_OF", values: ["www.example.com"] } }],
    behaviors: [
      { name: "edgeWorker", options: { enabled: true, edgeWorkerId: "54321", continueOnError: false } },
    ],
    children: [],
  });
  const saved = await client.put(version, { rules, comments: "add EdgeWorker" }, "", {
    "If-Match": `"${etag}"`,
  });
  expect([saved.status, saved.json.errors, saved.json.warnings]).toEqual([200, undefined, undefined]);
  for (const network of ["STAGING", "PRODUCTION"]) await client.activated(version, network);
  expect(await client.versions()).toEqual({
    stagingVersion: version,
    productionVersion: version,
    latestVersion: version,
  });
  const back = await client.version(version);
  const tree = await client.tree(back);
  tree.rules.children = tree.rules.children.filter(
    (rule) => rule !== named(tree.rules, "EdgeWorker catalog"),
  );
  expect((await client.put(back, { rules: tree.rules })).json.rules).toEqual(before.rules);
  await client.activated(back, "PRODUCTION");
  expect(await client.versions()).toMatchObject({ productionVersion: back });
});
