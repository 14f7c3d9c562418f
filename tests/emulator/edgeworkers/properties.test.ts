import { expectGatewayError } from "../support/client";
import { expectError, NEW_ID, Workers } from "./support/worker";

let workers: Workers;
afterEach(() => workers.close());

/** Changes the account from behind. */
function change(act: (state: State) => void) {
  const state = workers.emulator.state.get() as State;
  act(state);
  workers.emulator.state.put(state);
}

interface State {
  clients: Record<string, { grants: object; edgeWorkerCapabilities?: Record<string, string[]> }>;
  edgeworkers: { properties: Record<number, object[]> };
}

const ALL = [
  "VIEW",
  "VIEW_VERSION",
  "VIEW_ACTIVATION",
  "EDIT",
  "CREATE_VERSION",
  "ACTIVATE",
  "DELETE",
  "DELETE_VERSION",
];

test("groups, contracts, resource tiers, limits", async () => {
  workers = await Workers.start({ settings: { edgeWorkerIds: 7 } });
  const teamA = { groupId: 72_297, groupName: "Team A", capabilities: ALL };
  const { groups } = (await workers.get("/groups")).json as { groups: object[] };
  expect(groups).toHaveLength(3);
  expect(groups[0]).toEqual(teamA);
  expect((await workers.get("/groups/72297")).json).toEqual(teamA);
  expectError(await workers.get("/groups/1"), 404, "EW2001");
  expect((await workers.get("/contracts")).json).toEqual({ contractIds: ["1-3CV382", "1-5C13O2"] });
  const { resourceTiers } = (await workers.get("/resource-tiers?contractId=1-3CV382")).json as {
    resourceTiers: object[];
  };
  expect(resourceTiers).toMatchObject([
    { resourceTierId: 100, resourceTierName: "Basic Compute" },
    { resourceTierId: 200, resourceTierName: "Dynamic Compute", edgeWorkerLimits: expect.any(Array) },
  ]);
  expectError(await workers.get("/resource-tiers"), 400, undefined, /contractId/);
  expectError(await workers.get("/resource-tiers?contractId=ctr_1-3CV382"), 400);
  const id = await workers.id();
  expect((await workers.get(`/ids/${id}/resource-tier`)).json).toEqual(resourceTiers[1]);
  expect((await workers.get("/limits")).json.limits).toEqual([
    { limitId: "ew-id-per-account-limit", limitName: expect.any(String), limitValue: 7 },
    { limitId: "version-per-ew-id-limit", limitName: expect.any(String), limitValue: 1000 },
    { limitId: "activation-per-network-per-minute-limit", limitName: expect.any(String), limitValue: 20 },
    { limitId: "activation-per-day-limit", limitName: expect.any(String), limitValue: 500 },
  ]);
});

test("the properties that use an ID, from the state", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  expect((await workers.get(`/ids/${id}/properties`)).json).toEqual({
    properties: [],
    limitedAccessToProperties: false,
  });
  const www = {
    propertyId: 4567,
    propertyName: "www",
    stagingVersion: 147,
    productionVersion: null,
    latestVersion: 147,
  };
  const draft = {
    propertyId: 4568,
    propertyName: "draft",
    stagingVersion: null,
    productionVersion: null,
    latestVersion: 1,
  };
  change(({ edgeworkers }) => {
    edgeworkers.properties[id] = [www, draft];
  });
  expect((await workers.get(`/ids/${id}/properties`)).json.properties).toEqual([www, draft]);
  expect((await workers.get(`/ids/${id}/properties?activeOnly=true`)).json.properties).toEqual([www]);
});

test("a client with read-only access reads, and is refused by the gateway where it writes", async () => {
  workers = await Workers.start();
  const id = await workers.idWith("1.0");
  const section = "read-only";
  for (const path of [
    "/ids",
    `/ids/${id}`,
    `/ids/${id}/versions/1.0/content`,
    `/ids/${id}/activations`,
    "/limits",
  ])
    expect((await workers.get(path, { section })).status).toBe(200);
  const { groups } = (await workers.get("/groups", { section })).json as {
    groups: { capabilities: string[] }[];
  };
  expect(groups[0]?.capabilities).toEqual(["VIEW", "VIEW_VERSION", "VIEW_ACTIVATION"]);
  const detail = "The client does not have the grant needed for the request";
  expectGatewayError(await workers.post("/ids", NEW_ID, { section }), 403, "pep-authz/deny", detail);
  expectGatewayError(await workers.upload(id, Buffer.from("x"), { section }), 403, "pep-authz/deny", detail);
  expectGatewayError(await workers.send("DELETE", `/ids/${id}`, { section }), 403, "pep-authz/deny", detail);
});

test("every capability has a code of its own", async () => {
  workers = await Workers.start();
  const id = await workers.idWith("1.0");
  const without = (name: string) =>
    change(({ clients }) => {
      Object.assign(clients.default ?? {}, {
        edgeWorkerCapabilities: { 72297: ALL.filter((other) => other !== name) },
      });
    });
  const activation = { network: "STAGING", version: "1.0" };
  for (const [name, code, act] of [
    ["VIEW", "EW0011", () => workers.get(`/ids/${id}`)],
    ["VIEW_VERSION", "EW0012", () => workers.get(`/ids/${id}/versions`)],
    ["VIEW_ACTIVATION", "EW0013", () => workers.get(`/ids/${id}/activations`)],
    ["EDIT", "EW0014", () => workers.post("/ids", NEW_ID)],
    ["EDIT", "EW0014", () => workers.send("PUT", `/ids/${id}`, { body: NEW_ID })],
    ["CREATE_VERSION", "EW0015", () => workers.version(id, "2.0")],
    ["ACTIVATE", "EW0016", () => workers.post(`/ids/${id}/activations`, activation)],
    ["ACTIVATE", "EW0016", () => workers.post(`/ids/${id}/deactivations`, activation)],
  ] as const) {
    without(name);
    expectError(await act(), 403, code, /permission/);
  }
  without("VIEW");
  expect((await workers.get("/ids")).json).toEqual({ edgeWorkerIds: [] });
  change(({ clients }) => {
    Object.assign(clients.default ?? {}, { edgeWorkerCapabilities: {} });
  });
  expect((await workers.get("/groups")).json).toEqual({ groups: [] });
  expectError(await workers.post("/ids", NEW_ID), 404, "EW2001");
});

test("an account without the production network", async () => {
  workers = await Workers.start({ settings: { productionNetwork: false } });
  const id = await workers.idWith("1.0");
  expectError(await workers.activate(id, "1.0", "PRODUCTION"), 403, "EW0101");
  expectError(await workers.deactivate(id, "1.0", "PRODUCTION"), 403, "EW0101");
  expect((await workers.activate(id, "1.0")).status).toBe(201);
});
