import * as lookups from "../../../provider/functions/property";
import { TestEngine } from "../../support/testEngine";
import { newVersion, place, somebodyActivates } from "../resources/property/support";

let engine: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  engine = await TestEngine.start({ lag: "none", ...options[0] }, options[1]);
};
const { propertyId } = place;
/** Another property, with the hostnames of the first one. */
const another = async () => {
  const { propertyId: _, ...query } = place;
  const cloneFrom = { propertyId, version: 3, copyHostnames: true };
  const json = { productId: "prd_Fresca", propertyName: "shop.example.com", cloneFrom };
  await engine.somebody().send({ method: "POST", path: "/papi/v1/properties", query, json });
};
afterEach(() => engine.close());

test("contracts and groups", async () => {
  await begin();
  expect(await lookups.contracts(engine.context)).toEqual([
    { contractId: "ctr_1-3CV382", contractTypeName: "DIRECT_CUSTOMER" },
    { contractId: "ctr_1-5C13O2", contractTypeName: "DIRECT_CUSTOMER" },
  ]);
  const contractIds = ["ctr_1-3CV382", "ctr_1-5C13O2"];
  expect(await lookups.groups(engine.context)).toContainEqual({
    groupId: "grp_72297",
    groupName: "Team A",
    contractIds,
  });
});

test("a group below another", async () => {
  await begin();
  const items = [{ groupId: "grp_2", groupName: "Below", parentGroupId: "grp_1", contractIds: ["ctr_1"] }];
  engine.emulator.faults.add({ path: "*/groups", kind: "status", status: 200, body: { groups: { items } } });
  expect(await lookups.groups(engine.context)).toEqual(items);
});

test("a property by its id, its name or a hostname", async () => {
  for (const propertyRedirects of [false, true]) {
    await engine?.close();
    await begin({ settings: { propertyRedirects } });
    const site = {
      ...place,
      propertyName: "www.example.com",
      latestVersion: 3,
      stagingVersion: 3,
      productionVersion: 2,
      assetId: "aid_10173136",
      note: "The web site. Ask the web team before you change it.",
    };
    for (const which of [
      { propertyId },
      { propertyId: "173136" },
      { propertyId: "173136", contractId: "1-3CV382", groupId: 72297 },
      { propertyId, contractId: "ctr_1-3CV382" },
      { propertyName: "www.example.com" },
      { hostname: "shop.example.com" },
    ]) {
      expect(await lookups.property(engine.context, which)).toEqual(site);
    }
  }
  await somebodyActivates(engine, 3, "STAGING", "DEACTIVATE");
  expect(await lookups.property(engine.context, { propertyId })).not.toHaveProperty("stagingVersion");
});

test("none, or several", async () => {
  await begin();
  await another();
  for (const [which, message] of [
    [{ propertyId: "prp_5" }, "there is no property prp_5, or the API client can't see it"],
    [
      { propertyId, contractId: "1-5C13O2", groupId: "72297" },
      "no property prp_173136 in contract ctr_1-5C13O2 and group grp_72297, or",
    ],
    [
      { propertyName: "example.com" },
      "there is no property of the name example.com, or the API client can't see it",
    ],
    [{ hostname: "nowhere.example.com" }, "there is no property with the hostname nowhere.example.com, or"],
    [
      { hostname: "shop.example.com" },
      "2 properties are there with the hostname shop.example.com: set `propertyId`, one of prp_173136 (www.example.com), prp_173200 (shop.example.com)",
    ],
  ] as const) {
    await expect(lookups.property(engine.context, which)).rejects.toThrow(message);
  }
  expect(await lookups.property(engine.context, { propertyName: "shop.example.com" })).toMatchObject({
    propertyId: "prp_173200",
  });
});

test("a search tells every property, and its versions that match", async () => {
  await begin();
  await another();
  const found = await lookups.properties(engine.context, { hostname: "www.example.com" });
  expect(found).toMatchObject([
    {
      ...place,
      propertyName: "www.example.com",
      versions: [
        { version: 3, stagingStatus: "ACTIVE", productionStatus: "INACTIVE", updatedByUser: "jkowalski" },
        {
          version: 2,
          stagingStatus: "INACTIVE",
          productionStatus: "ACTIVE",
          updatedDate: expect.stringMatching(/Z$/),
        },
      ],
    },
    { propertyId: "prp_173200", versions: [{ version: 1 }] },
  ]);
  expect(await lookups.properties(engine.context, { propertyName: "nobody" })).toEqual([]);
});

test("versions, the newest first", async () => {
  await begin();
  await newVersion(engine);
  const found = await lookups.versions(engine.context, { propertyId });
  expect(found.map(({ version, stagingStatus }) => `${version} ${stagingStatus}`)).toEqual([
    "4 INACTIVE",
    "3 ACTIVE",
    "2 INACTIVE",
    "1 INACTIVE",
  ]);
  expect(found[0]).not.toHaveProperty("note");
  expect(found[1]).toMatchObject({
    note: "Status page",
    ruleFormat: "v2025-10-16",
    productId: "prd_Fresca",
    etag: expect.stringMatching(/^[0-9a-f]{16}$/),
    productionStatus: "INACTIVE",
  });
  await expect(lookups.versions(engine.context, { propertyId: "5" })).rejects.toThrow(
    "there is no property prp_5",
  );
});

test("the rules of the latest version, of a live one, or of any", async () => {
  await begin();
  const at = (version?: lookups.WhichRules["version"]) =>
    lookups.rules(engine.context, { propertyId, version });
  const latest = await at();
  expect(latest).toMatchObject({
    version: 3,
    ruleFormat: "v2025-10-16",
    comments: "Status page",
    rules: { name: "default", options: { is_secure: true }, variables: expect.any(Array) },
    errors: [],
    warnings: [],
  });
  expect(latest.etag).toMatch(/^[0-9a-f]{32}$/);
  expect(latest.rules.children?.map(({ name }) => name)).toEqual([
    "Performance",
    "Offload",
    "Security",
    "API",
    "Sites",
  ]);
  const numbers = await Promise.all(
    (["latest", "staging", "production", 1] as const).map(async (version) => (await at(version)).version),
  );
  expect(numbers).toEqual([3, 3, 2, 1]);
  await expect(at(9)).rejects.toThrow("property www.example.com has no version 9; its latest is 3");
  await somebodyActivates(engine, 3, "STAGING", "DEACTIVATE");
  await expect(at("staging")).rejects.toThrow("no version of property www.example.com is live on staging");
});

test("what is wrong with the rules", async () => {
  await begin();
  const { propertyId: _, ...query } = place;
  const json = { productId: "prd_Fresca", propertyName: "empty.example.com" };
  await engine.somebody().send({ method: "POST", path: "/papi/v1/properties", query, json });
  const { errors } = await lookups.rules(engine.context, { propertyId: "prp_173200" });
  expect(errors).toContainEqual({
    type: expect.stringContaining("required"),
    title: expect.any(String),
    detail: expect.any(String),
    errorLocation: "#/rules",
    behaviorName: "origin",
  });
});

test("activations, the newest first, with what is live", async () => {
  await begin({ lag: 600 });
  await newVersion(engine);
  await somebodyActivates(engine, 4);
  const on = (network: "staging" | "production") =>
    lookups.activations(engine.context, { propertyId, network });
  const { liveVersion, activations } = await on("staging");
  expect(liveVersion).toBe(3);
  expect(activations.map(({ version, status }) => `${version} ${status}`)).toEqual([
    "4 NEW",
    "3 ACTIVE",
    "2 INACTIVE",
    "1 INACTIVE",
  ]);
  expect(activations[1]).toEqual({
    activationId: "atv_61005",
    activationType: "ACTIVATE",
    version: 3,
    network: "staging",
    status: "ACTIVE",
    note: "Status page",
    submitDate: expect.stringMatching(/Z$/),
    updateDate: expect.stringMatching(/Z$/),
  });
  expect((await on("production")).activations.map(({ activationId }) => activationId)).toEqual([
    "atv_61004",
    "atv_61002",
  ]);
  await another();
  expect(await lookups.activations(engine.context, { propertyId: "prp_173200", network: "staging" })).toEqual(
    {
      activations: [],
    },
  );
});
