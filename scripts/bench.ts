/**
 * `npm run bench`: what a run of the engine costs, beside the least that its requests can cost, on this
 * machine and in the same run. It writes docs/development/performance.md and its plot. With `-- --quick` it
 * takes some minutes, and only prints. `-- --only objects` (or `items`, `bulk`) prints that part. `-- --only plugin` measures the native
 * plugin beside the dynamic provider, and writes that part of the page. `-- --largest 10000` leaves out larger numbers of items.
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
import { floor } from "./bench/floor";
import { itemRows } from "./bench/items";
import { createNamespace, engineRuns, objectRows } from "./bench/objects";
import { type Comparison, comparePlugin, withPluginPart } from "./bench/plugin";
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
const pageFile = join(root, "docs", "development", "performance.md");
const scale = options.quick ? quickScale : fullScale;
const print = (line: string) => console.log(line);
const isMeasured = (part: "items" | "objects" | "bulk") =>
  options.only === undefined || options.only === part;

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
  const compare = () => comparePlugin(folder, cli.root, akamai, scale.previews, print);
  try {
    if (options.only === "plugin") {
      const comparisons = await compare();
      if (!options.quick)
        writePage(withPluginPart(withEdgePart(readFileSync(pageFile, "utf8"), ""), comparisons));
      return;
    }
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
    const bulk = isMeasured("bulk") ? await measureBulk(cli.root, join(folder, "bulk")) : [];
    print(`\n${table(rows)}\n${bulkTable(bulk, empty)}`);
    if (options.only !== undefined) return;
    const comparisons = await compare();
    if (!options.quick) write(rows, bulk, empty, comparisons);
  } finally {
    await clear();
  }
}

/** Uploads, on an account as slow as Akamai documents it. */
async function measureBulk(cli: string, folder: string): Promise<BulkRow[]> {
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
      rows.push(...(await bulkRows(stage, join(folder, "items.csv"), items, print)));
    return rows;
  } finally {
    await akamai.stop();
  }
}

/** The page with the part that another script measures. */
function writePage(text: string): void {
  const edge = existsSync(pageFile) ? edgePartOf(readFileSync(pageFile, "utf8")) : "";
  writeFileSync(pageFile, withEdgePart(text, edge));
}

function write(
  rows: readonly Row[],
  bulk: readonly BulkRow[],
  empty: number,
  comparisons: readonly Comparison[],
): void {
  const folder = join(root, "docs", "development");
  writeFileSync(join(folder, "performance.svg"), plot(rows));
  writeFileSync(join(folder, "performance-items.svg"), itemsPlot(rows, bulk));
  writePage(withPluginPart(page(rows, empty, bulkSection(bulk, empty)), comparisons));
  print("\nwritten: docs/development/performance.md and its plots");
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  killDescendants();
  process.exitCode = 1;
});
