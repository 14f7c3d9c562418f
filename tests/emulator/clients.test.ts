/** What Akamai's own clients live on. Each test tells the client, or the document, that it rests on. */
import type { EmulatorOptions } from "../../emulator/index";
import { bundle } from "./edgeworkers/support/bundle";
import { BASE, expectError as expectWorkersError, Workers } from "./edgeworkers/support/worker";
import {
  every,
  expectProblem,
  named,
  PLACE,
  PropertyClient,
  SEEDED,
  type Tree,
} from "./property/support/client";
import { Bench, createNamespace } from "./support/client";

let bench: Bench;
let workers: Workers;
const ready = async (options: EmulatorOptions = {}) => {
  bench = await Bench.ready({ lag: "default", ...options });
};
afterEach(async () => {
  await bench?.close();
  await workers?.close();
});

const times = async (count: number, act: () => Promise<number>) =>
  new Set(await Promise.all(Array.from({ length: count }, act)));
const TOKEN = {
  name: "reader",
  allowOnStaging: true,
  allowOnProduction: false,
  namespacePermissions: { catalog: ["r"] },
};
const ITEM = "networks/staging/namespaces/catalog/groups/countries/items/US";
const statusOf = async (path: string) => (await bench.send("GET", path)).status;

describe("objects", () => {
  // terraform-provider-akamai reads straight after each create, without a retry.
  test("are read as written by whoever made them", async () => {
    await ready();
    await createNamespace(bench);
    expect(await times(30, () => statusOf("networks/staging/namespaces/catalog"))).toEqual(new Set([200]));
    await bench.send("POST", "tokens", { body: TOKEN });
    expect(await times(30, () => statusOf("tokens/reader"))).toEqual(new Set([200]));
  });

  // terraform-provider-akamai retries a 400 on the groups and items of a namespace that it just created.
  test("a fresh namespace shows late on the paths of its groups and items", async () => {
    await ready();
    await createNamespace(bench);
    bench.emulator.clock.advance(2);
    expect(await times(40, () => statusOf(ITEM))).toEqual(new Set([400, 404]));
    bench.emulator.clock.advance(3);
    expect(await times(40, () => statusOf(ITEM))).toEqual(new Set([404]));
  });

  test("their staleness is a fault to inject", async () => {
    await ready({ lag: "none" });
    bench.emulator.faults.add({ method: "POST", kind: "stale", staleSeconds: 20 });
    await createNamespace(bench);
    bench.emulator.clock.advance(19);
    bench.emulator.faults.add({ method: "GET", kind: "stale", times: 20 });
    const path = "networks/staging/namespaces/catalog";
    expect(await times(20, () => statusOf(path))).toEqual(new Set([400]));
    bench.emulator.clock.advance(1);
    expect(await statusOf(path)).toBe(200);
  });
});

describe("numbers and texts", () => {
  // Akamai's command line sends groupId as text, its PowerShell module EdgeWorker ids as numbers.
  test("are both taken", async () => {
    await ready({ lag: "none" });
    const reply = await createNamespace(bench, "staging", { groupId: "72297" });
    expect([reply.status, reply.json.groupId]).toEqual([200, 72_297]);
    const token = await bench.send("POST", "tokens", {
      body: { ...TOKEN, restrictToEdgeWorkerIds: [54_321] },
    });
    expect([token.status, token.json.restrictToEdgeWorkerIds]).toEqual([200, ["54321"]]);
  });
});

describe("initialization", () => {
  // Akamai's OpenAPI file and the Go client's fixture: 201 with INITIALIZED. The command line waits up to 120 s for it.
  test("the request is held, and GET shows PENDING meanwhile", async () => {
    bench = await Bench.start({ lag: "default" });
    const put = bench.send("PUT", "initialize");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await bench.send("GET", "initialize")).json.accountStatus).toBe("PENDING");
    const reply = await put;
    expect([reply.status, reply.json.accountStatus]).toEqual([201, "INITIALIZED"]);
  });

  test("no longer than 120 seconds", async () => {
    bench = await Bench.start({ lag: 600 });
    const reply = await bench.send("PUT", "initialize");
    expect([reply.status, reply.json.accountStatus]).toEqual([201, "PENDING"]);
  });
});

describe("the data plane", () => {
  const read = (reference: unknown) =>
    bench.send("GET", "/api/v1/namespaces/gone/groups/g/items/i", {
      authorization: null,
      headers: { "X-Akamai-EdgeDB-Auth-Ref": String(reference) },
    });
  const withoutNamespace = async (options: EmulatorOptions = {}) => {
    await ready({ ...options, lag: "none" });
    await createNamespace(bench, "staging", { namespace: "gone" });
    const token = await bench.send("POST", "tokens", {
      body: { ...TOKEN, namespacePermissions: { gone: ["r"] } },
    });
    await bench.send("DELETE", "networks/staging/namespaces/gone?sync=true");
    return token.json.uuid;
  };

  // edgekv.js turns a 404 into the default value, and so hides that the namespace does not exist.
  test("the journal notes a mistake that the code does not see", async () => {
    expect((await read(await withoutNamespace())).status).toBe(404);
    expect(bench.emulator.journal().at(-1)?.note).toBe(
      "Namespace gone does not exist on the staging network. edgekv.js turns this 404 into the default value, so the code does not see it.",
    );
  });

  test("a missing namespace is documented as 400 too", async () => {
    expect((await read(await withoutNamespace({ settings: { edgeMissingNamespace: 400 } }))).status).toBe(
      400,
    );
    expect(bench.emulator.journal().at(-1)).not.toHaveProperty("note");
  });
});

// No source tells an automatic refresh from one that is asked for: both show IN_PROGRESS, and close nothing.
test.each(["asked for", "automatic"])(
  "a refresh (%s) is in progress, and the token goes on to work",
  async (kind) => {
    await ready();
    await createNamespace(bench);
    const { uuid } = (await bench.send("POST", "tokens", { body: TOKEN })).json;
    bench.emulator.clock.advance(120);
    if (kind === "automatic") {
      const { nextScheduledRefreshDate } = (await bench.send("GET", "tokens/reader")).json;
      const due = Date.parse(String(nextScheduledRefreshDate)) + 1000;
      bench.emulator.clock.advance((due - bench.emulator.clock.now()) / 1000);
    } else await bench.send("POST", "tokens/reader/refresh");
    const token = (await bench.send("GET", "tokens/reader")).json;
    expect([token.tokenActivationStatus, token.uuid]).toEqual(["IN_PROGRESS", uuid]);
    const reply = await bench.send("GET", "/api/v1/namespaces/catalog/groups/g/items/i", {
      authorization: null,
      headers: { "X-Akamai-EdgeDB-Auth-Ref": String(uuid) },
    });
    expect(reply.status).toBe(404);
    bench.emulator.clock.advance(120);
    expect((await bench.send("GET", "tokens/reader")).json.tokenActivationStatus).toBe("COMPLETE");
  },
);

// 73 item requests a second are a number in a sample: no client that sends one after the other over a network meets it.
test("requests take as long as the network that is set", async () => {
  await ready({ latency: 40 });
  const began = Date.now();
  await bench.send("GET", "initialize");
  expect(Date.now() - began).toBeGreaterThanOrEqual(39);
});

describe("EdgeWorkers", () => {
  beforeEach(async () => {
    workers = await Workers.start({ lag: "none" });
  });
  const post = (path: string, body: object = {}) => workers.post(path, body);
  const live = async (): Promise<number> => {
    const id = await workers.idWith("1.0", "2.0");
    await workers.activate(id, "1.0");
    await workers.activate(id, "2.0");
    return id;
  };

  // Akamai's OpenAPI file: revisions of an activation, which can be listed, pinned and brought back.
  test("revisions: listed, read, downloaded, pinned and unpinned", async () => {
    const id = await live();
    const { revisions } = (await workers.get(`/ids/${id}/revisions`)).json as { revisions: object[] };
    expect(revisions).toMatchObject([
      { revisionId: "2-1", activationId: 2, version: "2.0", revisionActivationStatus: "COMPLETE" },
      { revisionId: "1-1", activationId: 1, version: "1.0", network: "STAGING" },
    ]);
    expect((await workers.get(`/ids/${id}/revisions?version=1.0`)).json.revisions).toEqual([revisions[1]]);
    expect((await workers.get(`/ids/${id}/revisions/1-1`)).json).toEqual(revisions[1]);
    const [content, uploaded] = [
      await workers.get(`/ids/${id}/revisions/1-1/content`),
      await workers.get(`/ids/${id}/versions/1.0/content`),
    ];
    expect(content.bytes.equals(uploaded.bytes)).toBe(true);
    expectWorkersError(await workers.get(`/ids/${id}/revisions/9-1`), 404, undefined);
    const pinned = await post(`/ids/${id}/revisions/2-1/pin`, { pinNote: "Moratorium" });
    expect(pinned.json).toMatchObject({ pinNote: "Moratorium", pinnedBy: "default" });
    expectWorkersError(await post(`/ids/${id}/revisions/2-1/pin`), 400, undefined, /already pinned/);
    const pins = (await workers.get(`/ids/${id}/revisions?currentlyPinned=true`)).json.revisions;
    expect(pins).toMatchObject([{ revisionId: "2-1" }]);
    expect((await post(`/ids/${id}/revisions/2-1/unpin`)).json).toMatchObject({ unpinnedBy: "default" });
    expectWorkersError(await post(`/ids/${id}/revisions/2-1/unpin`), 400, undefined, /not pinned/);
  });

  test("a revision that was active is brought back", async () => {
    const id = await live();
    const reply = await post(`/ids/${id}/revisions/activations`, { revisionId: "1-1", note: "back" });
    expect(reply.json).toMatchObject({
      activationId: 1,
      revisionId: "1-1",
      status: "PRESUBMIT",
      note: "back",
    });
    expect(await workers.live(id)).toBe("1.0");
    const all = (await workers.get(`/ids/${id}/revisions/activations`)).json.revisionActivations as object[];
    expect(all).toHaveLength(3);
    expect(((await workers.get(`/ids/${id}/activations`)).json.activations as object[]).length).toBe(2);
    expectWorkersError(await post(`/ids/${id}/revisions/activations`, { revisionId: "1-1" }), 400, "EW1022");
  });

  test("the bill of materials, and what differs between two", async () => {
    const library = await workers.idWith("4.0", "3.9");
    const id = await workers.id();
    for (const [version, used] of [
      ["1.0", "3.9"],
      ["2.0", "4.0"],
    ] as const) {
      const dependencies = { geo: { edgeWorkerId: library, version: used } };
      const manifest = JSON.stringify({ "edgeworker-version": version, dependencies });
      await workers.upload(
        id,
        await bundle({ "main.js": "export function onClientRequest() {}", "bundle.json": manifest }),
      );
      await workers.activate(id, version);
    }
    expect((await workers.get(`/ids/${id}/revisions/2-1/bom`)).json).toEqual({
      edgeWorkerId: id,
      version: "2.0",
      dependencies: { geo: { edgeWorkerId: library, version: "4.0", dependencies: {} } },
    });
    expect((await post(`/ids/${id}/revisions/2-1/compare`, { revisionId: "1-1" })).json).toMatchObject({
      version: "2.0",
      previousVersion: "1.0",
      dependencies: {
        geo: { diff: "UPDATED", edgeWorkerId: library, version: "4.0", previousVersion: "3.9" },
      },
    });
  });

  // Akamai's OpenAPI file: 201 with akamaiEwTrace, 400 EW4807 for a host name that no property has.
  test("secure tokens", async () => {
    const reply = await post("/secure-token", { hostname: "www.example.com" });
    expect([reply.status, reply.json]).toEqual([
      201,
      { akamaiEwTrace: expect.stringMatching(/^ey.+\..+\..+$/) },
    ]);
    const unknown = await post("/secure-token", { hostnames: ["www.elsewhere.com"] });
    expect([unknown.status, unknown.json.errorCode]).toEqual([400, "EW4807"]);
    expect((await post("/secure-token", { propertyId: "173136", expiry: 30 })).status).toBe(201);
    for (const body of [
      {},
      { hostname: "www.example.com", propertyId: "173136" },
      { propertyId: "1", expiry: 721 },
    ])
      expect((await post("/secure-token", body)).status).toBe(400);
  });

  // Akamai's OpenAPI file names seven reports.
  test("reports", async () => {
    expect((await workers.get("/reports")).json.reports).toHaveLength(7);
    const period = "start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z";
    const report = (await workers.get(`/reports/1?${period}&edgeWorker=1&status=success`)).json;
    expect(report).toMatchObject({ reportId: 1, data: { invocations: { total: 0 } } });
    // The command line prints the first entry of a report by event handler, and would fail without one.
    for (const reportId of [2, 3, 4, 5, 6]) {
      const { data } = (await workers.get(`/reports/${reportId}?${period}&edgeWorker=42-1.0`)).json;
      expect(data).toEqual([{ edgeWorkerId: 42, data: {} }]);
    }
    const last = (await workers.get(`/reports/7?${period}&edgeWorker=42`)).json;
    expect(last.data).toEqual({ subRequests: { total: 0 } });
    expect((await workers.get(`/reports/1?${period}&edgeWorker=all`)).status).toBe(400);
    expect((await workers.get(`/reports/8?${period}&edgeWorker=1`)).status).toBe(404);
    expect((await workers.get("/reports/1?edgeWorker=1")).status).toBe(400);
  });

  // The command line's log-level commands, and its list of customers.
  test("log levels and active customers", async () => {
    const id = await workers.id();
    const made = await post(`/ids/${id}/loggings`, { level: "DEBUG", network: "STAGING" });
    expect([made.status, made.headers.location]).toEqual([201, `${BASE}/ids/${id}/loggings/1`]);
    expect((await workers.get(`/ids/${id}/loggings`)).json).toMatchObject([
      { loggingId: "1", level: "DEBUG" },
    ]);
    expect((await workers.get(`/ids/${id}/loggings/1`)).json).toMatchObject({
      status: "COMPLETE",
      schema: "v2",
    });
    expectWorkersError(await workers.get(`/ids/${id}/loggings/2`), 404);
    expectWorkersError(await post(`/ids/${id}/loggings`, { level: "LOUD", network: "STAGING" }), 400);
    expect((await workers.get(`/ids/${id}/active-customers`)).json).toEqual({ activeCustomers: [] });
  });
});

describe("properties", () => {
  let client: PropertyClient;
  beforeEach(async () => {
    client = await PropertyClient.start();
  });
  afterEach(() => client.close());

  // Akamai's signer for npm parses Location as an absolute address.
  test("the address of a redirect is absolute", async () => {
    const { headers } = await client.get(`${SEEDED}/versions/latest`);
    expect(new URL(String(headers.location)).origin).toBe(client.emulator.url);
  });

  // OpenAPI has DEACTIVATED; terraform-provider-akamai waits for ACTIVE alone, and all its fixtures have that.
  test.each([
    [{}, "ACTIVE"],
    [{ deactivationEndsAs: "DEACTIVATED" }, "DEACTIVATED"],
  ] as const)(
    "a deactivation with %j ends as %s, and the version is DEACTIVATED in both",
    async (settings, end) => {
      await client.close();
      client = await PropertyClient.start({ settings });
      const id = await client.activated(3, "STAGING", { activationType: "DEACTIVATE" });
      client.advance(3600);
      expect((await client.activation(id)).status).toBe(end);
      expect(await client.statuses(3)).toEqual(["DEACTIVATED", "INACTIVE"]);
    },
  );

  // A uuid marks rules with advanced features; in Akamai's examples ordinary rules have none.
  test("an ordinary rule has no uuid, in answers to reads and to writes", async () => {
    const version = await client.version();
    const reply = await client.change(version, (rules) =>
      rules.children.push({ name: "Ordinary", criteria: [], behaviors: [], children: [] }),
    );
    const written = named((reply.json as unknown as Tree).rules, "Ordinary");
    const read = named((await client.tree(version)).rules, "Ordinary");
    for (const rule of [written, read]) expect(rule).not.toHaveProperty("uuid");
    const advanced = every((await client.tree(version)).rules).filter(({ uuid }) => uuid !== undefined);
    for (const rule of advanced)
      expect(
        [...rule.behaviors, ...rule.criteria].some(
          ({ uuid, locked, name }) => uuid ?? locked ?? /^advanced/.test(name),
        ),
      ).toBe(true);
  });

  // The command line asks with details=true for links and for the places of the behavior.
  test("details of the properties of an EdgeWorker", async () => {
    const id = 54_321;
    await client.bench.send("POST", `${BASE}/ids`, {
      body: { groupId: 72_297, name: "e", resourceTierId: 200 },
    });
    const version = await client.version();
    await client.change(version, (rules) =>
      rules.behaviors.push({ name: "edgeWorker", options: { enabled: true, edgeWorkerId: String(id) } }),
    );
    await client.activated(version, "STAGING", { acknowledgeAllWarnings: true });
    const list = async (query: string) =>
      (await client.bench.send("GET", `${BASE}/ids/${id}/properties${query}`)).json.properties;
    expect(await list("")).toEqual([
      {
        propertyId: 173_136,
        propertyName: "www.example.com",
        stagingVersion: version,
        productionVersion: null,
        latestVersion: version,
      },
    ]);
    expect(await list("?details=true")).toMatchObject([
      {
        stagingVersionLink: `/papi/v1/properties/173136/versions/${version}/rules`,
        productionVersionLink: null,
        stagingEdgeWorkersBehaviorLocations: [
          { location: expect.stringMatching(/^#\/rules\/behaviors\/\d+$/), continueOnError: false },
        ],
        productionEdgeWorkersBehaviorLocations: [],
      },
    ]);
  });

  // What only the user interface fills is null or absent in what clients read, never "" or false.
  test("options that nobody set", async () => {
    const version = await client.version();
    const reply = await client.change(version, (rules) => {
      rules.behaviors.push({ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "54321" } });
      rules.behaviors.push({ name: "caching", options: { behavior: "NO_STORE" } });
    });
    const { behaviors } = reply.json.rules as { behaviors: { name: string; options: object }[] };
    const optionsOf = (name: string) => behaviors.findLast((one) => one.name === name)?.options;
    expect(optionsOf("edgeWorker")).toMatchObject({
      createEdgeWorker: null,
      resourceTier: null,
      mPulseInformation: null,
    });
    expect(optionsOf("caching")).toEqual({ behavior: "NO_STORE" });
  });

  // terraform-provider-akamai makes a property with its edge hostname, CP code and hostnames.
  test("a whole property", async () => {
    const at = (path: string) => `${path}?${PLACE}`;
    const edge = { productId: "prd_Fresca", domainPrefix: "new.example.com", domainSuffix: "edgesuite.net" };
    const made = await client.post(at("/edgehostnames"), { ...edge, ipVersionBehavior: "IPV4" });
    expect([made.status, made.json.edgeHostnameLink]).toEqual([
      201,
      expect.stringMatching(/\/edgehostnames\/ehn_\d+\?/),
    ]);
    expect((await client.get(String(made.json.edgeHostnameLink).replace("/papi/v1", ""))).json).toMatchObject(
      {
        edgeHostnames: { items: [{ edgeHostnameDomain: "new.example.com.edgesuite.net", secure: false }] },
      },
    );
    expect((await client.post(at("/edgehostnames"), { ...edge, ipVersionBehavior: "IPV4" })).status).toBe(
      400,
    );
    const code = await client.post(at("/cpcodes"), { productId: "prd_Fresca", cpcodeName: "new" });
    expect((await client.get(String(code.json.cpcodeLink).replace("/papi/v1", ""))).json).toMatchObject({
      cpcodes: { items: [{ cpcodeName: "new", productIds: ["prd_Fresca"] }] },
    });
    expect((await client.get("/products?contractId=ctr_1-3CV382")).status).toBe(200);
    expect((await client.get(at("/includes"))).json).toEqual({ includes: { items: [] } });
    const version = await client.version();
    const put = (body: unknown, on = version) =>
      client.send("PUT", at(`${SEEDED}/versions/${on}/hostnames`), { body: body as object });
    const hostname = { cnameType: "EDGE_HOSTNAME", cnameFrom: "new.example.com" };
    const saved = await put([{ ...hostname, cnameTo: "new.example.com.edgesuite.net" }]);
    expect([saved.status, saved.json.hostnames]).toEqual([
      200,
      { items: [expect.objectContaining({ ...hostname, edgeHostnameId: expect.stringMatching(/^ehn_/) })] },
    ]);
    expectProblem(await put([{ ...hostname, cnameTo: "x.edgekey.net" }]), 400, "unknown-edge-hostname");
    expectProblem(await put([], 3), 403, "property-version/already-activated");
  });

  // PatchPropertyVersionHostnames of Akamai's Go client, since version 13: HostnameAdd and names to remove. It takes 200 alone.
  test("hostnames are added and removed one by one", async () => {
    const version = await client.version();
    const path = (on: number) => `${SEEDED}/versions/${on}/hostnames?${PLACE}`;
    const { items } = (await client.get(path(version))).json.hostnames as { items: Record<string, string>[] };
    const patch = (body: object, on = version) => client.send("PATCH", path(on), { body });
    const { cnameTo } = items[0] ?? {};
    const added = {
      cnameFrom: "new.example.com",
      cnameType: "EDGE_HOSTNAME",
      certProvisioningType: "DEFAULT",
    };
    const saved = await patch({ add: [{ ...added, cnameTo }], remove: [items[0]?.cnameFrom?.toUpperCase()] });
    const kept = items.slice(1).map(({ cnameFrom }) => expect.objectContaining({ cnameFrom }));
    expect([saved.status, saved.json.hostnames]).toEqual([
      200,
      { items: [...kept, expect.objectContaining({ ...added, cnameTo })] },
    ]);
    expect((await client.get(path(version))).json).toEqual(saved.json);
    const again = await patch({ add: [{ ...added, cnameTo, certProvisioningType: "CPS_MANAGED" }] });
    expect((again.json.hostnames as { items: object[] }).items).toHaveLength(items.length);
    const remove = ["absent.example.com"];
    expect((await patch({ remove })).json.hostnames).toEqual(again.json.hostnames);
    expectProblem(
      await patch({ add: [{ ...added, cnameTo: "x.edgekey.net" }] }),
      400,
      "unknown-edge-hostname",
    );
    expectProblem(await patch({ remove }, 3), 403, "property-version/already-activated");
  });
});
