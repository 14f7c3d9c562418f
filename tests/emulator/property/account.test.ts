import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expectGatewayError } from "../support/client";
import { expectProblem, PLACE, PropertyClient, SEEDED } from "./support/client";

let client: PropertyClient;
afterEach(() => client.close());

const dir = mkdtempSync(join(tmpdir(), "emulator-"));
afterAll(() => rmSync(dir, { recursive: true }));

test("contracts, groups and rule formats, with prefixes or without", async () => {
  client = await PropertyClient.start();
  expect((await client.get("/contracts")).json).toEqual({
    accountId: "act_A-CCT1234",
    contracts: {
      items: [
        { contractId: "ctr_1-3CV382", contractTypeName: "DIRECT_CUSTOMER" },
        { contractId: "ctr_1-5C13O2", contractTypeName: "DIRECT_CUSTOMER" },
      ],
    },
  });
  const { groups, ...account } = (await client.get("/groups")).json as { groups: { items: object[] } };
  expect(account).toEqual({ accountId: "act_A-CCT1234", accountName: expect.any(String) });
  expect(groups.items).toHaveLength(3);
  const contractIds = ["ctr_1-3CV382", "ctr_1-5C13O2"];
  expect(groups.items[0]).toEqual({ groupName: "Team A", groupId: "grp_72297", contractIds });
  const plain = await client.get("/groups", { headers: { "PAPI-Use-Prefixes": "false" } });
  expect(plain.json).toMatchObject({
    accountId: "A-CCT1234",
    groups: { items: [{ groupId: "72297", contractIds: ["1-3CV382", "1-5C13O2"] }, {}, {}] },
  });
  const { ruleFormats } = (await client.get("/rule-formats")).json as { ruleFormats: { items: string[] } };
  expect(ruleFormats.items).toEqual(expect.arrayContaining(["latest", "v2025-10-16", "v2026-02-16"]));
});

test("a client with read-only access reads and searches, and is refused by the gateway where it writes", async () => {
  client = await PropertyClient.start();
  const section = "read-only";
  for (const path of ["/groups", SEEDED, `${SEEDED}/versions/3/rules`, `${SEEDED}/activations`])
    expect((await client.get(path, { section })).status).toBe(200);
  expect(
    (await client.post("/search/find-by-value", { propertyName: "www.example.com" }, { section })).status,
  ).toBe(200);
  const detail = "The client does not have the grant needed for the request";
  for (const reply of [
    await client.post(`${SEEDED}/versions`, { createFromVersion: 3 }, { section }),
    await client.send("PUT", `${SEEDED}/versions/3/rules?dryRun=true`, { section, body: {} }),
    await client.post(`${SEEDED}/activations`, {}, { section }),
    await client.send("DELETE", `${SEEDED}/activations/atv_1`, { section }),
  ])
    expectGatewayError(reply, 403, "pep-authz/deny", detail);
});

test("every answer tells what is left of the requests; too many are 429 until the next one is allowed", async () => {
  client = await PropertyClient.start({ settings: { papiRequestBurst: 2, papiRequestsPerMinute: 300 } });
  const first = await client.get("/groups");
  expect(first.headers).toMatchObject({ "x-ratelimit-limit": "2", "x-ratelimit-remaining": "1" });
  expect((await client.get("/properties/prp_1")).headers).toMatchObject({ "x-ratelimit-remaining": "0" });
  const refused = await client.get("/groups");
  expectProblem(refused, 429, "limit-exceeded", /too many requests/);
  expect(refused.json).toMatchObject({
    limitKey: "REQUESTS_PER_MINUTE",
    instanceKey: "A-CCT1234",
    limit: 2,
    remaining: 0,
  });
  const next = Date.parse(String(refused.headers["x-ratelimit-next"]));
  expect(next).toBeLessThanOrEqual(Date.now() + 200);
  await delay(Math.max(0, next - Date.now()) + 5);
  expect((await client.get("/groups")).status).toBe(200);
  expect((await client.get("/groups")).status).toBe(429);
});

test("the minute may be one of the emulator's clock", async () => {
  client = await PropertyClient.start({
    traffic: "clock",
    settings: { papiRequestBurst: 1, papiRequestsPerMinute: 2 },
  });
  expect((await client.get("/groups")).status).toBe(200);
  const refused = await client.get("/groups");
  expect(refused.status).toBe(429);
  expect(Date.parse(String(refused.headers["x-ratelimit-next"]))).toBe(client.emulator.clock.now() + 30_000);
  client.emulator.clock.advance(29);
  expect((await client.get("/groups")).status).toBe(429);
  client.emulator.clock.advance(1);
  expect((await client.get("/groups")).status).toBe(200);
});

test("contract and group: both or neither, and those of the property", async () => {
  client = await PropertyClient.start();
  for (const query of ["", `?${PLACE}`, "?contractId=1-3CV382&groupId=72297"])
    expect((await client.get(SEEDED + query)).status).toBe(200);
  expect((await client.get(`/properties/173136`)).status).toBe(200);
  expectProblem(await client.get(`${SEEDED}?contractId=ctr_1-3CV382`), 400, "http/bad-request", /together/);
  expectProblem(
    await client.get(`${SEEDED}?contractId=ctr_1-5C13O2&groupId=grp_72297`),
    404,
    "http/not-found",
  );
  expectProblem(
    await client.get(`${SEEDED}?contractId=ctr_1-3CV382&groupId=grp_98765`),
    404,
    "http/not-found",
  );
  expectProblem(await client.get("/properties/prp_1"), 404, "http/not-found");
});

test("with a setting, a request without them is sent where they are", async () => {
  client = await PropertyClient.start({ settings: { propertyRedirects: true } });
  const reply = await client.get(`${SEEDED}/versions?limit=1`);
  const location = `/papi/v1${SEEDED}/versions?limit=1&${PLACE}`;
  expect([reply.status, reply.headers.location, reply.json]).toEqual([
    302,
    client.emulator.url + location,
    { redirectLink: location },
  ]);
  expect((await client.bench.send("GET", location)).status).toBe(200);
  const activations = await client.get(`${SEEDED}/activations`);
  expect(activations.json).toEqual({ activationLink: `/papi/v1${SEEDED}/activations?${PLACE}` });
});

test("EdgeWorkers tells the properties that use an ID", async () => {
  client = await PropertyClient.start();
  const body = { groupId: 72_297, name: "catalog-ew", resourceTierId: 200 };
  const id = Number((await client.bench.send("POST", "/edgeworkers/v1/ids", { body })).json.edgeWorkerId);
  const using = async (query = "") =>
    (await client.bench.send("GET", `/edgeworkers/v1/ids/${id}/properties${query}`)).json.properties;
  expect(await using()).toEqual([]);
  const version = await client.version();
  const edgeWorker = { name: "edgeWorker", options: { enabled: true, edgeWorkerId: String(id) } };
  await client.change(version, ({ children }) => {
    children.push({ name: "EdgeWorker", criteria: [], behaviors: [edgeWorker], children: [] });
  });
  const www = {
    propertyId: 173_136,
    propertyName: "www.example.com",
    stagingVersion: null,
    productionVersion: null,
    latestVersion: 4,
  };
  expect(await using()).toEqual([www]);
  expect(await using("?activeOnly=true")).toEqual([]);
  await client.activated(version);
  expect(await using("?activeOnly=true")).toEqual([{ ...www, stagingVersion: 4 }]);
});

test("a state from before there were properties is filled in; another one is kept across restarts", async () => {
  client = await PropertyClient.start();
  const { property, settings, ...older } = client.emulator.state.get() as {
    property: object;
    settings: object;
  };
  expect(property).toBeDefined();
  const { papiRequestBurst: _, failedPropertyStatus: __, ...before } = settings as Record<string, unknown>;
  client.emulator.state.put({ ...older, settings: before });
  expect(await client.versions()).toEqual({ stagingVersion: 3, productionVersion: 2, latestVersion: 3 });
  await client.close();

  client = await PropertyClient.start({ dir, persist: true });
  const version = await client.version();
  const { etag } = await client.tree(version);
  await client.activated(version);
  await client.close();
  client = await PropertyClient.start({ dir, persist: true });
  expect(await client.versions()).toEqual({ stagingVersion: 4, productionVersion: 2, latestVersion: 4 });
  expect((await client.tree(version)).etag).toBe(etag);
});
