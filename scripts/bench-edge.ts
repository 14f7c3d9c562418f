/**
 * `npm run bench:edge`: what the local edge costs: start, first request of a version, requests a second, latency, and what an emulator
 * without it takes. It writes its part of docs/development/performance.md. With `-- --quick` it takes some seconds, and only prints.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { belongingsFor, EDGEWORKER_ID } from "../cli/dev/account";
import { filesIn, packed } from "../cli/dev/folder";
import { type DevServer, startDevServer } from "../cli/dev/server";
import { startEmulator } from "../emulator";
import { edgePart, withEdgePart } from "./bench/edgePart";
import { markdownTable } from "./markdown";
import { clientOf } from "./page/account";
import { root } from "./root";

const { values: options } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const REQUESTS = options.quick ? 500 : 10_000;
const STARTS = options.quick ? 3 : 15;
const PARALLEL = 4;

const CODE: Readonly<Record<string, string>> = {
  "hello world": 'export function onClientRequest(request) { request.respondWith(200, {}, "hello"); }',
  "one read of EdgeKV":
    'import { EdgeKV } from "./edgekv.js"; const words = new EdgeKV("words", "g"); export async function onClientRequest(request) { request.respondWith(200, {}, await words.text("US")); }',
};
const ITEMS = [{ namespace: "words", group: "g", item: "US", value: "hello" }];

const agent = new Agent({ keepAlive: true });
const get = (url: string) =>
  new Promise<number>((resolve, reject) => {
    const began = performance.now();
    request(url, { agent }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
      answer.resume().on("end", () => resolve(performance.now() - began));
    })
      .on("error", reject)
      .end();
  });

const percentile = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
const ms = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const median = (values: readonly number[]) =>
  percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

async function load(url: string, parallel: number): Promise<{ perSecond: number; latencies: number[] }> {
  const latencies: number[] = [];
  let left = REQUESTS;
  const began = performance.now();
  const lane = async () => {
    while (left-- > 0) latencies.push(await get(url));
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: REQUESTS / seconds, latencies: latencies.sort((a, b) => a - b) };
}

async function rowOf(name: string, url: string): Promise<string[]> {
  await load(url, 1);
  const alone = await load(url, 1);
  const together = await load(url, PARALLEL);
  const at = (part: number) => ms(percentile(alone.latencies, part));
  return [
    name,
    alone.perSecond.toFixed(0),
    together.perSecond.toFixed(0),
    at(0.5),
    at(0.99),
    ms(alone.latencies.at(-1) ?? 0),
  ];
}

/** Milliseconds until the first answer of a version that was never run. */
async function firstRequests({ emulator, url }: DevServer, folder: string): Promise<number[]> {
  const taken: number[] = [];
  for (let count = 1; count <= STARTS; count += 1) {
    const version = `2.${count}`;
    const files = { ...filesIn(folder), "bundle.json": JSON.stringify({ "edgeworker-version": version }) };
    const state = emulator.state.get() as {
      now: number;
      edgeworkers: { belongings: Record<string, object> };
    };
    const code = { version, archive: await packed(files) };
    state.edgeworkers.belongings[EDGEWORKER_ID] = belongingsFor(code, state.now);
    emulator.state.put(state);
    // The worker that stands by is there again.
    await new Promise((resolve) => setTimeout(resolve, 500));
    taken.push(await get(url));
  }
  return taken;
}

/** Milliseconds of a start and of a request to an API, with the sites and without them. In turns, since other programs use the machine. */
async function emulatorCosts() {
  const [starts, requests] = [[[], []] as [number[], number[]], [[], []] as [number[], number[]]];
  const options = [{}, { edge: true }] as const;
  for (let count = 0; count < STARTS; count += 1)
    for (const which of [0, 1] as const) {
      const began = performance.now();
      const emulator = await startEmulator(options[which]);
      starts[which].push(performance.now() - began);
      await emulator.close();
    }
  const emulators = [await startEmulator(options[0]), await startEmulator(options[1])];
  const clients = emulators.map((emulator) => clientOf(emulator));
  for (let count = 0; count < REQUESTS / 5; count += 1)
    for (const which of [0, 1] as const) {
      const began = performance.now();
      await clients[which]?.send({ method: "GET", path: "/edgeworkers/v1/ids" });
      requests[which].push(performance.now() - began);
    }
  for (const emulator of emulators) await emulator.close();
  return [0, 1].map((which) => ({
    start: median(starts[which] ?? []),
    request: median(requests[which] ?? []),
  }));
}

async function run(): Promise<void> {
  const none = { start: Number.NaN, request: Number.NaN };
  const [without = none, withEdge = none] = await emulatorCosts();
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-bench-"));
  const rows: string[][] = [];
  let first: number[] = [];
  try {
    const helper = readFileSync(join(root, "examples", "full-site", "worker", "edgekv.js"));
    for (const [name, main] of Object.entries(CODE)) {
      const items = main.includes("edgekv.js") ? ITEMS : [];
      if (items.length > 0) writeFileSync(join(folder, "edgekv.js"), helper);
      writeFileSync(join(folder, "main.js"), main);
      writeFileSync(join(folder, "bundle.json"), JSON.stringify({ "edgeworker-version": "1.0" }));
      const server = await startDevServer({
        ...{ folder, items, port: 0, hostname: "localhost", tierId: 280 },
        edge: { cpuFactor: 5, onCode: ({ failure }) => failure && console.error(failure.message) },
        say: (text) => console.error(text),
      });
      try {
        rows.push(await rowOf(name, server.url));
        if (first.length === 0) first = await firstRequests(server, folder);
      } finally {
        await server.close();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    agent.destroy();
  }
  const heads = [
    "",
    "requests a second",
    `with ${PARALLEL} at once`,
    "median, ms",
    "99 %, ms",
    "longest, ms",
  ];
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  const text = `## The local edge

Measured by \`npm run bench:edge\` with Node ${process.version}, on ${cpus().length} cores that other programs used at the same time. Take the figures as upper bounds of time, and the ratios as they are. Client, emulator and code share the cores. Each row is ${REQUESTS.toLocaleString("en")} requests one after the other, after as many to warm up.

${markdownTable(heads, rows)}

- The first request of a version takes ${ms(median(first))} ms (median of ${STARTS}): a worker stands by, the code is unpacked, compiled and run.
- An emulator with the sites takes ${ratio(withEdge.start, without.start)} times as long to start: ${ms(withEdge.start)} ms, and ${ms(without.start)} ms without.
- A request to an API takes ${ms(without.request)} ms without the sites, and ${ms(withEdge.request)} ms with them (median): ${ratio(withEdge.request, without.request)} times. Without \`--edge\` there is no port, no thread and no certificate of it.
`;
  console.log(text);
  if (options.quick) return;
  const file = join(root, "docs", "development", "performance.md");
  writeFileSync(file, withEdgePart(readFileSync(file, "utf8"), edgePart(text)));
}

run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
