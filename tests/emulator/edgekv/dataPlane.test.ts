import { bundle, edgeKvFiles } from "../edgeworkers/support/bundle";
import { Workers } from "../edgeworkers/support/worker";
import { Bench, createNamespace, type Reply } from "../support/client";

let bench: Bench;
afterEach(() => bench.close());

const ITEM = "/api/v1/namespaces/catalog/groups/countries/items/US";
const ADMIN = "networks/staging/namespaces/catalog/groups/countries/items/US";

interface Asker {
  /** The reference, or `jwt`. */
  ref?: string;
  jwt?: string;
  network?: string;
  edgeWorkerId?: number;
}

/** A request as code at the edge makes it. */
const edge = (
  method: string,
  path: string,
  { ref, jwt, network, edgeWorkerId }: Asker,
  body?: string,
  contentType = "text/plain",
) =>
  bench.send(method, path, {
    authorization: null,
    ...(body !== undefined && { body }),
    headers: {
      "Content-Type": contentType,
      ...(ref !== undefined && { "X-Akamai-EdgeDB-Auth-Ref": ref }),
      ...(jwt !== undefined && { "X-Akamai-EdgeDB-Auth": jwt }),
      ...(network !== undefined && { "X-Emulator-Network": network }),
      ...(edgeWorkerId !== undefined && { "X-Emulator-EdgeWorker-Id": String(edgeWorkerId) }),
    },
  });

/** The members of a new token; everything on staging by default. */
const token = (name: string, changes: object = {}) => ({
  name,
  allowOnStaging: true,
  allowOnProduction: false,
  namespacePermissions: { catalog: ["r", "w", "d"] },
  ...changes,
});

const create = async (name: string, changes: object = {}): Promise<string> =>
  (await bench.send("POST", "tokens", { body: token(name, changes) })).json.uuid as string;

async function ready(options: Parameters<typeof Bench.ready>[0] = {}): Promise<void> {
  bench = await Bench.ready(options);
  for (const network of ["staging", "production"]) await createNamespace(bench, network);
}

function expectRefused(reply: Reply, status: number, detail: RegExp): void {
  expect([reply.status, reply.json.status, reply.json.detail]).toEqual([
    status,
    status,
    expect.stringMatching(detail),
  ]);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
}

/** The answers to the same request, many times: some come from replicas that are behind. */
const many = async <T>(read: () => Promise<T>) => {
  const seen = new Set<T>();
  for (let i = 0; i < 40; i += 1) seen.add(await read());
  return seen;
};

test("reads, writes and deletes, in one store with the admin API", async () => {
  await ready();
  const ref = await create("all");
  await bench.send("PUT", ADMIN, { body: { name: "United States" } });
  const read = await edge("GET", ITEM, { ref });
  expect([read.status, read.text, read.headers["content-type"]]).toEqual([
    200,
    '{"name":"United States"}',
    "application/json",
  ]);
  expect((await edge("PUT", ITEM, { ref }, "plain")).status).toBe(200);
  expect((await bench.send("GET", ADMIN)).text).toBe("plain");
  expect((await edge("DELETE", ITEM, { ref })).status).toBe(200);
  expect((await bench.send("GET", ADMIN)).status).toBe(404);
  expect((await edge("GET", ITEM, { ref })).status).toBe(404);
});

test("a write through one is seen by the other after the lag", async () => {
  await ready({ lag: "default" });
  bench.emulator.clock.advance(5);
  const ref = await create("all");
  bench.emulator.clock.advance(120);
  await bench.send("PUT", ADMIN, { body: "new" });
  expect(await many(async () => (await edge("GET", ITEM, { ref })).status)).toEqual(new Set([404]));
  bench.emulator.clock.advance(5);
  expect(await many(async () => (await edge("GET", ITEM, { ref })).status)).toEqual(new Set([200, 404]));
  bench.emulator.clock.advance(5);
  expect(await many(async () => (await edge("GET", ITEM, { ref })).text)).toEqual(new Set(["new"]));
  await edge("PUT", ITEM, { ref }, "newer");
  bench.emulator.clock.advance(5);
  expect(await many(async () => (await bench.send("GET", ADMIN)).text)).toEqual(new Set(["new", "newer"]));
  bench.emulator.clock.advance(5);
  expect((await bench.send("GET", ADMIN)).text).toBe("newer");
});

test("401 without a token that is good", async () => {
  await ready({ lag: 60, settings: { failTokens: 1 } });
  bench.emulator.clock.advance(5);
  expectRefused(await edge("GET", ITEM, {}), 401, /missing/);
  for (const ref of ["", "x", "1ab0e94b-c47e-568e-ab3e-1921ffcefe0c"])
    expectRefused(await edge("GET", ITEM, { ref }), 401, /invalid/);
  for (const jwt of ["", "x", "a.b.c"]) expectRefused(await edge("GET", ITEM, { jwt }), 401, /invalid/);
  const [failed, good] = [await create("failed"), await create("good")];
  expectRefused(await edge("GET", ITEM, { ref: good }), 401, /not activated/);
  bench.emulator.clock.advance(59);
  expectRefused(await edge("GET", ITEM, { ref: good }), 401, /not activated/);
  bench.emulator.clock.advance(1);
  expect((await edge("GET", ITEM, { ref: good })).status).toBe(404);
  expectRefused(await edge("GET", ITEM, { ref: failed }), 401, /not activated/);
  // An edge server takes no reference for a token, and no token for a reference.
  expectRefused(await edge("GET", ITEM, { jwt: good }), 401, /invalid/);
  await bench.send("DELETE", "tokens/good");
  expectRefused(await edge("GET", ITEM, { ref: good }), 401, /revoked/);
});

test("a legacy token: by its value, until it expires or is revoked", async () => {
  await ready({ settings: { legacyTokens: true } });
  const expiry = new Date(bench.emulator.clock.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  const { json } = await bench.send("POST", "tokens", { body: token("legacy", { expiry }) });
  const jwt = String(json.value);
  expect((await edge("PUT", ITEM, { jwt }, "1")).status).toBe(200);
  expect((await edge("GET", ITEM, { jwt })).text).toBe("1");
  expectRefused(await edge("GET", ITEM, { jwt: `${jwt}x` }), 401, /invalid/);
  expectRefused(await edge("GET", ITEM, { ref: String(json.uuid) }), 401, /invalid/);
  bench.emulator.clock.advance(10 * 86_400);
  expectRefused(await edge("GET", ITEM, { jwt }), 401, /expired/);
  const other = await bench.send("POST", "tokens", {
    body: token("other", {
      expiry: new Date(bench.emulator.clock.now() + 10 * 86_400_000).toISOString().slice(0, 10),
    }),
  });
  await bench.send("DELETE", "tokens/other");
  expectRefused(await edge("GET", ITEM, { jwt: String(other.json.value) }), 401, /revoked/);
  expect(JSON.stringify(bench.emulator.journal())).not.toContain(jwt);
});

test("403 for what a token was not made for", async () => {
  await ready();
  await createNamespace(bench, "staging", { namespace: "other" });
  const read = await create("read", { namespacePermissions: { catalog: ["r"] } });
  expect((await edge("GET", ITEM, { ref: read })).status).toBe(404);
  expectRefused(await edge("PUT", ITEM, { ref: read }, "1"), 403, /permission 'w'/);
  expectRefused(await edge("DELETE", ITEM, { ref: read }), 403, /permission 'd'/);
  expectRefused(await edge("GET", ITEM.replace("catalog", "other"), { ref: read }), 403, /namespace other/);
  expectRefused(
    await edge("GET", ITEM.replace("catalog", "__proto__"), { ref: read }),
    403,
    /namespace __proto__/,
  );

  expectRefused(await edge("GET", ITEM, { ref: read, network: "production" }), 403, /production network/);
  const live = await create("live", { allowOnStaging: false, allowOnProduction: true });
  expectRefused(await edge("GET", ITEM, { ref: live }), 403, /staging network/);
  expect((await edge("GET", ITEM, { ref: live, network: "PRODUCTION" })).status).toBe(404);

  const bound = await create("bound", { restrictToEdgeWorkerIds: ["54321", "54322"] });
  expect((await edge("GET", ITEM, { ref: bound, edgeWorkerId: 54_322 })).status).toBe(404);
  expectRefused(await edge("GET", ITEM, { ref: bound, edgeWorkerId: 5432 }), 403, /EdgeWorker/);
  expectRefused(await edge("GET", ITEM, { ref: bound }), 403, /EdgeWorker/);
  const unbound = await create("unbound", { restrictToEdgeWorkerIds: ["all"] });
  expect((await edge("GET", ITEM, { ref: unbound, edgeWorkerId: 5432 })).status).toBe(404);
});

test("the networks have data of their own", async () => {
  await ready();
  const ref = await create("both", { allowOnProduction: true });
  await edge("PUT", ITEM, { ref, network: "production" }, "live");
  expect((await edge("GET", ITEM, { ref })).status).toBe(404);
  expect((await edge("GET", ITEM, { ref, network: "production" })).text).toBe("live");
  expectRefused(await edge("GET", ITEM, { ref, network: "moon" }), 400, /staging, production/);
});

test("names, sizes, namespaces that go", async () => {
  await ready({ settings: { itemValueCharacters: 3, itemRatePerSecond: 0.5 } });
  const ref = await create("all");
  expect((await edge("GET", ITEM.replace("US", "U.S"), { ref })).status).toBe(400);
  expect((await edge("GET", ITEM.replace("countries", "a.b"), { ref })).status).toBe(400);
  expect((await edge("PUT", ITEM, { ref }, "1234")).status).toBe(413);
  expect((await edge("PUT", ITEM, { ref }, "123")).status).toBe(200);
  expect((await edge("GET", "/api/v1/namespaces/catalog/groups/countries", { ref })).status).toBe(401);
  await bench.send("DELETE", "networks/staging/namespaces/catalog");
  expect((await edge("GET", ITEM, { ref })).status).toBe(400);
  await bench.send("DELETE", "networks/staging/namespaces/catalog?sync=true");
  expectRefused(await edge("GET", ITEM, { ref }), 404, /Namespace catalog/);
});

test("a sandbox, with what is outside of it where it has nothing itself", async () => {
  await ready();
  const ref = await create("all");
  const inBox = `${ITEM}?sandboxId=box1`;
  await edge("PUT", ITEM, { ref }, "real");
  expect((await edge("GET", inBox, { ref })).status).toBe(404);
  expect((await edge("GET", `${inBox}&sandboxFallback=true`, { ref })).text).toBe("real");
  await edge("PUT", inBox, { ref }, "sand");
  expect((await edge("GET", `${inBox}&sandboxFallback=true`, { ref })).text).toBe("sand");
  expect((await edge("GET", ITEM, { ref })).text).toBe("real");
});

test("the journal tells who asked where, and neither token nor value", async () => {
  await ready();
  const ref = await create("all");
  bench.emulator.clearJournal();
  await edge("PUT", ITEM, { ref, edgeWorkerId: 54_321 }, "a secret");
  bench.emulator.faults.add({ method: "GET", path: "/api/v1/*", kind: "status", status: 503 });
  expect((await edge("GET", ITEM, { ref, network: "production" })).status).toBe(503);
  expect(bench.emulator.journal()).toMatchObject([
    {
      method: "PUT",
      path: ITEM,
      status: 200,
      client: null,
      edge: { network: "staging", edgeWorkerId: "54321" },
      body: "(8 bytes)",
    },
    {
      method: "GET",
      path: ITEM,
      status: 503,
      client: null,
      edge: { network: "production", edgeWorkerId: "" },
      fault: "status",
    },
  ]);
  expect(JSON.stringify(bench.emulator.journal())).not.toContain(ref);
});

describe("the rotation of a token", () => {
  test("the old one works until it is revoked, the new one once it is complete; live code changes in between", async () => {
    const workers = await Workers.start({ lag: 100 });
    bench = workers.bench;
    await createNamespace(bench);
    const id = await workers.id();
    workers.advance(5);
    const restrictToEdgeWorkerIds = [String(id)];
    const asker = (ref: string) => ({ ref, edgeWorkerId: id });
    const statuses = async (...refs: string[]) =>
      Promise.all(refs.map(async (ref) => (await edge("GET", ITEM, asker(ref))).status));
    const upload = async (version: string, reference: string) => {
      const tokens = { "namespace-catalog": { name: "t", reference } };
      const reply = await workers.upload(id, await bundle(edgeKvFiles(tokens, version)));
      workers.advance(5);
      return reply.status;
    };

    const old = await create("old", { restrictToEdgeWorkerIds, namespacePermissions: { catalog: ["r"] } });
    workers.advance(100);
    await bench.send("PUT", ADMIN, { body: "hello" });
    expect(await upload("1", old)).toBe(201);
    await workers.activate(id, "1");
    workers.advance(100);
    expect([await workers.live(id), await statuses(old)]).toEqual(["1", [200]]);

    const next = await create("next", { restrictToEdgeWorkerIds });
    expect(await statuses(old, next)).toEqual([200, 401]);
    expect(await upload("2", next)).toBe(400);
    workers.advance(100);
    expect(await statuses(old, next)).toEqual([200, 200]);
    expect(await upload("2", next)).toBe(201);
    await workers.activate(id, "2");
    workers.advance(99);
    expect([await workers.live(id), await statuses(old)]).toEqual(["1", [200]]);
    workers.advance(1);
    expect([await workers.live(id), await statuses(old, next)]).toEqual(["2", [200, 200]]);

    await bench.send("DELETE", "tokens/old");
    expect(await statuses(old, next)).toEqual([401, 200]);
    expect((await edge("PUT", ITEM, asker(next), "changed")).status).toBe(200);
  });

  test("a token that is refreshed goes on to be accepted", async () => {
    await ready({ lag: 100 });
    const ref = await create("fresh", { namespacePermissions: { catalog: ["r"] } });
    bench.emulator.clock.advance(100);
    expect((await edge("GET", ITEM, { ref })).status).toBe(404);
    await bench.send("POST", "tokens/fresh/refresh");
    expect((await edge("GET", ITEM, { ref })).status).toBe(404);
    bench.emulator.clock.advance(100);
    expect((await edge("GET", ITEM, { ref })).status).toBe(404);
  });
});
