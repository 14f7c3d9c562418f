import { BASE, expectError, NEW_ID, Workers } from "./support/worker";

let workers: Workers;
afterEach(() => workers.close());

const now = () => `${new Date(workers.emulator.clock.now()).toISOString().slice(0, 19)}Z`;

/** The answers to the same request, many times: some come from replicas that are behind. */
const many = async <T>(read: () => Promise<T>) => {
  const seen = new Set<T>();
  for (let i = 0; i < 40; i += 1) seen.add(await read());
  return seen;
};

describe("create and read", () => {
  test("201 with the object and its place", async () => {
    workers = await Workers.start();
    const reply = await workers.post("/ids", { ...NEW_ID, description: "Catalog lookups" });
    const id = reply.json.edgeWorkerId as number;
    const object = {
      edgeWorkerId: id,
      name: "catalog-ew",
      accountId: "A-CCT1234",
      groupId: 72_297,
      resourceTierId: 200,
      description: "Catalog lookups",
      createdBy: "default",
      createdTime: now(),
      lastModifiedBy: "default",
      lastModifiedTime: now(),
    };
    expect([reply.status, reply.json, reply.headers.location]).toEqual([201, object, `${BASE}/ids/${id}`]);
    expect((await workers.get(`/ids/${id}`)).json).toEqual(object);
    expect((await workers.get("/ids")).json).toEqual({ edgeWorkerIds: [object] });
  });

  test("numbers may come as strings; names need not be unique; a description that is not set is not there", async () => {
    workers = await Workers.start();
    const [first, second] = [
      await workers.id({ groupId: "72297", resourceTierId: "200" }),
      await workers.id({ description: "" }),
    ];
    expect(first).not.toBe(second);
    for (const id of [first, second]) {
      const { json } = await workers.get(`/ids/${id}`);
      expect(json).toMatchObject({ groupId: 72_297, resourceTierId: 200, name: "catalog-ew" });
      expect(json).not.toHaveProperty("description");
    }
  });

  test.each([
    [{ name: undefined }, 400, undefined, "name must be specified."],
    [{ name: "" }, 400, undefined, "name must be specified."],
    [{ groupId: undefined }, 400, undefined, /groupId/],
    [{ groupId: "x" }, 400, undefined, /groupId/],
    [{ groupId: 4711 }, 404, "EW2001", /4711/],
    [{ resourceTierId: undefined }, 400, undefined, /resourceTierId/],
    [{ resourceTierId: 4711 }, 400, undefined, /4711/],
    [{ description: "d".repeat(129) }, 400, undefined, /128/],
  ])("refuses %j", async (changes, status, code, detail) => {
    workers = await Workers.start();
    expectError(await workers.post("/ids", { ...NEW_ID, ...changes }), status, code, detail);
    expectError(await workers.send("POST", "/ids", { body: "{" }), 400);
    expect((await workers.get("/ids")).json).toEqual({ edgeWorkerIds: [] });
  });

  test("what is not there", async () => {
    workers = await Workers.start();
    const missing = "Unable to find the requested EdgeWorker ID";
    for (const path of [
      "",
      "/versions",
      "/versions/1.0",
      "/activations",
      "/activations/1",
      "/deactivations",
      "/properties",
      "/resource-tier",
    ])
      expectError(await workers.get(`/ids/1${path}`), 404, "EW2002", missing);
    expectError(await workers.get("/ids/x"), 400);
    expectError(await workers.send("DELETE", "/ids/1"), 404, "EW2002", "Unable to delete this EdgeWorker ID");
  });

  test("lists by group and tier, in no order", async () => {
    workers = await Workers.start();
    const ids = [];
    for (let i = 0; i < 8; i += 1)
      ids.push(await workers.id(i === 0 ? { groupId: 98_765 } : i === 1 ? { resourceTierId: 100 } : {}));
    const list = async (query = "") =>
      ((await workers.get(`/ids${query}`)).json.edgeWorkerIds as { edgeWorkerId: number }[]).map(
        ({ edgeWorkerId }) => edgeWorkerId,
      );
    const orders = await many(async () => (await list()).join());
    expect(orders.size).toBeGreaterThan(1);
    expect(new Set(await list())).toEqual(new Set(ids));
    expect(await list("?groupId=98765")).toEqual([ids[0]]);
    expect(await list("?resourceTierId=100&accountSwitchKey=A-1")).toEqual([ids[1]]);
    expect(await list("?isPartner=true")).toEqual([]);
    expect(await list("?isPartner=false")).toHaveLength(8);
  });

  test("other replicas may not see it for five seconds", async () => {
    workers = await Workers.start({ lag: { object: 5 } });
    const id = await workers.id();
    workers.advance(2.5);
    expect(await many(async () => (await workers.get(`/ids/${id}`)).status)).toEqual(new Set([200, 404]));
    expect(await many(async () => ((await workers.get("/ids")).json.edgeWorkerIds as []).length)).toEqual(
      new Set([0, 1]),
    );
    workers.advance(2.5);
    expect(await many(async () => (await workers.get(`/ids/${id}`)).status)).toEqual(new Set([200]));
  });
});

describe("update", () => {
  test("changes name, group and description", async () => {
    workers = await Workers.start();
    const id = await workers.id({ description: "before" });
    workers.advance(60);
    const put = (body: object) => workers.send("PUT", `/ids/${id}`, { body });
    const reply = await put({ name: "other", groupId: 98_765, resourceTierId: 200 });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      name: "other",
      groupId: 98_765,
      description: "before",
      lastModifiedTime: now(),
    });
    expect(reply.json.createdTime).not.toBe(now());
    expect((await put({ name: "other", groupId: 98_765, description: "after" })).json.description).toBe(
      "after",
    );
    expect((await put({ name: "other", groupId: 98_765, description: "" })).json).not.toHaveProperty(
      "description",
    );
    expect((await workers.get(`/ids/${id}`)).json).toMatchObject({ name: "other", groupId: 98_765 });
  });

  test("needs name and group; the tier is write-once", async () => {
    workers = await Workers.start();
    const id = await workers.id();
    const put = (body: object, of = id) => workers.send("PUT", `/ids/${of}`, { body });
    expectError(await put({ name: "n" }), 400, undefined, /groupId/);
    expectError(await put({ groupId: 72_297 }), 400, undefined, /name/);
    expectError(await put({ ...NEW_ID, resourceTierId: 100 }), 400, undefined, /Cloning .* is required/);
    expectError(await put({ name: "n", groupId: 4711 }), 404, "EW2001");
    expectError(await put(NEW_ID, 1), 404, "EW2002");
  });
});

describe("clone", () => {
  test("is a new ID with another tier, without the versions; 200", async () => {
    workers = await Workers.start();
    const id = await workers.idWith("1.0");
    const reply = await workers.post(`/ids/${id}/clone`, { resourceTierId: 100 });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      name: "catalog-ew",
      groupId: 72_297,
      resourceTierId: 100,
      sourceEdgeWorkerId: id,
    });
    const clone = reply.json.edgeWorkerId as number;
    expect(clone).not.toBe(id);
    expect((await workers.get(`/ids/${clone}/versions`)).json).toEqual({ versions: [] });
    const other = { resourceTierId: 200, name: "copy", groupId: 98_765, description: "d" };
    expect((await workers.post(`/ids/${id}/clone`, other)).json).toMatchObject(other);
    expectError(await workers.post(`/ids/${id}/clone`, {}), 400, undefined, /resourceTierId/);
    expectError(await workers.post("/ids/1/clone", { resourceTierId: 100 }), 404, "EW2002");
  });
});

describe("delete", () => {
  test("not with versions, not while one is active or on its way", async () => {
    workers = await Workers.start({ lag: { preset: 100, object: 5 } });
    const id = await workers.id();
    workers.advance(5);
    await workers.version(id, "1.0");
    workers.advance(5);
    const remove = () => workers.send("DELETE", `/ids/${id}`);
    expectError(
      await remove(),
      400,
      undefined,
      /^Unable to delete this EdgeWorker ID: it has the versions 1\.0$/,
    );
    await workers.activate(id, "1.0");
    expectError(await remove(), 400, undefined, /version 1\.0 is being activated on STAGING/);
    workers.advance(100);
    expectError(await remove(), 400, undefined, /version 1\.0 is active on STAGING/);
    await workers.deactivate(id, "1.0");
    workers.advance(100);
    await workers.send("DELETE", `/ids/${id}/versions/1.0`);
    expect((await remove()).status).toBe(204);
    workers.advance(2.5);
    expect(await many(async () => (await workers.get(`/ids/${id}`)).status)).toEqual(new Set([200, 404]));
    expectError(await workers.version(id, "2.0"), 404, "EW2002");
    workers.advance(2.5);
    expectError(await workers.get(`/ids/${id}`), 404, "EW2002");
    expectError(await remove(), 404, "EW2002");
  });

  test("with vagueDeletes, a delete that is not possible is answered like one of what is missing", async () => {
    workers = await Workers.start({ settings: { vagueDeletes: true } });
    const id = await workers.idWith("1.0");
    await workers.activate(id, "1.0");
    expectError(
      await workers.send("DELETE", `/ids/${id}`),
      404,
      "EW2002",
      "Unable to delete this EdgeWorker ID",
    );
    expectError(
      await workers.send("DELETE", `/ids/${id}/versions/1.0`),
      404,
      "EW2002",
      "Unable to delete the version provided",
    );
  });
});
