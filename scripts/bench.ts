/**
 * `npm run bench`: what a run of the engine costs, beside the least that its requests can cost, on this
 * machine and in the same run. It writes docs/development/performance.md and its plot. With `-- --quick` it
 * takes a minute, and only prints.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { realClock } from "../provider/runtime/clock";
import { startAkamai } from "./bench/akamai";
import { type BulkRow, bulkRows } from "./bench/bulk";
import { bulkTable, itemsPlot } from "./bench/bulkReport";
import { floor } from "./bench/floor";
import { itemRows } from "./bench/items";
import { createNamespace, objectRows } from "./bench/objects";
import { page, plot, type Row, table } from "./bench/report";
import { documentedLag, documentedRate, fullScale, lag, quickScale } from "./bench/scale";
import { Stage } from "./bench/stage";
import { killDescendants } from "./processes";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const { values: options } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const scale = options.quick ? quickScale : fullScale;
const print = (line: string) => console.log(line);

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
    await stage.up(async () => undefined);
    const engine = (await stage.up(async () => undefined)).seconds;
    print(`the engine alone: ${engine.toFixed(1)} s`);
    const rows: Row[] = [];
    for (const size of scale.sizes)
      rows.push(...(await itemRows(stage, join(folder, "redirects.csv"), size, print)));
    rows.push(...(await objectRows(stage, scale.objects, print)));
    const bulk = await measureBulk(cli.root, join(folder, "bulk"));
    print(`\n${table(rows, engine)}\n${bulkTable(bulk, engine)}`);
    if (!options.quick) write(rows, bulk, engine);
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
    for (const items of scale.bulkSizes)
      rows.push(...(await bulkRows(stage, join(folder, "items.csv"), items, print)));
    return rows;
  } finally {
    await akamai.stop();
  }
}

function write(rows: readonly Row[], bulk: readonly BulkRow[], engine: number): void {
  const folder = join(root, "docs", "development");
  writeFileSync(join(folder, "performance.svg"), plot(rows));
  writeFileSync(join(folder, "performance-items.svg"), itemsPlot(rows, bulk));
  writeFileSync(join(folder, "performance.md"), page(rows, bulk, engine));
  print("\nwritten: docs/development/performance.md and its plots");
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  killDescendants();
  process.exitCode = 1;
});
