import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, files, versionBundle } from "./support/bundle";
import { BASE, expectError, Workers } from "./support/worker";

let workers: Workers;
let dir: string | undefined;
afterEach(async () => {
  await workers.close();
  if (dir !== undefined) rmSync(dir, { recursive: true });
  dir = undefined;
});

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const remove = (id: number, version: string) => workers.send("DELETE", `/ids/${id}/versions/${version}`);

test("an upload is kept byte for byte, also one in chunks", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  for (const [version, chunked] of [
    ["1.0", false],
    ["1.1-rc~2", true],
  ] as const) {
    const body = await versionBundle(version);
    const reply = await workers.upload(id, body, { chunked });
    expect([reply.status, reply.headers.location]).toEqual([201, `${BASE}/ids/${id}/versions/${version}`]);
    expect((await workers.get(`/ids/${id}/versions/${version}`)).json).toEqual(reply.json);
    expect(reply.json).toMatchObject({ checksum: sha256(body), version });
    const content = await workers.get(`/ids/${id}/versions/${version}/content`, {
      headers: { Accept: "application/gzip" },
    });
    expect([content.bytes, content.headers["content-type"]]).toEqual([body, "application/gzip"]);
  }
});

test("a bundle of half a megabyte goes through, with a signature over its beginning", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  const noise = Array.from({ length: 500_000 }, (_, i) =>
    String.fromCharCode(97 + ((i * i * 31 + (i >> 3)) % 26)),
  ).join("");
  const body = await bundle(files({ "noise.txt": noise }));
  expect((await workers.upload(id, body)).json.checksum).toBe(sha256(body));
});

test("sequence numbers count uploads, and the list has no order", async () => {
  workers = await Workers.start();
  const id = await workers.idWith("3", "1", "2");
  await remove(id, "2");
  expect((await workers.version(id, "0")).json.sequenceNumber).toBe(4);
  const orders = new Set<string>();
  const list = async () =>
    (await workers.get(`/ids/${id}/versions`)).json.versions as { version: string; sequenceNumber: number }[];
  for (let i = 0; i < 20; i += 1) orders.add((await list()).map(({ version }) => version).join());
  expect(orders.size).toBeGreaterThan(1);
  expect(
    new Set((await list()).map(({ version, sequenceNumber }) => `${version} ${sequenceNumber}`)),
  ).toEqual(new Set(["3 1", "1 2", "0 4"]));
});

test("a version string is used once for ever", async () => {
  workers = await Workers.start();
  const id = await workers.idWith("1.0");
  const again = `Version 1.0 already exists for EdgeWorker ID ${id}`;
  expectError(await workers.version(id, "1.0"), 400, "EW1011", again);
  expect((await remove(id, "1.0")).status).toBe(204);
  const reply = await workers.version(id, "1.0");
  expectError(reply, 400, "EW1011", again);
  expect(reply.json).toMatchObject({
    type: "/edgeworkers/error-types/edgeworkers-invalid-argument",
    title: "Invalid Argument.",
  });
  expect((await workers.version(await workers.id(), "1.0")).status).toBe(201);
});

test("the same bytes again are refused; refuseSameChecksum also compares the bytes", async () => {
  workers = await Workers.start({ settings: { refuseSameChecksum: true } });
  const [id, body] = [await workers.id(), await versionBundle("1.0")];
  await workers.upload(id, body);
  expectError(await workers.upload(id, body), 400, "EW1011");
});

test("not deleted while it is active or on its way", async () => {
  workers = await Workers.start({ lag: 100 });
  const id = await workers.id();
  workers.advance(5);
  await workers.version(id, "1.0");
  await workers.version(id, "2.0");
  workers.advance(5);
  const refused = async (reason: RegExp) => expectError(await remove(id, "1.0"), 400, undefined, reason);
  await workers.activate(id, "1.0");
  await refused(/^Unable to delete the version provided: version 1\.0 is being activated on STAGING$/);
  workers.advance(100);
  await refused(/is active on STAGING/);
  await workers.activate(id, "2.0");
  await refused(/is active on STAGING/);
  workers.advance(100);
  expect((await remove(id, "1.0")).status).toBe(204);
  await workers.deactivate(id, "2.0");
  expectError(await remove(id, "2.0"), 400, undefined, /version 2\.0 is active on STAGING/);
  workers.advance(100);
  expect((await remove(id, "2.0")).status).toBe(204);
});

test("what is not there", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  expectError(
    await workers.get(`/ids/${id}/versions/1.0`),
    404,
    "EW2003",
    "Unable to find the requested version",
  );
  expectError(await workers.get(`/ids/${id}/versions/1.0/content`), 404, "EW2003");
  expectError(await remove(id, "1.0"), 404, "EW2002", "Unable to delete the version provided");
  expectError(await workers.version(1, "1.0"), 404, "EW2002");
  expectError(await workers.get(`/ids/${id}/versions/__proto__`), 404, "EW2003");
});

test("other replicas may not see it for five seconds", async () => {
  workers = await Workers.start({ lag: { object: 5 } });
  const id = await workers.id();
  workers.advance(5);
  await workers.version(id, "1.0");
  workers.advance(2.5);
  const statuses = async (act: () => Promise<{ status: number }>) => {
    const seen = new Set<number>();
    for (let i = 0; i < 40; i += 1) seen.add((await act()).status);
    return seen;
  };
  expect(await statuses(() => workers.get(`/ids/${id}/versions/1.0`))).toEqual(new Set([200, 404]));
  expect(await statuses(() => workers.get(`/ids/${id}/versions/1.0/content`))).toEqual(new Set([200, 404]));
  // The name is taken from the first moment.
  expect(await statuses(() => workers.version(id, "1.0"))).toEqual(new Set([400]));
  workers.advance(2.5);
  expect(await statuses(() => workers.get(`/ids/${id}/versions/1.0`))).toEqual(new Set([200]));
  await remove(id, "1.0");
  workers.advance(2.5);
  expect(await statuses(() => workers.get(`/ids/${id}/versions/1.0`))).toEqual(new Set([200, 404]));
  expect(await statuses(() => remove(id, "1.0"))).toEqual(new Set([404]));
});

test("two uploads of one version at the same time: one is the second", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  const body = await versionBundle("1.0");
  const statuses = (await Promise.all(Array.from({ length: 5 }, () => workers.upload(id, body)))).map(
    ({ status }) => status,
  );
  expect(statuses.sort()).toEqual([201, 400, 400, 400, 400]);
});

test("an upload whose answer was lost has its effect", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  const body = await versionBundle("1.0");
  workers.emulator.faults.add({ method: "POST", path: "*/versions", kind: "reset-after" });
  await expect(workers.upload(id, body)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect((await workers.get(`/ids/${id}/versions/1.0`)).json.checksum).toBe(sha256(body));
  workers.emulator.faults.add({ method: "POST", path: "*/versions", kind: "reset-before" });
  await expect(workers.version(id, "2.0")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect((await workers.get(`/ids/${id}/versions/2.0`)).status).toBe(404);
});

test("the journal has size and digest of a bundle, the state its bytes", async () => {
  workers = await Workers.start();
  const id = await workers.id();
  const body = await versionBundle("1.0");
  await workers.upload(id, body);
  expect(workers.emulator.journal().at(-1)).toMatchObject({
    method: "POST",
    path: `${BASE}/ids/${id}/versions`,
    status: 201,
    contentType: "application/gzip",
    body: `(${body.length} bytes, sha256 ${sha256(body)})`,
  });
  const state = workers.emulator.state.get();
  expect(JSON.stringify(state)).toContain(body.toString("base64"));
  const other = await Workers.start();
  other.emulator.state.put(JSON.parse(JSON.stringify(state)));
  expect((await other.get(`/ids/${id}/versions/1.0/content`)).bytes).toEqual(body);
  await other.close();
});

test("everything is kept across restarts", async () => {
  dir = mkdtempSync(join(tmpdir(), "emulator-workers-"));
  workers = await Workers.start({ dir, persist: true, lag: 100 });
  const id = await workers.id();
  workers.advance(5);
  const body = await versionBundle("1.0");
  await workers.upload(id, body);
  workers.advance(5);
  await workers.activate(id, "1.0");
  workers.advance(50);
  await workers.close();
  workers = await Workers.start({ dir, persist: true, lag: 100 });
  expect((await workers.get(`/ids/${id}/versions/1.0/content`)).bytes).toEqual(body);
  expect(await workers.status(id, 1)).toBe("IN_PROGRESS");
  workers.advance(50);
  expect(await workers.live(id)).toBe("1.0");
  expectError(await workers.version(id, "1.0"), 400, "EW1011");
});

test("an error of the server, as a fault tells it", async () => {
  workers = await Workers.start();
  const body = {
    type: "/edgeworkers/error-types/edgeworkers-server-error",
    title: "An unexpected error has occurred.",
    detail: "Error processing request",
    instance: "/edgeworkers/error-instances/0b7a1c52-6f6e-4f0e-9a53-0f6a3b1c9d11",
    status: 500,
    errorCode: "EW4303",
  };
  workers.emulator.faults.add({ path: `${BASE}/ids`, kind: "status", status: 500, body });
  expectError(await workers.get("/ids"), 500, "EW4303");
  expect((await workers.get("/ids")).status).toBe(200);
});
