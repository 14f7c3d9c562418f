/** Hostile requests without end: the emulator keeps its memory, and goes on answering good ones. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Bench, catalog } from "../../emulator/support/client";
import { isFull, report } from "../support/extent";

const requests = isFull ? 100_000 : 4_000;
/** Requests in flight. */
const concurrency = 16;
/** Requests after which the journal is filled: memory is compared with that. */
const warmUp = isFull ? 10_000 : 2_500;
/** Megabytes by which the heap and the buffers may grow from then on: a leak of each request would be more in the full form. */
const maxGrowth = 64;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const megabytes = (): number => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
};

const NAMESPACES = "/edgekv/v1/networks/staging/namespaces";
const RULES = "/papi/v1/properties/173136/versions/3/rules";
const patch = { "Content-Type": "application/json-patch+json" };
const copies = Array.from({ length: 40 }, () => ({ op: "copy", from: "/rules", path: "/rules/children/0" }));
const deep = "[".repeat(5000) + "]".repeat(5000);

/** One kind of hostile request each; `at` makes every one another. */
const kinds: readonly ((bench: Bench, at: number) => Promise<unknown>)[] = [
  (bench, at) => bench.send("POST", NAMESPACES, { authorization: null, body: `${at}`.padEnd(100_000, "x") }),
  (bench, at) =>
    bench.send("PUT", `/${at}/${"a".repeat(4000)}?${"b".repeat(4000)}`, { authorization: null, body: "{}" }),
  (bench, at) =>
    bench.send("POST", NAMESPACES, {
      authorization: bench.sign("POST", NAMESPACES, "other"),
      body: `${at}`.padEnd(50_000, "x"),
    }),
  (bench, at) => bench.send("GET", `/edgekv/v1/tokens/${encodeURIComponent(`\u001b[31m\n::error::${at}`)}`),
  (bench, at) =>
    bench.send("POST", NAMESPACES, {
      body: { ...catalog, namespace: `../${at}`, padding: "x".repeat(20_000) },
    }),
  (bench) => bench.send("PATCH", RULES, { body: copies, headers: patch }),
  (bench) =>
    bench.send("PATCH", RULES, { body: [{ op: "add", path: "/__proto__/a", value: 1 }], headers: patch }),
  (bench) => bench.send("PUT", RULES, { body: `{"rules":${deep}}` }),
  (bench, at) =>
    bench.send("POST", "/edgeworkers/v1/ids/1/versions", { body: Buffer.alloc(20_000, at % 256) }),
  (bench, at) =>
    bench.control("POST", "/faults", { path: "*a".repeat(5000), kind: "hang", times: at + 1 }, "wrong"),
  (bench) =>
    bench.send("GET", "/edgekv/v1/tokens", {
      authorization: `EG1-HMAC-SHA256 ${"a=b;".repeat(2000)}signature=x`,
    }),
  // A page on another name leads a browser here.
  (bench) => bench.send("GET", "initialize", { headers: { Host: "evil.example.com" } }),
  // The same signature again.
  async (bench) => {
    const authorization = bench.sign("GET", "/edgekv/v1/initialize");
    await bench.send("GET", "initialize", { authorization });
    return bench.send("GET", "initialize", { authorization });
  },
  (bench, at) =>
    bench.send("POST", "/edgekv/v1/networks/staging/namespaces/default/upload", {
      body: Buffer.from(`g,k${at},"${"x".repeat(20_000)}`),
      headers: { "Content-Type": "text/csv" },
    }),
  (bench, at) =>
    bench.send("POST", "/edgekv/v1/tokens", {
      body: `{"name":"t${at}","__proto__":{"a":1},"namespacePermissions":${deep}}`,
    }),
  (bench, at) =>
    bench.send("PUT", "/edgekv/v1/networks/staging/namespaces/default/groups/g/items/k", {
      body: Buffer.alloc(300_000, at % 256),
    }),
  (bench, at) =>
    bench.send(
      "GET",
      `/papi/v1/properties?${Array.from({ length: 300 }, (_, n) => `a${at}b${n}=c`).join("&")}`,
    ),
  (bench) => bench.control("PUT", "/state", JSON.parse(`{"__proto__":{"a":1},"now":1e300}`)),
];

test(`${requests} hostile requests in bounded memory, with good ones in between`, async () => {
  const bench = await Bench.ready({
    settings: { papiRequestsPerMinute: 1_000_000, papiRequestBurst: 1_000_000 },
  });
  const began = performance.now();
  let sent = 0;
  let good = 0;
  let slowest = 0;
  const wrong: string[] = [];
  const worker = async (until: number): Promise<void> => {
    while (sent < until) {
      const at = sent++;
      const kind = kinds[at % kinds.length];
      const reply = (await kind?.(bench, at).catch((error: Error) => ({ status: error.message }))) as {
        status: unknown;
      };
      // Each is refused, and none is an error of the emulator itself.
      if (typeof reply.status !== "number" || reply.status < 400 || reply.status >= 500)
        if (wrong.length < 20) wrong.push(`${at % kinds.length}: ${reply.status}`);
      if (at % 200 !== 0) continue;
      const asked = performance.now();
      const { status } = await bench.send("GET", "initialize");
      slowest = Math.max(slowest, performance.now() - asked);
      if (status === 200) good += 1;
      else wrong.push(`a good request got ${status}`);
    }
  };
  const all = (until: number) => Promise.all(Array.from({ length: concurrency }, () => worker(until)));
  await all(warmUp);
  const before = megabytes();
  await all(requests);
  const after = megabytes();
  const journal = Buffer.byteLength(JSON.stringify(bench.emulator.journal())) / 1024 / 1024;
  await bench.close();
  report("Emulator under attack", {
    "hostile requests": requests,
    "good ones in between": good,
    "not right": wrong.length,
    [`MB after ${warmUp}`]: Math.round(before),
    "MB at the end": Math.round(after),
    "MB of the journal": Math.round(journal),
    "MB of the process": Math.round(process.memoryUsage.rss() / 1024 / 1024),
    "slowest good one, ms": Math.round(slowest),
    seconds: Math.round((performance.now() - began) / 1000),
  });
  expect(wrong).toEqual([]);
  expect(good).toBeGreaterThanOrEqual(requests / 200);
  expect(after - before).toBeLessThan(maxGrowth);
}, 1_800_000);
