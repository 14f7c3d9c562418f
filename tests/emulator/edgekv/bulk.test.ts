import { gzipSync } from "node:zlib";
import { merge } from "../../../emulator/account/account";
import { Bench, createNamespace, expectError, expectGatewayError } from "../support/client";

let bench: Bench;
afterEach(() => bench.close());

const NAMESPACE = "networks/staging/namespaces/catalog";
const CSV = { "Content-Type": "text/csv" };
const GZIP = { ...CSV, "Content-Encoding": "gzip" };

async function ready(options = {}): Promise<void> {
  bench = await Bench.ready(options);
  await createNamespace(bench);
  bench.emulator.clock.advance(5);
}

const upload = (
  body: string | Buffer,
  query = "",
  headers: Record<string, string> = CSV,
  section = "default",
) => bench.send("POST", `${NAMESPACE}/upload${query}`, { body, headers, section });
const job = (id: unknown, query = "") => bench.send("GET", `${NAMESPACE}/jobs/${id}${query}`);
const read = (key: string, group = "countries") =>
  bench.send("GET", `${NAMESPACE}/groups/${group}/items/${key}`);
function update(part: object): void {
  const { state } = bench.emulator;
  state.put(merge(state.get(), part));
}
const download = (path = "download", headers = { Accept: "text/csv" }) =>
  bench.send("GET", `${NAMESPACE}/${path}`, { headers });

test("an upload is a job: 202 with its address, started, in progress, completed, and then its items are there", async () => {
  await ready({ lag: 100 });
  bench.emulator.clock.advance(10);
  const started = await upload(
    'countries,DE,"{""name"":""Deutschland""}"\r\n\ncountries,FR,"a, b\n"""\nother,x,\n',
  );
  expect([started.status, started.json]).toEqual([
    202,
    { jobType: "UPLOAD", jobStatus: "STARTED", jobId: expect.any(String) },
  ]);
  const { jobId } = started.json;
  expect(started.headers.location).toBe(`/edgekv/v1/${NAMESPACE}/jobs/${jobId}`);
  expect((await job(jobId)).json).toEqual({ jobId, jobType: "UPLOAD", jobStatus: "STARTED" });
  bench.emulator.clock.advance(50);
  expect((await job(jobId)).json.jobStatus).toBe("IN_PROGRESS");
  expect((await read("DE")).status).toBe(404);
  bench.emulator.clock.advance(200);
  const ended = await job(jobId, "?includeErrors=true");
  expect([ended.status, ended.json]).toEqual([
    200,
    { jobId, jobType: "UPLOAD", jobStatus: "COMPLETED", successesCount: 3, errorsCount: 0, errors: [] },
  ]);
  expect((await bench.send("GET", `${NAMESPACE}/upload`)).json).toEqual({
    jobs: [{ jobId, jobType: "UPLOAD", jobStatus: "COMPLETED" }],
  });
  bench.emulator.clock.advance(20);
  expect((await read("DE")).text).toBe('{"name":"Deutschland"}');
  expect((await read("DE")).headers["content-type"]).toMatch(/json/);
  expect((await read("FR")).text).toBe('a, b\n"');
  expect((await read("x", "other")).text).toBe("");
});

test("gzip is taken, and a body that is none is refused", async () => {
  await ready();
  expect((await upload(gzipSync("countries,DE,1\n"), "", GZIP)).status).toBe(202);
  expect((await read("DE")).text).toBe("1");
  expectError(
    await upload(Buffer.from("countries,DE,1"), "", GZIP),
    400,
    "EKV_2000",
    "The body is not gzip.",
  );
});

test("records that can't be written are named, the others are written: 207", async () => {
  await ready({ settings: { itemValueCharacters: 3 } });
  const { jobId } = (
    await upload("countries,DE,1\na.b,c,1\ncountries,d e,1\ncountries,long,1234\njust,two\ncountries,t,1,x\n")
  ).json;
  const ended = await job(jobId, "?includeErrors=true");
  expect([ended.status, ended.json.jobStatus, ended.json.successesCount, ended.json.errorsCount]).toEqual([
    207,
    "COMPLETED",
    1,
    5,
  ]);
  expect(ended.json.errors).toEqual([
    { failureRecord: "a.b,c,1", message: expect.stringContaining("Group must only use") },
    { failureRecord: "countries,d e,1", message: expect.stringContaining("Key must only use") },
    { failureRecord: "countries,long,1234", message: "Value cannot exceed 3 characters." },
    { failureRecord: "just,two", message: "A record must have 3 or 4 columns." },
    { failureRecord: "countries,t,1,x", message: "The retention must be a number of seconds." },
  ]);
  expect((await job(jobId, "?includeErrors=true&maxItems=2")).json.errors).toHaveLength(2);
  expect((await job(jobId)).json).not.toHaveProperty("errors");
  expect((await read("DE")).status).toBe(200);
});

test("dryRun commits nothing, and maxItems is a bound", async () => {
  await ready();
  const { jobId } = (await upload("countries,DE,1\n", "?dryRun=true")).json;
  expect((await job(jobId)).json).toMatchObject({ jobStatus: "COMPLETED", successesCount: 1 });
  expect((await read("DE")).status).toBe(404);
  expect((await upload("countries,DE,1\n", "?maxItems=1")).status).toBe(202);
  expectError(
    await upload("a,b,1\na,c,1\n", "?maxItems=1"),
    400,
    "EKV_2000",
    "The upload has more than 1 items.",
  );
  expectError(await upload("a,b,1\n", "?maxItems=5000001"), 400, "EKV_2000", /maxItems must be/);
});

test("dryRun reports what would result, failures included", async () => {
  await ready();
  const { jobId } = (await upload("countries,DE,1\na.b,c,1\n", "?dryRun=true")).json;
  const ended = await job(jobId, "?includeErrors=true");
  expect([ended.status, ended.json.successesCount, ended.json.errorsCount]).toEqual([207, 1, 1]);
  expect((await download()).text).toBe("");
});

test.each(["POST", "GET"])(
  "a fault of %s upload is answered in its place, and leaves no job",
  async (method) => {
    await ready();
    const path = `/edgekv/v1/${NAMESPACE}/upload`;
    bench.emulator.faults.add({ method, path, kind: "status", status: 501, times: 1 });
    const refused =
      method === "POST" ? await upload("a,b,c") : await bench.send("GET", `${NAMESPACE}/upload`);
    expect(refused.status).toBe(501);
    expect((await bench.send("GET", `${NAMESPACE}/upload`)).json).toEqual({ jobs: [] });
  },
);

test("groups of sandboxes are in a download of the namespace by the name that lists show", async () => {
  await ready();
  const path = `${NAMESPACE}/groups/countries/items/DE?sandboxId=box1`;
  await bench.send("PUT", path, { body: "sand" });
  bench.emulator.clock.advance(30);
  expect((await download()).text).toBe("countries_box1,DE,sand\r\n");
  expectError(await download("groups/countries/download"), 404, "EKV_9000");
});

test("what is no CSV is refused before anything is written", async () => {
  await ready({ settings: { uploadBytes: 20 } });
  for (const body of ['a,b,"c', 'a,b,c"d', 'a,b,"c"d', "", "\n\n"])
    expectError(await upload(body), 400, "EKV_2000");
  expectError(
    await upload(Buffer.from([0x61, 0x2c, 0x62, 0x2c, 0xff])),
    400,
    "EKV_2000",
    "The body is not UTF-8.",
  );
  expectError(await upload("a,b,c", "", { "Content-Type": "application/json" }), 415, "EKV_2000");
  expectError(await upload("a,b,c", "", { ...CSV, "Content-Encoding": "br" }), 415, "EKV_2000");
  expectError(await upload(`a,b,${"x".repeat(20)}`), 413, "EKV_9000", "An upload cannot exceed 20 bytes.");
  expectError(await upload(gzipSync(`a,b,${"x".repeat(20)}`), "", GZIP), 413, "EKV_9000");
});

test("the fourth column is the retention of an item, and a download shows what is left of it", async () => {
  await ready();
  await upload("countries,DE,1,600\ncountries,FR,2,0\ncountries,GB,3\n");
  expect((await download("groups/countries/download?showExpires=true")).text).toBe(
    "countries,DE,1,600\r\ncountries,FR,2,0\r\ncountries,GB,3,86400\r\n",
  );
  bench.emulator.clock.advance(601);
  expect((await download("groups/countries/download")).text).toBe("countries,FR,2\r\ncountries,GB,3\r\n");
});

test("a download has every item of the namespace, or of a group, as CSV with the bytes of the values", async () => {
  await ready();
  await upload('countries,DE,"a,""b"""\nother,x,1\n');
  await bench.send("PUT", `${NAMESPACE}/groups/bytes/items/b`, { body: Buffer.from([0xff, 0x2c]) });
  const all = await download();
  expect([all.status, all.headers["content-type"]]).toEqual([200, "text/csv"]);
  expect(all.bytes.toString("latin1")).toBe('countries,DE,"a,""b"""\r\nother,x,1\r\nbytes,b,"\xff,"\r\n');
  expect((await download("groups/other/download")).text).toBe("other,x,1\r\n");
  expect((await download("download?maxItems=1")).text).toBe('countries,DE,"a,""b"""\r\n');
  expectError(await download("groups/none/download"), 404, "EKV_9000", /empty or not found/);
  expectError(await download("download", { Accept: "application/json" }), 406, "EKV_2000");
  expectError(await download("download?sandboxId=s"), 400, "EKV_2000", /Sandbox/);
  expectError(await upload("a,b,c", "?sandboxId=s"), 400, "EKV_2000", /Sandbox/);
});

test("stale replicas: a download may be behind, as a read is", async () => {
  await ready({ lag: 10 });
  bench.emulator.clock.advance(30);
  await upload("countries,DE,1\n");
  bench.emulator.clock.advance(11);
  const lengths = new Set<number>();
  for (let at = 0; at < 20; at++) lengths.add((await download()).text.length);
  expect(lengths).toEqual(new Set([0, "countries,DE,1\r\n".length]));
});

test("settings: failing items, failing and stalled jobs, jobs at once, and the rate of downloads", async () => {
  await ready({
    settings: { failUploadItems: 1, failUploads: 1, uploadsAtOnce: 1, downloadIntervalSeconds: 30 },
  });
  const failed = (await upload("countries,DE,1\ncountries,FR,1\n")).json.jobId;
  expect((await job(failed)).json).toMatchObject({ jobStatus: "FAILED", successesCount: 0, errorsCount: 1 });
  expect((await read("FR")).status).toBe(404);
  update({ settings: { stallUploads: 1 } });
  const stalled = (await upload("countries,DE,1\n")).json.jobId;
  bench.emulator.clock.advance(86_400);
  expect((await job(stalled)).json).toEqual({ jobId: stalled, jobType: "UPLOAD", jobStatus: "STARTED" });
  expectError(await upload("countries,DE,1\n"), 409, "EKV_3000", /has 1 uploads already/);
  expect((await download()).status).toBe(200);
  const second = await download();
  expectError(second, 429, "EKV_9100", /Downloads are limited/);
  expect(Number(second.headers["retry-after"])).toBeGreaterThan(0);
});

test("an upload needs the right to write data, a download and a job the right to read it", async () => {
  await ready();
  expectGatewayError(
    await upload("a,b,c", "", CSV, "read-only"),
    403,
    "pep-authz/deny",
    "The client does not have the grant needed for the request",
  );
  update({
    clients: { default: { capabilities: { "72297": ["READ_STAGING_DATA"] } } },
  });
  expectError(await upload("a,b,c"), 400, "EKV_1002", /WRITE_STAGING_DATA/);
  expect((await download()).status).toBe(200);
  update({ clients: { default: { capabilities: { "72297": ["WRITE_STAGING_DATA"] } } } });
  expectError(await download(), 400, "EKV_1002", /READ_STAGING_DATA/);
  expect((await upload("a,b,c")).status).toBe(202);
  expectError(await bench.send("GET", `${NAMESPACE}/upload`), 400, "EKV_1002", /READ_STAGING_DATA/);
});

test("a job is asked for in its namespace only, and is lost with it", async () => {
  await ready();
  const { jobId } = (await upload("a,b,c")).json;
  expectError(await job("none"), 404, "EKV_3000", "Job with ID none does not exist.");
  expectError(await bench.send("GET", `networks/staging/namespaces/default/jobs/${jobId}`), 404, "EKV_3000");
  expectError(
    await bench.send("POST", "networks/staging/namespaces/none/upload", { body: "a,b,c", headers: CSV }),
    400,
    "EKV_9000",
  );
  await bench.send("DELETE", `${NAMESPACE}?sync=true`);
  await createNamespace(bench);
  expect((await bench.send("GET", `${NAMESPACE}/upload`)).json).toEqual({ jobs: [] });
});

test("a job that ends in a namespace whose delete is scheduled writes nothing", async () => {
  await ready({ lag: 60 });
  bench.emulator.clock.advance(600);
  const { jobId } = (await upload("countries,DE,1\n")).json;
  await bench.send("DELETE", NAMESPACE);
  bench.emulator.clock.advance(600);
  await bench.send("DELETE", `${NAMESPACE}/status/scheduled-delete`);
  bench.emulator.clock.advance(600);
  expect((await job(jobId)).json).toMatchObject({ jobStatus: "FAILED", successesCount: 0 });
  expect((await download()).text).toBe("");
});

test("a kept state has the jobs that go on", async () => {
  await ready({ lag: 60 });
  bench.emulator.clock.advance(600);
  await upload("countries,DE,1\n");
  bench.emulator.state.put(JSON.parse(JSON.stringify(bench.emulator.state.get())));
  bench.emulator.clock.advance(600);
  expect((await read("DE")).text).toBe("1");
});
