/**
 * `npm run bench`: what a run of the engine costs, beside the least that its requests can cost, on this
 * machine and in the same run. It writes docs/development/performance.md, its plots, and the figures behind them. With `-- --quick` it
 * takes some minutes, and only prints. `-- --only objects` (or `items`, `bulk`, `plugin`) measures that part anew, and leaves what the page
 * has of the others. `-- --largest 10000` leaves out larger numbers of items.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { realClock } from "../provider/runtime/clock";
import { startAkamai } from "./bench/akamai";
import { type BulkRow, bulkRows } from "./bench/bulk";
import { bulkSection, bulkTable, itemsPlot } from "./bench/bulkReport";
import { edgePartOf, withEdgePart } from "./bench/edgePart";
import { type Figures, readFigures, withNew, writeFigures } from "./bench/figures";
import { floor } from "./bench/floor";
import { itemRows } from "./bench/items";
import { createNamespace } from "./bench/objectKinds";
import { type EngineRuns, engineRuns, objectRows } from "./bench/objects";
import { comparePlugin, pluginSection } from "./bench/plugin";
import { page, plot, type Row, table } from "./bench/report";
import { documentedLag, documentedRate, fullScale, lag, quickScale, withoutCheckpoints } from "./bench/scale";
import { Stage } from "./bench/stage";
import { pluginFolder } from "./bundle";
import { killDescendants } from "./processes";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    largest: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
  },
});
const docs = join(root, "docs", "development");
const pageFile = join(docs, "performance.md");
const figuresFile = join(docs, "performance.json");
const parts = ["items", "objects", "bulk", "plugin"] as const;
type Part = (typeof parts)[number];
if (options.only !== undefined && !parts.some((part) => part === options.only))
  throw new Error(`--only is one of ${parts.join(", ")}`);
const scale = options.quick ? quickScale : fullScale;
const print = (line: string) => console.log(line);
const isMeasured = (part: Part) => options.only === undefined || options.only === part;

async function run(): Promise<void> {
  const cli = await ensurePulumi({ print });
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-bench-"));
  const akamai = await startAkamai(folder, lag, {
    initialized: true,
    namespacesPerNetwork: 10_000,
    tokensPerAccount: 10_000,
    itemRatePerSecond: documentedRate,
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
    await floor(akamai, [createNamespace("bench")], 1);
    await realClock.sleep(lag * 1000);
    const stage = await Stage.open(join(folder, "stack"), cli.root, akamai);
    // The first run is slower than all others.
    await stage.up(async () => undefined);
    const empty = (await stage.up(async () => undefined)).seconds;
    print(`a program without resources: ${empty.toFixed(1)} s`);
    const rows: Row[] = [];
    const one = await engineRuns(stage, 1);
    for (const size of isMeasured("items")
      ? scale.sizes.filter(({ items }) => items <= Number(options.largest))
      : [])
      rows.push(...(await itemRows(stage, join(folder, "redirects.csv"), size, one, print)));
    if (isMeasured("objects")) {
      for (const objects of scale.objects)
        rows.push(...(await objectRows({ dynamic: stage }, { objects, rounds: 1 }, print)));
      const environment = withoutCheckpoints;
      const dynamic = await Stage.open(join(folder, "no-checkpoints"), cli.root, akamai, { environment });
      const byPlugin = { environment, plugin: pluginFolder };
      const plugin = await Stage.open(join(folder, "no-checkpoints-plugin"), cli.root, akamai, byPlugin);
      // As above: the first run is slower.
      await plugin.up(async () => undefined);
      const options = { ...scale.withoutCheckpoints, remark: ", no checkpoints" };
      rows.push(...(await objectRows({ dynamic, plugin }, options, print)));
    }
    const bulk = isMeasured("bulk") ? await measureBulk(cli.root, join(folder, "bulk"), one) : [];
    print(`\n${table(rows)}\n${bulkTable(bulk)}`);
    const comparisons = isMeasured("plugin")
      ? await comparePlugin(folder, cli.root, akamai, scale.previews, print)
      : [];
    if (!options.quick) write(withNew(readFigures(figuresFile), { empty, rows, bulk, comparisons }));
  } finally {
    await clear();
  }
}

/** Uploads, on an account as slow as Akamai documents it. */
async function measureBulk(cli: string, folder: string, one: EngineRuns): Promise<BulkRow[]> {
  mkdirSync(folder);
  const akamai = await startAkamai(folder, documentedLag, {
    initialized: true,
    itemRatePerSecond: documentedRate,
  });
  try {
    await floor(akamai, [createNamespace("bench")], 1);
    await realClock.sleep(documentedLag * 1000);
    const stage = await Stage.open(join(folder, "stack"), cli, akamai);
    const rows: BulkRow[] = [];
    for (const items of scale.bulkSizes.filter((size) => size <= Number(options.largest)))
      rows.push(...(await bulkRows(stage, join(folder, "items.csv"), items, one, print)));
    return rows;
  } finally {
    await akamai.stop();
  }
}

function write(figures: Figures): void {
  const { empty, rows, bulk, comparisons } = figures;
  writeFigures(figuresFile, figures);
  writeFileSync(join(docs, "performance.svg"), plot(rows));
  writeFileSync(join(docs, "performance-items.svg"), itemsPlot(rows, bulk));
  // Another script measures that part.
  const edge = existsSync(pageFile) ? edgePartOf(readFileSync(pageFile, "utf8")) : "";
  const text = page(rows, empty, [bulkSection(bulk), pluginSection(comparisons)]);
  writeFileSync(pageFile, withEdgePart(text, edge));
  print("\nwritten: docs/development/performance.md, its plots, and performance.json");
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  killDescendants();
  process.exitCode = 1;
});
