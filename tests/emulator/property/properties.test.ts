import { expectProblem, PLACE, PropertyClient, SEEDED } from "./support/client";

let client: PropertyClient;
afterEach(() => client.close());

const www = {
  accountId: "act_A-CCT1234",
  contractId: "ctr_1-3CV382",
  groupId: "grp_72297",
  propertyId: "prp_173136",
  propertyName: "www.example.com",
  latestVersion: 3,
  stagingVersion: 3,
  productionVersion: 2,
  assetId: "aid_10173136",
  note: expect.any(String),
};
const NEW = { productId: "prd_Fresca", propertyName: "new.example.com", ruleFormat: "v2026-02-16" };

describe("search", () => {
  const found = async (body: object) =>
    (
      (await client.post("/search/find-by-value", body)).json as {
        versions: { items: Record<string, unknown>[] };
      }
    ).versions.items;

  test("finds the live versions and the latest one, by name, hostname and edge hostname", async () => {
    client = await PropertyClient.start();
    const latest = await client.version();
    for (const query of [
      { propertyName: "www.example.com" },
      { hostname: "blog.example.com" },
      { edgeHostname: "www.example.com.edgekey.net" },
    ]) {
      const items = await found(query);
      expect(items.map((item) => [item.propertyVersion, item.stagingStatus, item.productionStatus])).toEqual([
        [latest, "INACTIVE", "INACTIVE"],
        [3, "ACTIVE", "INACTIVE"],
        [2, "INACTIVE", "ACTIVE"],
      ]);
    }
    const [item] = await found({ propertyName: "www.example.com" });
    expect(item).toEqual({
      accountId: "act_A-CCT1234",
      contractId: "ctr_1-3CV382",
      groupId: "grp_72297",
      assetId: "aid_10173136",
      propertyId: "prp_173136",
      propertyName: "www.example.com",
      propertyVersion: 4,
      productionStatus: "INACTIVE",
      stagingStatus: "INACTIVE",
      updatedByUser: "default",
      updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test("names are exact; nothing found is an empty list; there is one question at a time", async () => {
    client = await PropertyClient.start();
    for (const query of [
      { propertyName: "www.example" },
      { hostname: "example.com" },
      { includeName: "www.example.com" },
    ])
      expect(await found(query)).toEqual([]);
    for (const body of [{}, { propertyName: "a", hostname: "b" }, { name: "www.example.com" }])
      expect((await client.post("/search/find-by-value", body)).status).toBe(400);
    expectProblem(await client.send("POST", "/search/find-by-value", { body: "{" }), 400, "http/bad-request");
  });
});

describe("properties", () => {
  test("are listed by contract and group", async () => {
    client = await PropertyClient.start();
    const reply = await client.get(`/properties?${PLACE}`);
    expect(reply.json).toEqual({ properties: { items: [www] } });
    expect(reply.headers).toMatchObject({
      "x-limit-properties-per-contract-limit": "500",
      "x-limit-properties-per-contract-remaining": "499",
    });
    expect((await client.get(SEEDED)).json).toEqual({ properties: { items: [www] } });
    expect((await client.get("/properties?contractId=ctr_1-3CV382&groupId=grp_98765")).json).toEqual({
      properties: { items: [] },
    });
    const plain = (await client.get(SEEDED, { headers: { "PAPI-Use-Prefixes": "false" } })).json as {
      properties: { items: object[] };
    };
    expect(plain.properties.items[0]).toMatchObject({
      propertyId: "173136",
      contractId: "1-3CV382",
      groupId: "72297",
      assetId: "10173136",
    });
    expectProblem(await client.get("/properties"), 400, "http/bad-request", /contractId and groupId/);
    expectProblem(await client.get("/properties?contractId=ctr_0&groupId=grp_72297"), 404, "http/not-found");
  });

  test("a new one has an empty version 1; a clone has the rules of its source", async () => {
    client = await PropertyClient.start();
    const reply = await client.post(`/properties?${PLACE}`, NEW);
    const link = `/papi/v1/properties/prp_173200?${PLACE}`;
    expect([reply.status, reply.json, reply.headers.location]).toEqual([201, { propertyLink: link }, link]);
    expect((await client.bench.send("GET", link)).json).toMatchObject({
      properties: {
        items: [
          {
            propertyName: "new.example.com",
            latestVersion: 1,
            stagingVersion: null,
            productionVersion: null,
          },
        ],
      },
    });
    const { rules, errors } = (await client.get("/properties/prp_173200/versions/1/rules")).json as {
      rules: object;
      errors: object[];
    };
    expect(rules).toEqual({
      name: "default",
      criteria: [],
      behaviors: [],
      children: [],
      options: { is_secure: false },
    });
    expect(errors).toHaveLength(2);

    const etag = await client.versionEtag(3);
    const cloneFrom = { propertyId: "prp_173136", version: 3, copyHostnames: true };
    const clone = { productId: "Fresca", propertyName: "clone", cloneFrom };
    const changed = { ...clone, cloneFrom: { ...cloneFrom, cloneFromVersionEtag: "0" } };
    expectProblem(await client.post(`/properties?${PLACE}`, changed), 412, "http/precondition-failed");
    expect(
      (
        await client.post(`/properties?${PLACE}`, {
          ...clone,
          cloneFrom: { ...cloneFrom, cloneFromVersionEtag: etag },
        })
      ).status,
    ).toBe(201);
    const copy = (await client.get("/properties/prp_173201/versions/1/rules")).json;
    const source = await client.tree(3);
    expect([copy.rules, copy.ruleFormat]).toEqual([source.rules, source.ruleFormat]);
    const missing = { ...clone, propertyName: "other", cloneFrom: { propertyId: "prp_1", version: 1 } };
    expectProblem(await client.post(`/properties?${PLACE}`, missing), 404, "http/not-found");
  });

  test("are refused with a bad name or format, the same name, and when there are too many", async () => {
    client = await PropertyClient.start({ settings: { propertiesPerContract: 2 } });
    for (const changes of [{ propertyName: "a b" }, { ruleFormat: "v1999-01-01" }, { productId: undefined }])
      expectProblem(
        await client.post(`/properties?${PLACE}`, { ...NEW, ...changes }),
        400,
        "json-schema-invalid",
      );
    expectProblem(
      await client.post(`/properties?${PLACE}`, { ...NEW, propertyName: "www.example.com" }),
      409,
      "property-name-conflict",
    );
    expect(
      (await client.post(`/properties?${PLACE}`, NEW)).headers["x-limit-properties-per-contract-remaining"],
    ).toBe("0");
    const refused = await client.post(`/properties?${PLACE}`, { ...NEW, propertyName: "third" });
    expectProblem(refused, 429, "limit-exceeded", /ctr_1-3CV382/);
    expect(refused.json).toMatchObject({
      limitKey: "PROPERTIES_PER_CONTRACT",
      instanceKey: "1-3CV382",
      limit: 2,
      remaining: 0,
    });
  });

  test("are deleted, unless they are live", async () => {
    client = await PropertyClient.start();
    expectProblem(await client.send("DELETE", SEEDED), 500, "proxy/internal-server-error");
    await client.post(`/properties?${PLACE}`, NEW);
    const reply = await client.send("DELETE", `/properties/prp_173200?${PLACE}`);
    expect([reply.status, reply.json]).toEqual([200, { message: "Deletion Successful." }]);
    expect((await client.get("/properties/prp_173200")).status).toBe(404);
  });
});

describe("versions", () => {
  test("are listed newest first, page by page, with what is live", async () => {
    client = await PropertyClient.start();
    const reply = await client.get(`${SEEDED}/versions?${PLACE}`);
    const { versions, ...whose } = reply.json as { versions: { items: Record<string, unknown>[] } };
    const { latestVersion: _, stagingVersion: __, productionVersion: ___, note: ____, ...place } = www;
    expect(whose).toEqual(place);
    expect(
      versions.items.map((one) => [one.propertyVersion, one.stagingStatus, one.productionStatus]),
    ).toEqual([
      [3, "ACTIVE", "INACTIVE"],
      [2, "INACTIVE", "ACTIVE"],
      [1, "INACTIVE", "INACTIVE"],
    ]);
    const etag = await client.versionEtag(3);
    expect([etag, (await client.tree(3)).etag]).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}$/),
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
    expect(versions.items[0]).toEqual({
      propertyVersion: 3,
      updatedByUser: "jkowalski",
      updatedDate: expect.any(String),
      productionStatus: "INACTIVE",
      stagingStatus: "ACTIVE",
      etag,
      productId: "prd_Fresca",
      ruleFormat: "v2025-10-16",
      note: "Status page",
    });
    const page = (await client.get(`${SEEDED}/versions?offset=1&limit=1`)).json;
    expect(page).toMatchObject({ versions: { items: [{ propertyVersion: 2 }] } });
    expect((await client.get(`${SEEDED}/versions?limit=0`)).status).toBe(400);
    const one = await client.get(`${SEEDED}/versions/3`);
    expect([one.json, one.headers.etag]).toEqual([
      { ...whose, versions: { items: [versions.items[0]] } },
      `"${etag}"`,
    ]);
    expectProblem(await client.get(`${SEEDED}/versions/4`), 404, "http/not-found");
    expectProblem(await client.get(`${SEEDED}/versions/x`), 400, "http/bad-request");
  });

  test("the latest one is answered with a link", async () => {
    client = await PropertyClient.start();
    await client.version();
    for (const [query, version] of [
      ["", 4],
      ["&activatedOn=STAGING", 3],
      ["&activatedOn=PRODUCTION", 2],
    ] as const) {
      const reply = await client.get(`${SEEDED}/versions/latest?${PLACE}${query}`);
      const link = `/papi/v1${SEEDED}/versions/${version}?${PLACE}`;
      const location = `${client.emulator.url}${link}`;
      expect([reply.status, reply.headers.location, reply.json]).toEqual([
        302,
        location,
        { versionLink: link },
      ]);
    }
    expectProblem(await client.get(`${SEEDED}/versions/latest?activatedOn=MOON`), 400, "http/bad-request");
    await client.post(`/properties?${PLACE}`, NEW);
    expectProblem(
      await client.get("/properties/prp_173200/versions/latest?activatedOn=STAGING"),
      404,
      "http/not-found",
    );
  });

  test("have hostnames, which a copy keeps", async () => {
    client = await PropertyClient.start();
    const items = ["www.example.com", "shop.example.com", "blog.example.com"].map((cnameFrom) => ({
      cnameType: "EDGE_HOSTNAME",
      cnameFrom,
      cnameTo: "www.example.com.edgekey.net",
    }));
    const version = await client.version(2);
    const { status, json } = await client.get(`${SEEDED}/versions/${version}/hostnames?${PLACE}`);
    expect([status, json]).toMatchObject([
      200,
      { propertyVersion: version, etag: await client.versionEtag(version), hostnames: { items } },
    ]);
    expectProblem(await client.get(`${SEEDED}/versions/9/hostnames`), 404, "http/not-found");
  });

  test("a new one copies rules, format and hostnames of any other; with an etag only when that is unchanged", async () => {
    client = await PropertyClient.start();
    const { rules, ruleFormat } = await client.tree(2);
    const etag = await client.versionEtag(2);
    expectProblem(
      await client.post(`${SEEDED}/versions`, { createFromVersion: 2, createFromVersionEtag: "0" }),
      412,
      "http/precondition-failed",
    );
    const reply = await client.post(`${SEEDED}/versions?${PLACE}`, {
      createFromVersion: 2,
      createFromVersionEtag: etag,
    });
    const link = `/papi/v1${SEEDED}/versions/4?${PLACE}`;
    expect([reply.status, reply.json, reply.headers.location]).toEqual([201, { versionLink: link }, link]);
    const copy = await client.tree(4);
    expect(copy).toMatchObject({ rules, ruleFormat });
    expect(copy.etag).not.toBe(etag);
    expect(copy).not.toHaveProperty("comments");
    expect(await client.statuses(4)).toEqual(["INACTIVE", "INACTIVE"]);
    expectProblem(await client.post(`${SEEDED}/versions`, { createFromVersion: 9 }), 404, "http/not-found");
    expectProblem(await client.post(`${SEEDED}/versions`, {}), 400, "json-schema-invalid");
  });
});
