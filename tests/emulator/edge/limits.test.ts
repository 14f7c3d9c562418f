/** Limits and failures: the documented status, and a next request that does not notice. Runs the compiled emulator. */
import { isFull } from "../../support/extent";
import { edgeWorker, infoOf, rule, SITE, TestSite } from "./support/site";

let site: TestSite;
beforeAll(async () => {
  site = await TestSite.start();
});
afterAll(() => site.close());

const HANDLERS = [
  "onClientRequest",
  "onOriginRequest",
  "onOriginResponse",
  "onClientResponse",
  "responseProvider",
];
const provoking = (handler: string) => `
  import { createResponse } from "create-response";
  const kept = [];
  export async function ${handler}(request) {
    const { query } = request;
    if (query === "throw") throw new TypeError("on purpose");
    if (query === "loop") for (;;);
    if (query === "later") { await null; for (;;); }
    if (query === "hog") { const all = []; for (;;) all.push(new Array(10000).fill({})); }
    ${handler === "responseProvider" ? 'return createResponse(200, {}, "fine");' : ""}
  }
  ${handler === "onClientResponse" ? 'export function onClientRequest(request) { request.respondWith(200, {}, ""); }' : ""}`;

describe.each(HANDLERS)("%s", (handler) => {
  test("fails with the documented status, and the next request is fine", async () => {
    await site.run(provoking(handler), { version: `${handler}-1` });
    const headers = await site.traced();
    const ask = (query: string) => site.edge.fetch(`${SITE}/?${query}`, { headers });
    const event = handler.toLowerCase();
    const statusOf = (info: string) => /status=(\w+)/.exec(info)?.[1];
    const fine = await ask("fine");
    await fine.arrayBuffer();
    const isOrigin = handler !== "responseProvider" && handler !== "onClientResponse";
    expect(fine.status).toBe(isOrigin ? 502 : 200);
    const thrown = await ask("throw");
    expect(thrown.status).toBe(500);
    expect(thrown.headers.get("server")).toBe("AkamaiGHost");
    if (handler !== "responseProvider") {
      const info = await infoOf(thrown, event);
      expect(statusOf(info)).toBe("ExecutionError");
      expect(info).toMatch(
        new RegExp(
          `status_msg=main\\.js:${handler}:6:\\d+\\+TypeError:\\+on\\+purpose; res_tier=200; init_wall_time=`,
        ),
      );
      expect(statusOf(await infoOf(await ask("loop"), event))).toBe("CpuTimeoutError");
      expect(statusOf(await infoOf(await ask("later"), event))).toBe("CpuTimeoutError");
      // A fast allocator may use up its CPU time first.
      expect(statusOf(await infoOf(await ask("hog"), event))).toMatch(/^(ResourceLimit|CpuTimeoutError)$/);
    } else for (const query of ["loop", "later", "hog"]) expect(await site.status(`/?${query}`)).toBe(500);
    expect(await site.status("/?fine")).toBe(isOrigin ? 502 : 200);
  });
});

test("a loop while it starts is InitCpuTimeoutError", async () => {
  await site.run("for (;;);", { version: "start-loop" });
  const headers = await site.traced();
  const response = await site.edge.fetch(`${SITE}/`, { headers });
  expect(response.status).toBe(500);
  expect(await infoOf(response, "onclientrequest")).toContain("status=InitCpuTimeoutError;");
});

test("an EdgeWorker that is not active is UnknownEdgeWorker; without a token the header says Failed", async () => {
  site.rules([edgeWorker(77)]);
  const response = await site.edge.fetch(`${SITE}/`, { headers: { pragma: "akamai-x-ew-debug" } });
  expect(response.status).toBe(500);
  expect(await infoOf(response, "onclientrequest")).toBe("ew=77 v:; status=Failed");
});

test("continueOnError lets the request go on without the failed handler, and without the response provider", async () => {
  const main = `import { createResponse } from "create-response";
    export function onClientRequest(request) { throw new Error("no"); }
    export function responseProvider() { return createResponse(200, {}, "provided"); }
    export function onClientResponse(request, response) { response.setHeader("X-Went-On", "yes"); }`;
  await site.run(main, { version: "tolerant", options: { continueOnError: true } });
  const response = await site.edge.fetch(`${SITE}/`);
  await response.arrayBuffer();
  expect([response.status, response.headers.get("x-went-on")]).toEqual([502, "yes"]);
});

test("edgeWorkersFailure and failAction replace the response of a failed handler", async () => {
  await site.run("export function onClientRequest() { throw new Error(); }", { version: "failover" });
  const failed = (options: object) =>
    site.rules(
      [edgeWorker(9)],
      [
        rule(
          "Failover",
          [{ name: "edgeWorkersFailure", options: { execStatus: "FAILURE" } }],
          [{ name: "failAction", options: { enabled: true, ...options } }],
        ),
      ],
    );
  failed({
    actionType: "REDIRECT",
    redirectHostnameType: "ALTERNATE",
    redirectHostname: "sorry.example.com",
    redirectCustomPath: true,
    redirectPath: "/sorry",
    redirectMethod: 302,
    preserveQueryString: true,
  });
  const redirected = await site.edge.fetch(`${SITE}/x?a=1`);
  await redirected.arrayBuffer();
  expect([redirected.status, redirected.headers.get("location")]).toEqual([
    302,
    "https://sorry.example.com/sorry?a=1",
  ]);
  failed({ actionType: "RECREATED_NS" });
  expect(await site.status("/")).toBe(501);
});

test("a handler of Dynamic Compute makes four sub-requests, the fifth fails", async () => {
  await site.run(
    `import { httpRequest } from "http-request";
    export async function onClientRequest(request) {
      const seen = [];
      for (let i = 0; i < 5; i++) try { seen.push((await httpRequest("https://elsewhere.test/" + i)).status); } catch (error) { seen.push(error instanceof Error && error.message); }
      request.respondWith(200, {}, JSON.stringify(seen)); }`,
    { version: "subs" },
  );
  expect(JSON.parse(await site.text("/"))).toEqual([
    400,
    400,
    400,
    400,
    "subrequest to URL https://elsewhere.test/4 refused: the limit of 4 sub-requests is reached",
  ]);
});

test("what a handler keeps beyond its memory is ResourceLimit", async () => {
  await site.run(
    "const all = []; export function onClientRequest(request) { all.push(new Uint8Array(6000000)); request.respondWith(200, {}, ''); }",
    { version: "memory" },
  );
  const headers = await site.traced();
  expect(await infoOf(await site.edge.fetch(`${SITE}/`, { headers }), "onclientrequest")).toContain(
    "status=ResourceLimit; status_msg=the+code+keeps+",
  );
});

const KILLS = isFull ? 1000 : 12;
test(`${KILLS} killed requests leave no worker behind, and memory flat`, async () => {
  await site.run(provoking("onClientRequest"), { version: "kills" });
  const memory: number[] = [];
  for (let count = 0; count < KILLS; count += 1) {
    expect(await site.status("/?loop")).toBe(500);
    expect(await site.status("/?fine")).toBe(502);
    if (count % 100 === 99) memory.push(process.memoryUsage().rss);
  }
  const { workers } = site.edge as unknown as { workers(): number };
  expect(workers()).toBeLessThan(20);
  // The first hundreds fill caches of the engine.
  if (memory.length > 5) expect((memory.at(-1) ?? 0) - (memory[2] ?? 0)).toBeLessThan(64 * 1024 * 1024);
}, 1_800_000);

test("debug headers name sub-requests and the cache key, and the trace of a response provider follows its body", async () => {
  const main = `import { createResponse } from "create-response"; import { httpRequest } from "http-request"; import { logger } from "log";
    export async function onClientRequest(request) { request.cacheKey.excludeQueryString(); request.cacheKey.includeCookie("a"); await httpRequest("https://elsewhere.test/1"); }
    export function responseProvider() { logger.log("here"); return createResponse(200, { "Content-Type": "text/plain" }, "the body"); }`;
  await site.run(main, { version: "debug" });
  const traced = await site.traced();
  const pragma = `${traced.pragma}, akamai-x-get-true-cache-key`;
  const response = await site.edge.fetch(`${SITE}/p?q=1`, { headers: { ...traced, pragma, cookie: "a=1" } });
  expect(await response.text()).toBe("the body");
  expect(response.headers.get("x-true-cache-key")).toBe("/L/www.example.com/p cid=_a=1_");
  expect(response.headers.get("x-akamai-edgeworker-subrequests")).toMatch(
    /^ew=9; evt=CReq; id=1; method="GET"; url="https:\/\/elsewhere\.test\/1"; rsp=400; dur=[\d.]+; total_dur=[\d.]+$/,
  );
  const provider = await site.edge.fetch(`${SITE}/`, {
    headers: { ...traced, pragma: "akamai-x-ew-debug-rp" },
  });
  expect(provider.headers.get("content-type")).toMatch(/^multipart\/form-data; boundary=/);
  expect(await provider.text()).toMatch(
    /name="response-provider-body"\r\nContent-Type: text\/plain\r\n\r\nthe body\r\n--.*name="stream-trace".*status=Success; status_msg=-; .*\r\nD:main\.js:3 here\r\n--/s,
  );
});
