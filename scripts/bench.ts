/**
 * `npm run bench`: what a run of the engine costs, beside the least that its requests can cost, on this machine and in the same run. It writes
 * docs/development/performance.md and its plot; with `-- --quick` it takes a minute, and prints only.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { realClock } from "../provider/runtime/clock";
import { edgekv } from "../sdk";
import { type Akamai, startAkamai } from "./bench/akamai";
import { type Bare, floor } from "./bench/floor";
import { type Measured, measure } from "./bench/provider";
import { plot, type Row, table } from "./bench/report";
import { openStack } from "./engine";
import { killDescendants } from "./processes";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const { values: options } = parseArgs({ options: { quick: { type: "boolean", default: false } } });

/** Seconds until all servers show a change, at most. */
const lag = 2;
/** Requests a second: what Akamai documents for items, and ten times that where it would take half an hour. */
const documented = 73;
const sizes = options.quick
  ? [
      { items: 1, perSecond: documented },
      { items: 300, perSecond: documented },
      { items: 3000, perSecond: 10 * documented },
    ]
  : [
      { items: 1, perSecond: documented },
      { items: 1000, perSecond: documented },
      { items: 10_000, perSecond: 10 * documented },
      { items: 100_000, perSecond: 10 * documented },
    ];
/** Bare requests that are really sent; of more, the time is that of these times as many. */
const mostBare = 10_000;
const objects = options.quick ? 20 : 200;
/** Resources that the engine works on at the same time: each waits for its own propagation, so that the engine's default (four for each core) waits many times. */
const parallel = 64;

const project = "bench";
const network = "staging";
const say = (line: string) => console.log(line);
const count = (value: number) => value.toLocaleString("en");
const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, one) => sum + one, 0);

class Stage {
  program: PulumiFn = async () => undefined;
  private constructor(
    readonly stack: Stack,
    readonly folder: string,
    readonly akamai: Akamai,
  ) {}

  static async open(folder: string, cli: string, akamai: Akamai): Promise<Stage> {
    mkdirSync(folder);
    let stage: Stage | undefined;
    const settings = { namespacesPerNetwork: "10000" };
    const stack = await openStack({
      folder,
      cli,
      project,
      program: () => stage?.program() ?? Promise.resolve(undefined),
      settings,
      emulator: akamai,
    });
    stage = new Stage(stack, folder, akamai);
    return stage;
  }

  async up(program: PulumiFn, options: { parallel?: number } = {}): Promise<Measured & { readonly requests: number }> {
    this.program = program;
    return this.#counted(() => measure(this.folder, project, (onEvent) => this.stack.up({ ...options, onEvent })));
  }

  destroy(options: { parallel?: number } = {}): Promise<Measured & { readonly requests: number }> {
    return this.#counted(() => measure(this.folder, project, (onEvent) => this.stack.destroy({ ...options, onEvent })));
  }

  async #counted(act: () => Promise<Measured>) {
    await this.akamai.takeCounts();
    const measured = await act();
    return { ...measured, requests: total(await this.akamai.takeCounts()) };
  }
}

/** Values of about 100 characters, as a redirect map has them. */
const urlOf = (index: number, edition: number) => `https://www.example.com/products/${index}/${"x".repeat(48)}?edition=${edition}`;

function writeCsv(file: string, items: number, changed: (index: number) => boolean): void {
  const lines = Array.from({ length: items }, (_, index) => `key-${index},${urlOf(index, changed(index) ? 2 : 1)}`);
  writeFileSync(file, `key,value\n${lines.join("\n")}\n`);
}

const place = (group: string, index: number) => `/edgekv/v1/networks/${network}/namespaces/bench/groups/${group}/items/key-${index}`;
const everyHundredth = (index: number) => index % 100 === 0;

/** Keeps a step of something as a row, and says it. */
function noteIn(rows: Row[], what: string) {
  return (
    step: string,
    { seconds, requests, memory, state }: Awaited<ReturnType<Stage["up"]>>,
    bare: { floor?: number; floorRequests: number },
  ) => {
    rows.push({ what, step, seconds, requests, memory, state, ...bare });
    say(
      `${what}, ${step}: ${seconds.toFixed(1)} s${bare.floor === undefined ? "" : `, floor ${bare.floor.toFixed(1)} s`}, ${requests} requests, ${memory?.toFixed(0) ?? "?"} MB`,
    );
  };
}

async function itemRows(stage: Stage, file: string, { items, perSecond }: (typeof sizes)[number]): Promise<Row[]> {
  const { akamai } = stage;
  await akamai.set({ itemRatePerSecond: perSecond });
  const what = `${count(items)} item${items === 1 ? "" : "s"}, ${perSecond}/s`;
  const rows: Row[] = [];
  const numbers = Array.from({ length: items }, (_, index) => index);
  const least = async (requests: Bare[]) => {
    const some = requests.slice(0, mostBare);
    const scale = some.length === 0 ? 1 : requests.length / some.length;
    const bare = await floor(akamai, some, perSecond);
    return { floor: bare.seconds * scale + lag, floorRequests: Math.round(bare.requests * scale) };
  };
  const note = noteIn(rows, what);
  const puts = (which: number[], edition: number): Bare[] =>
    which.map((index) => ({ method: "PUT", path: place("floor", index), body: urlOf(index, edition) }));
  const program = async () => {
    new edgekv.ItemGroup("redirects", { network, namespace: "bench", group: "redirects", file });
  };
  writeCsv(file, items, () => false);
  note("first write", await stage.up(program), await least(puts(numbers, 1)));
  note("no change", await stage.up(program), { floorRequests: 0 });
  writeCsv(file, items, everyHundredth);
  note("1 % changed", await stage.up(program), await least(puts(numbers.filter(everyHundredth), 2)));
  note("destroy", await stage.destroy(), await least(numbers.map((index) => ({ method: "DELETE", path: place("floor", index) }))));
  return rows;
}

async function objectRows(stage: Stage): Promise<Row[]> {
  const rows: Row[] = [];
  const numbers = Array.from({ length: objects }, (_, index) => index);
  const kinds: [what: string, program: () => void, request: (index: number) => Bare][] = [
    [
      "namespaces",
      () => {
        for (const index of numbers)
          new edgekv.Namespace(`n-${index}`, { network, groupId: 0, retentionInSeconds: 0, deletion: { mode: "immediate" } });
      },
      (index) => ({
        method: "POST",
        path: `/edgekv/v1/networks/${network}/namespaces`,
        type: "application/json",
        body: JSON.stringify({ namespace: `floor-${index}`, groupId: 0, retentionInSeconds: 0 }),
      }),
    ],
    [
      "access tokens",
      () => {
        for (const index of numbers) new edgekv.AccessToken(`t-${index}`, { allowOnStaging: true, namespacePermissions: { bench: ["r"] } });
      },
      (index) => ({
        method: "POST",
        path: "/edgekv/v1/tokens",
        type: "application/json",
        body: JSON.stringify({
          name: `floor-${index}`,
          allowOnStaging: true,
          allowOnProduction: false,
          namespacePermissions: { bench: ["r"] },
        }),
      }),
    ],
  ];
  for (const [name, make, request] of kinds) {
    const what = `${objects} ${name}, --parallel ${parallel}`;
    const note = noteIn(rows, what);
    const program = async () => make();
    const made = await stage.up(program, { parallel });
    const bare = await floor(stage.akamai, numbers.map(request), objects);
    note("first", made, { floor: bare.seconds + lag, floorRequests: bare.requests });
    note("no change", await stage.up(program, { parallel }), { floorRequests: 0 });
    await stage.destroy({ parallel });
  }
  return rows;
}

async function run(): Promise<void> {
  const cli = await ensurePulumi({ say });
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-bench-"));
  const akamai = await startAkamai(folder, lag, {
    initialized: true,
    namespacesPerNetwork: 10_000,
    tokensPerAccount: 10_000,
    itemRatePerSecond: documented,
  });
  const clear = async () => {
    await akamai.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("SIGINT", () => {
    killDescendants();
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
  try {
    await floor(
      akamai,
      [
        {
          method: "POST",
          path: `/edgekv/v1/networks/${network}/namespaces`,
          type: "application/json",
          body: JSON.stringify({ namespace: "bench", groupId: 0, retentionInSeconds: 0 }),
        },
      ],
      1,
    );
    await realClock.sleep(lag * 1000);
    const stage = await Stage.open(join(folder, "stack"), cli.root, akamai);
    await stage.up(async () => undefined);
    const engine = (await stage.up(async () => undefined)).seconds;
    say(`the engine alone: ${engine.toFixed(1)} s`);
    const rows: Row[] = [];
    for (const size of sizes) rows.push(...(await itemRows(stage, join(folder, "redirects.csv"), size)));
    rows.push(...(await objectRows(stage)));
    say(`\n${table(rows, engine)}`);
    if (!options.quick) write(rows, engine);
  } finally {
    await clear();
  }
}

function write(rows: readonly Row[], engine: number): void {
  writeFileSync(join(root, "docs", "development", "performance.svg"), plot(rows));
  writeFileSync(join(root, "docs", "development", "performance.md"), page(rows, engine));
  say("\nwritten: docs/development/performance.md, docs/development/performance.svg");
}

function page(rows: readonly Row[], engine: number): string {
  return `<!-- Made by \`npm run bench\`. Do not edit. -->

# Performance

Measured by \`npm run bench\` with Node ${process.version}, on ${cpus().length} cores that engine, provider and emulator share. Times on such machines vary by some tenths; the ratios are of one run.

- **wall** is a whole \`pulumi up\` or \`pulumi destroy\`, the engine's own start included. A program without resources takes it ${engine.toFixed(1)} s.
- **floor** is the least that the same requests can take: signed, sent with got by a loop that knows the limit and does nothing else, and then one delay of ${lag} s until all servers show it. The provider does not know the limit: it finds it by the service's 429. Of more than ${count(mostBare)} requests, so many are sent, and the time is scaled up.
- **requests** are all of the run, those that look and those that were refused included.
- **memory** is the high-water mark of the provider's process; Node and Pulumi's own libraries are in it.
- Namespaces and tokens are resources of their own, each with its own wait. The engine works on four for each core at the same time unless \`--parallel\` says otherwise; with fewer than there are, waits come one after the other.
- Items come from a CSV file with values of about 100 characters. Akamai documents ${documented} requests a second; the larger runs have ten times that, since they would take half an hour otherwise.

![Seconds for each step, beside the floor](performance.svg)

${table(rows, engine)}
`;
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  killDescendants();
  process.exitCode = 1;
});
