import { Bench, catalog, createNamespace, expectGatewayError } from "./support/client";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.ready();
});
afterEach(() => bench.close());

const NAMESPACES = "/edgekv/v1/networks/*/namespaces";
const exists = async () => (await bench.send("GET", "networks/staging/namespaces/catalog")).status === 200;

test("a status of the gateway instead of the effect, once", async () => {
  bench.emulator.faults.add({ method: "post", path: NAMESPACES, kind: "status" });
  expectGatewayError(
    await createNamespace(bench),
    503,
    "resource-impl/forward-origin-error",
    "Service Unavailable",
  );
  expect(bench.emulator.journal().at(-1)).toMatchObject({ status: 503, fault: "status", body: catalog });
  expect(await exists()).toBe(false);
  expect((await createNamespace(bench)).status).toBe(200);
});

test("a status after the effect, with a body of any shape", async () => {
  bench.emulator.faults.add({
    path: NAMESPACES,
    kind: "status",
    status: 504,
    body: "<html>",
    contentType: "text/html",
    headers: { "Retry-After": "3" },
    afterEffect: true,
  });
  const reply = await createNamespace(bench);
  expect([reply.status, reply.text, reply.headers["content-type"], reply.headers["retry-after"]]).toEqual([
    504,
    "<html>",
    "text/html",
    "3",
  ]);
  expect(await exists()).toBe(true);
  bench.emulator.faults.add({ kind: "status", status: 500, body: { errors: [{ detail: "so" }] } });
  expect((await bench.send("GET", "tokens")).json).toEqual({ errors: [{ detail: "so" }] });
});

test("the statuses that have a meaning at the gateway", async () => {
  bench.emulator.faults.add({ kind: "status", status: 401 });
  bench.emulator.faults.add({ kind: "status", status: 403 });
  expectGatewayError(await bench.send("GET", "tokens"), 401, "pep-authn/deny", "Inactive client token");
  expectGatewayError(
    await bench.send("GET", "tokens"),
    403,
    "pep-authz/deny",
    "The client does not have the grant needed for the request",
  );
});

test("lets requests pass first, and hits as many as wanted", async () => {
  bench.emulator.faults.add({
    method: "GET",
    path: "/edgekv/v1/initialize",
    skip: 1,
    times: 2,
    kind: "status",
    status: 500,
  });
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await bench.send("GET", "initialize")).status);
  expect(statuses).toEqual([200, 500, 500, 200]);
});

test("does not hit other methods, other paths, or requests that are not signed", async () => {
  bench.emulator.faults.add({ method: "GET", path: "/edgekv/v1/initialize", kind: "status", status: 500 });
  expect((await bench.send("PUT", "initialize")).status).toBe(200);
  expect((await bench.send("GET", "initializer")).status).toBe(404);
  expect((await bench.send("GET", "initialize", { authorization: null })).status).toBe(401);
  expect((await bench.send("GET", "initialize")).status).toBe(500);
});

test.each([
  ["reset-before", false],
  ["reset-after", true],
] as const)("%s: the connection is cut, the effect is there: %s", async (kind, effect) => {
  bench.emulator.faults.add({ method: "POST", kind });
  await expect(createNamespace(bench)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(bench.emulator.journal().at(-1)).toMatchObject({ status: null, fault: kind });
  expect(await exists()).toBe(effect);
});

test("hang: no answer, until the emulator is closed, which is quick", async () => {
  bench.emulator.faults.add({ method: "POST", kind: "hang", afterEffect: true });
  const hanging = createNamespace(bench).catch((error: NodeJS.ErrnoException) => error.code);
  const first = await Promise.race([
    hanging,
    new Promise((resolve) => setTimeout(() => resolve("nothing"), 100)),
  ]);
  expect(first).toBe("nothing");
  expect(await exists()).toBe(true);
  const began = Date.now();
  await bench.emulator.close();
  expect(Date.now() - began).toBeLessThan(1000);
  expect(await hanging).toBe("ECONNRESET");
});

test("slow: the answer comes later; the effect before or after the delay", async () => {
  bench.emulator.faults.add({ method: "POST", kind: "slow", delayMs: 100 });
  const began = Date.now();
  const slow = createNamespace(bench);
  expect(await exists()).toBe(false);
  expect((await slow).status).toBe(200);
  expect(Date.now() - began).toBeGreaterThanOrEqual(95);
  bench.emulator.faults.add({ method: "DELETE", kind: "slow", delayMs: 100, afterEffect: true });
  const deletion = bench.send("DELETE", "networks/staging/namespaces/catalog?sync=true");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await exists()).toBe(false);
  expect((await deletion).status).toBe(200);
});

test("a slow request does not keep the emulator open", async () => {
  bench.emulator.faults.add({ kind: "slow", delayMs: 60_000 });
  const slow = bench.send("GET", "tokens").catch(() => "cut");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await bench.emulator.close();
  expect(await slow).toBe("cut");
});

test("drip: effect and headers at once, the body byte by byte", async () => {
  bench.emulator.faults.add({ method: "POST", kind: "drip", delayMs: 200 });
  const began = Date.now();
  const dripping = createNamespace(bench);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await exists()).toBe(true);
  const { status, json } = await dripping;
  expect([status, json.namespace]).toEqual([200, "catalog"]);
  expect(Date.now() - began).toBeGreaterThanOrEqual(150);
  expect(bench.emulator.journal().at(0)).toMatchObject({ status: 200 });
});

test("a dripping body does not keep the emulator open, and the client hears that it was cut", async () => {
  bench.emulator.faults.add({ kind: "drip", delayMs: 60_000 });
  const dripping = bench.send("GET", "initialize").then(
    () => "whole",
    () => "cut",
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  await bench.emulator.close();
  expect(await dripping).toBe("cut");
});

test("a part of the path with a name stands for one part, and `*` for all that comes", async () => {
  bench.emulator.faults.add({
    path: `/edgekv/v1/networks/:network/namespaces/:namespace`,
    times: 2,
    kind: "status",
    status: 500,
  });
  const status = async (path: string) => (await bench.send("GET", path)).status;
  expect(await status("networks/staging/namespaces")).toBe(200);
  expect(await status("networks/staging/namespaces/default/groups")).toBe(404);
  expect(await status("networks/staging/namespaces/default")).toBe(500);
  bench.emulator.faults.clear();
  bench.emulator.faults.add({ path: "/edgekv/v1/networks/*", kind: "status", status: 500 });
  expect(await status("networks/staging/namespaces/default/groups")).toBe(500);
});

test("can be cleared, and are checked", async () => {
  bench.emulator.faults.add({ kind: "status", times: 100 });
  bench.emulator.faults.clear();
  expect((await bench.send("GET", "initialize")).status).toBe(200);
  expect(() => bench.emulator.faults.add({ kind: "explode" } as never)).toThrow();
});
