import {
  type Element,
  every,
  expectProblem,
  named,
  PLACE,
  PropertyClient,
  type Rule,
  SEEDED,
  type Tree,
} from "./support/client";

let client: PropertyClient;
afterEach(() => client.close());

const RULES = (version: number) => `${SEEDED}/versions/${version}/rules`;
const formatted = (format: string) => `application/vnd.akamai.papirules.${format}+json`;
const elements = (rules: Rule): Element[] =>
  every(rules).flatMap(({ criteria, behaviors }) => [...criteria, ...behaviors]);
const edgeWorker = { name: "edgeWorker", options: { enabled: true, edgeWorkerId: "54321" } };
const OWN = { name: "EdgeWorker", behaviors: [edgeWorker] };

describe("the tree that other people built", () => {
  test("is large, nested, commented, has variables and what only Akamai can change, and no errors", async () => {
    client = await PropertyClient.start();
    for (const version of [1, 2, 3]) {
      const { errors, warnings, rules } = await client.tree(version);
      expect([errors, warnings]).toEqual([undefined, undefined]);
      const all = every(rules);
      expect(all.length).toBeGreaterThan(40);
      expect(all.filter(({ comments }) => comments).length).toBeGreaterThan(5);
      const depth = (rule: Rule): number => 1 + Math.max(0, ...rule.children.map(depth));
      expect(depth(rules)).toBeGreaterThanOrEqual(5);
      expect(rules.variables).toHaveLength(4);
      expect(rules.customOverride).toEqual({ name: "log-format", overrideId: "cbo_12345" });
      expect(elements(rules).filter(({ uuid, locked }) => uuid || locked)).toHaveLength(2);
      expect(all.some(({ criteriaMustSatisfy }) => criteriaMustSatisfy === "any")).toBe(true);
      // A uuid marks a rule with advanced features: ordinary rules have none.
      const uuids = all.flatMap(({ uuid }) => uuid ?? []);
      expect(uuids.length).toBeLessThan(5);
      expect(new Set(uuids).size).toBe(uuids.length);
      expect(rules).not.toHaveProperty("uuid");
    }
    const [first, third] = [every((await client.tree(1)).rules), every((await client.tree(3)).rules)];
    expect(third.length).toBeGreaterThan(first.length);
    expect(third.find(({ name }) => name === "Fonts")?.uuid).toBe(
      first.find(({ name }) => name === "Fonts")?.uuid,
    );
    await client.close();
    const again = await PropertyClient.start({ seed: 7 });
    client = again;
    expect(every((await again.tree(3)).rules)).toEqual(third);
  });
});

describe("read", () => {
  test("tells whose it is, its etag and what is left of the limits", async () => {
    client = await PropertyClient.start({ settings: { nestedRules: 7, elementsPerProperty: 200 } });
    const reply = await client.get(`${RULES(3)}?${PLACE}`);
    const { rules, ...rest } = reply.json as unknown as Tree;
    expect(rest).toEqual({
      accountId: "act_A-CCT1234",
      contractId: "ctr_1-3CV382",
      groupId: "grp_72297",
      propertyId: "prp_173136",
      propertyVersion: 3,
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
      ruleFormat: "v2025-10-16",
      comments: "Status page",
    });
    expect(reply.headers).toMatchObject({
      etag: `"${rest.etag}"`,
      "content-type": "application/json",
      "x-limit-elements-per-property-limit": "200",
      "x-limit-elements-per-property-remaining": String(200 - elements(rules).length),
      "x-limit-max-nested-rules-limit": "7",
      "x-limit-max-nested-rules-remaining": "3",
    });
    const head = await client.send("HEAD", `${RULES(3)}?${PLACE}`);
    expect([head.status, head.headers.etag, head.text]).toEqual([204, `"${rest.etag}"`, ""]);
    expectProblem(await client.get(RULES(4)), 404, "http/not-found");
  });

  test("converts to the rule format that is asked for", async () => {
    client = await PropertyClient.start();
    const reply = await client.get(RULES(3), { headers: { Accept: formatted("v2026-02-16") } });
    expect([reply.json.ruleFormat, reply.headers["content-type"]]).toEqual([
      "v2026-02-16",
      formatted("v2026-02-16"),
    ]);
    const { warnings } = (await client.get(RULES(3), { headers: { Accept: formatted("latest") } }))
      .json as unknown as Tree;
    expect(warnings).toMatchObject([
      {
        type: expect.stringMatching(/\/papi\/v0\/unstable_rule_format$/),
        instance: expect.stringMatching(/rules#warn_100$/),
      },
    ]);
    expect((await client.tree(3)).ruleFormat).toBe("v2025-10-16");
    expect(
      (await client.get(RULES(3), { headers: { Accept: "text/plain, application/json;q=0.5" } })).status,
    ).toBe(200);
    for (const Accept of [formatted("v1999-01-01"), "text/xml"])
      expectProblem(await client.get(RULES(3), { headers: { Accept } }), 406, "http/not-acceptable");
  });
});

describe("write", () => {
  test("keeps the whole tree as it is sent, with what the server adds, and a new etag", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const before = await client.tree(version);
    const rules = structuredClone(before.rules);
    rules.children.push({ criteria: [], children: [], ...OWN });
    const reply = await client.put(version, { rules, comments: "add EdgeWorker" }, "", {
      "If-Match": `"${before.etag}"`,
    });
    const saved = reply.json as unknown as Tree;
    expect([reply.status, reply.headers.etag]).toEqual([200, `"${saved.etag}"`]);
    expect(saved.etag).not.toBe(before.etag);
    expect(saved).not.toHaveProperty("errors");
    expect(await client.tree(version)).toEqual(saved);
    expect(saved.comments).toBe("add EdgeWorker");
    const own = named(saved.rules, "EdgeWorker");
    expect(own).toEqual({
      name: "EdgeWorker",
      criteria: [],
      behaviors: [
        {
          name: "edgeWorker",
          options: {
            enabled: true,
            edgeWorkerId: "54321",
            continueOnError: false,
            mPulse: false,
            createEdgeWorker: null,
            resourceTier: null,
            mPulseInformation: null,
          },
        },
      ],
      children: [],
      criteriaMustSatisfy: "all",
    });
    expect({ ...saved.rules, children: saved.rules.children.slice(0, -1) }).toEqual(before.rules);
    expect((await client.get(`${SEEDED}/versions/${version}`)).json).toMatchObject({
      versions: {
        items: [
          { note: "add EdgeWorker", updatedByUser: "default", etag: await client.versionEtag(version) },
        ],
      },
    });

    const again = (await client.put(version, { rules: saved.rules })).json as unknown as Tree;
    expect(again.rules).toEqual(saved.rules);
    expect(again.etag).not.toBe(saved.etag);
    expect(again).not.toHaveProperty("comments");
    await client.change(version, (root) => {
      root.children.pop();
    });
    expect((await client.tree(version)).rules).toEqual(before.rules);
    expect((await client.tree(3)).rules).toEqual(before.rules);
  });

  test("what nobody knows is kept, whatever it is called", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const { rules } = await client.tree(version);
    const strange = JSON.stringify({ rules }).replace(
      '"name":"Fonts"',
      '"name":"Fonts","__proto__":{"a":1},"constructor":{"b":[null,1.5]},"templateUuid":"t"',
    );
    const reply = await client.send("PUT", RULES(version), { body: strange });
    expect(reply.status).toBe(200);
    expect((await client.get(RULES(version))).text).toContain(
      '"__proto__":{"a":1},"constructor":{"b":[null,1.5]},"templateUuid":"t"',
    );
  });

  test("the same uuid twice, as after a copy, does not stay", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const fonts = named((await client.tree(version)).rules, "Fonts");
    await client.change(version, ({ children }) => {
      const uuid = "0d6a1c0e-5b0c-4c55-9a5c-6f3a2b7d9e10";
      for (const one of children) if (one.name === "Fonts") one.uuid = uuid;
      children.push({ ...fonts, name: "Copy", uuid });
    });
    const { rules } = await client.tree(version);
    expect(every(rules).filter(({ uuid }) => uuid?.startsWith("0d6a1c0e"))).toHaveLength(1);
  });

  test("412 when the tree is not the one that was read", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const { rules, etag } = await client.tree(version);
    const first = await client.put(version, { rules }, "", { "If-Match": `"${etag}"` });
    expect(first.status).toBe(200);
    for (const [query, stale] of [
      ["", `"${etag}"`],
      ["&dryRun=true", etag],
    ] as const)
      expectProblem(
        await client.put(version, { rules }, query, { "If-Match": stale }),
        412,
        "http/precondition-failed",
      );
    for (const match of ["*", String(first.headers.etag)])
      expect((await client.put(version, { rules }, "&dryRun=true", { "If-Match": match })).status).toBe(200);
  });

  test("a dry run validates and changes nothing", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const before = await client.tree(version);
    const behaviors = before.rules.behaviors.filter(({ name }) => name !== "origin");
    const reply = await client.put(
      version,
      { rules: { ...before.rules, behaviors } },
      "&dryRun=true&validateMode=fast",
    );
    expect([reply.status, reply.json.etag]).toEqual([200, before.etag]);
    expect(reply.json.errors).toMatchObject([
      { behaviorName: "origin", instance: expect.stringMatching(/rules#err_100$/) },
    ]);
    expect((reply.json.rules as Rule).behaviors).toEqual(behaviors);
    expect(await client.tree(version)).toEqual(before);
    expectProblem(
      await client.put(version, { rules: before.rules }, "&dryRun=true&validateRules=false"),
      400,
      "http/bad-request",
    );
    for (const query of ["&dryRun=1", "&validateRules=no", "&validateMode=slow"])
      expectProblem(await client.put(version, { rules: before.rules }, query), 400, "http/bad-request");
  });

  test("a tree with errors is saved; without validation nothing is reported", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const rules = { name: "default", children: [], behaviors: [] };
    expect((await client.put(version, { rules }, "&validateRules=false")).status).toBe(403);
    await client.post(`/properties?${PLACE}`, { productId: "prd_Fresca", propertyName: "small" });
    const path = "/properties/prp_173200/versions/1/rules";
    const quiet = await client.send("PUT", `${path}?validateRules=false`, { body: { rules } });
    expect([quiet.status, quiet.json.errors, quiet.json.warnings]).toEqual([200, undefined, undefined]);
    const loud = (await client.get(path)).json as unknown as Tree;
    expect(loud.errors?.map(({ behaviorName }) => behaviorName)).toEqual(["cpCode", "origin"]);
    expect(loud.warnings).toHaveLength(1);
    expect(loud.rules.criteria).toEqual([]);
  });

  test("the media type freezes the rule format", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const { rules } = await client.tree(version);
    const put = (type: string) => client.put(version, { rules }, "", { "Content-Type": type });
    expect((await put(formatted("v2026-02-16"))).json.ruleFormat).toBe("v2026-02-16");
    expect((await put("application/json")).json.ruleFormat).toBe("v2026-02-16");
    expect((await put(formatted("latest"))).json).toMatchObject({ ruleFormat: "latest", warnings: [{}] });
    for (const type of [formatted("v1999-01-01"), "text/plain"])
      expectProblem(await put(type), 415, "http/unsupported-media-type");
    expect((await client.tree(3)).ruleFormat).toBe("v2025-10-16");
  });

  test.each([
    ["no rules", {}, "/rules"],
    ["a list", { rules: [] }, "/rules"],
    ["no name", { rules: { behaviors: [] } }, "/rules/name"],
    [
      "a behavior without options",
      { rules: { name: "default", behaviors: [{ name: "origin" }] } },
      "/rules/behaviors/0/options",
    ],
    ["children that are no rules", { rules: { name: "default", children: ["x"] } }, "/rules/children/0"],
    [
      "neither all nor any",
      { rules: { name: "default", children: [{ name: "x", criteriaMustSatisfy: "some" }] } },
      "/rules/children/0/criteriaMustSatisfy",
    ],
  ])("what is no rule tree is refused: %s", async (_, body, location) => {
    client = await PropertyClient.start();
    const version = await client.version();
    const reply = await client.put(version, body);
    expectProblem(reply, 400, "json-schema-invalid");
    expect(reply.json).toMatchObject({
      title: "Input does not match schema",
      errors: [{ location, detail: expect.any(String) }],
    });
    expectProblem(await client.send("PUT", RULES(version), { body: "{" }), 400, "http/bad-request");
  });

  test("too many elements, or rules too deep", async () => {
    client = await PropertyClient.start({ settings: { nestedRules: 4, elementsPerProperty: 160 } });
    const version = await client.version();
    const deep = await client.change(version, ({ children }) => {
      children.push(
        ["a", "b", "c", "d", "e"].reduceRight<Rule | object>(
          (child, name) => ({ name, children: "name" in child ? [child] : [] }),
          {},
        ) as Rule,
      );
    });
    expectProblem(deep, 429, "limit-exceeded");
    expect(deep.json).toMatchObject({ limitKey: "MAX_NESTED_RULES", instanceKey: "173136", limit: 4 });
    const wide = await client.change(version, ({ children }) => {
      children.push({
        name: "x",
        criteria: [],
        behaviors: Array.from({ length: 99 }, () => ({ name: "x", options: {} })),
        children: [],
      });
    });
    expect([wide.status, wide.json.limitKey]).toEqual([429, "ELEMENTS_PER_PROPERTY"]);
  });
});

describe("locked", () => {
  const expectLocked = async (version: number) => {
    const { rules } = await client.tree(version);
    expectProblem(
      await client.put(version, { rules }),
      403,
      "property-version/already-activated",
      new RegExp(`Version ${version} of`),
    );
  };

  test("a version that is live, was live or is on its way", async () => {
    client = await PropertyClient.start({ lag: 600 });
    for (const version of [1, 2, 3]) await expectLocked(version);
    const { rules } = await client.tree(3);
    expectProblem(await client.put(3, { rules }, "&dryRun=true"), 403, "property-version/already-activated");
    const version = await client.version();
    const id = await client.activated(version);
    await expectLocked(version);
    await client.send("DELETE", `${SEEDED}/activations/${id}`);
    expect((await client.put(version, { rules })).status).toBe(200);
  });

  test("settings: not for a dry run; for one whose activation was cancelled, too", async () => {
    client = await PropertyClient.start({
      lag: 600,
      settings: { dryRunOnLocked: true, lockAttempted: true },
    });
    const { rules, etag } = await client.tree(3);
    expect(
      (await client.put(3, { rules: { ...rules, name: "x" } }, "&dryRun=true")).json.errors,
    ).toHaveLength(1);
    expect((await client.tree(3)).etag).toBe(etag);
    const version = await client.version();
    await client.send("DELETE", `${SEEDED}/activations/${await client.activated(version)}`);
    await expectLocked(version);
  });

  const advancedIn = (rules: Rule) => named(rules, "Error reference");
  test.each<[string, (rules: Rule) => void, "removed" | "added"]>([
    ["removed", (rules) => void advancedIn(rules).behaviors.pop(), "removed"],
    [
      "changed",
      (rules) => void Object.assign(advancedIn(rules).behaviors[0]?.options ?? {}, { xml: "<x/>" }),
      "removed",
    ],
    ["without its uuid", (rules) => void delete advancedIn(rules).behaviors[0]?.uuid, "removed"],
    ["in a rule without its uuid", (rules) => void delete advancedIn(rules).uuid, "removed"],
    ["added", (rules) => void rules.behaviors.push({ name: "advanced", options: { xml: "<x/>" } }), "added"],
    [
      "a locked one changed",
      (rules) =>
        void Object.assign(named(rules, "Token authorization").behaviors[0]?.options ?? {}, {
          location: "QUERY",
        }),
      "removed",
    ],
    [
      "locked criteria changed",
      (rules) => void named(rules, "Token authorization").criteria.pop(),
      "removed",
    ],
    ["an override added", (rules) => void Object.assign(rules, { advancedOverride: "<x/>" }), "added"],
  ])("what only Akamai can change: %s", async (_, act, what) => {
    client = await PropertyClient.start();
    const version = await client.version();
    const reply = await client.change(version, act);
    expectProblem(reply, 403, "property-version/lock-error", /^Only Akamai representatives/);
    const [errors] = reply.json.errors as [Record<string, object[]>];
    expect(errors[what]?.length).toBeGreaterThan(0);
    expect((await client.tree(version)).rules).toEqual((await client.tree(3)).rules);
  });

  test("a rule with such elements can move, and be renamed", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const reply = await client.change(version, (rules) => {
      const security = named(rules, "Security");
      rules.children.unshift(advancedIn(rules));
      security.children = security.children.filter(({ name }) => name !== "Error reference");
      Object.assign(rules.children[0] ?? {}, { name: "Errors" });
    });
    expect(reply.status).toBe(200);
  });
});

describe("patch", () => {
  const send = (version: number, body: object, query = "", type = "application/json-patch+json") =>
    client.send("PATCH", `${RULES(version)}?${PLACE}${query}`, { body, headers: { "Content-Type": type } });

  test("changes parts", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const before = await client.tree(version);
    const reply = await send(version, [
      { op: "test", path: "/rules/options", value: { is_secure: true } },
      { op: "add", path: "/comments", value: "patched" },
      { op: "add", path: "/rules/children/-", value: OWN },
      { op: "copy", from: "/rules/children/0/children/0", path: "/rules/children/0/children/1" },
      { op: "replace", path: "/rules/children/0/children/1/name", value: "Copy" },
      { op: "move", from: "/rules/children/1", path: "/rules/children/0" },
      { op: "remove", path: "/rules/children/1/comments" },
    ]);
    const { rules, comments } = reply.json as unknown as Tree;
    expect([reply.status, comments]).toEqual([200, "patched"]);
    expect(rules.children.map(({ name }) => name)).toEqual([
      "Offload",
      "Performance",
      "Security",
      "API",
      "Sites",
      "EdgeWorker",
    ]);
    expect(named(rules, "Performance").children[1]?.name).toBe("Copy");
    expect(named(rules, "Performance")).not.toHaveProperty("comments");
    expect(rules.ruleFormat).toBe(before.rules.ruleFormat);
    expect((await client.tree(version)).rules).toEqual(rules);
  });

  test("is refused as a whole", async () => {
    client = await PropertyClient.start();
    const version = await client.version();
    const before = await client.tree(version);
    const first = { op: "replace", path: "/rules/children/0/name", value: "x" };
    for (const operation of [
      { op: "test", path: "/rules/name", value: "other" },
      { op: "remove", path: "/rules/children/99" },
      { op: "add", path: "/rules/children/99", value: OWN },
      { op: "replace", path: "/nowhere/name", value: 1 },
      { op: "replace", path: "", value: 1 },
      { op: "move", from: "/rules", path: "/rules/children" },
      { op: "replace", path: "/rules/name", value: 1 },
      { op: "bend", path: "/rules/name" },
      { op: "remove", path: "rules" },
    ])
      expect([operation, (await send(version, [first, operation])).status]).toEqual([operation, 400]);
    expectProblem(await send(version, [first], "", "application/json"), 415, "http/unsupported-media-type");
    expectProblem(await send(3, [first]), 403, "property-version/already-activated");
    expect((await send(version, [first], "&dryRun=true")).status).toBe(200);
    expect(await client.tree(version)).toEqual(before);
  });
});
