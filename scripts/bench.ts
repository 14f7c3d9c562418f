/**
 * `npm run bench`: what a run of the engine costs, beside the least that its requests can cost, on this
 * machine and in the same run. It writes docs/development/performance.md and its plot. With `-- --quick` it
 * takes a minute, and only prints. `-- --only plugin` measures the native plugin beside the dynamic provider, and writes that part
 * of the page.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { realClock } from "../provider/runtime/clock";
import { startAkamai } from "./bench/akamai";
import { floor } from "./bench/floor";
import { itemRows } from "./bench/items";
import { createNamespace, objectRows } from "./bench/objects";
import { type Comparison, comparePlugin, withPluginPart } from "./bench/plugin";
import { page, plot, type Row, table } from "./bench/report";
import { documentedRate, fullScale, lag, quickScale } from "./bench/scale";
import { Stage } from "./bench/stage";
import { killDescendants } from "./processes";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const pageFile = join(root, "docs", "development", "performance.md");
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
  const compare = () => comparePlugin(folder, cli.root, akamai, scale.previews, print);
  try {
    if (options.only === "plugin") {
      const comparisons = await compare();
      if (!options.quick)
        writeFileSync(pageFile, withPluginPart(readFileSync(pageFile, "utf8"), comparisons));
      return;
    }
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
    print(`\n${table(rows, engine)}`);
    const comparisons = await compare();
    if (!options.quick) write(rows, engine, comparisons);
  } finally {
    await clear();
  }
}

function write(rows: readonly Row[], engine: number, comparisons: readonly Comparison[]): void {
  writeFileSync(join(root, "docs", "development", "performance.svg"), plot(rows));
  writeFileSync(pageFile, withPluginPart(page(rows, engine), comparisons));
  print("\nwritten: docs/development/performance.md, docs/development/performance.svg");
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  killDescendants();
  process.exitCode = 1;
});
