/** Items by uploads: written, unchanged, refreshed, a hundredth changed, and destroyed with their namespace. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import { realClock } from "../../provider/runtime/clock";
import { edgekv } from "../../sdk";
import { bareUploads } from "./bareUploads";
import type { EngineRuns } from "./objects";
import { formatCount, type Print } from "./report";
import { documentedLag } from "./scale";
import type { MeasuredRun, Stage } from "./stage";

const network = "staging";
/** Each size has its own: a namespace whose delete is scheduled comes back with its items. */
const namespaceOf = (items: number) => `bulk-${items}`;
/** Bytes of CSV in an upload: what the provider sends. */
const pieceBytes = 8 * 1024 * 1024;

export interface BulkRow {
  readonly items: number;
  readonly step: string;
  readonly seconds: number;
  /** What a bare dynamic resource takes in this step, in seconds. */
  readonly engine: number;
  /** The bare uploads, their jobs and one propagation. Absent where there is nothing to upload. */
  readonly floor?: number | undefined;
  /** Requests that change something. */
  readonly writes: number;
  readonly requests: number;
  readonly memory: number | undefined;
  readonly state: number;
}

const urlOf = (index: number, edition: number) =>
  `https://www.example.com/products/${index}/${"x".repeat(48)}?edition=${edition}`;

async function writeCsv(file: string, items: number, isChanged: (index: number) => boolean): Promise<void> {
  const target = await open(file, "w");
  let lines = ["key,value"];
  for (let index = 0; index < items; index++) {
    lines.push(`key-${index},${urlOf(index, isChanged(index) ? 2 : 1)}`);
    if (lines.length < 10_000) continue;
    await target.write(`${lines.join("\n")}\n`);
    lines = [];
  }
  await target.write(`${lines.join("\n")}\n`);
  await target.close();
}

/** The packed pieces that a client needs to send for these lines. */
async function* piecesOf(file: string, isSent: (index: number) => boolean): AsyncGenerator<Buffer> {
  let records: string[] = [];
  let bytes = 0;
  let index = -1;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (index++ < 0 || line === "" || !isSent(index - 1)) continue;
    const [key = "", value = ""] = line.split(",");
    records.push(`floor,${key},"${value}"\r\n`);
    bytes += records.at(-1)?.length ?? 0;
    if (bytes < pieceBytes) continue;
    yield gzipSync(records.join(""));
    [records, bytes] = [[], 0];
  }
  if (records.length > 0) yield gzipSync(records.join(""));
}

const everyHundredth = (index: number) => index % 100 === 0;

/** @param engine what a bare resource takes */
export async function bulkRows(
  stage: Stage,
  file: string,
  items: number,
  engine: EngineRuns,
  print: Print,
): Promise<BulkRow[]> {
  const rows: BulkRow[] = [];
  const record = (
    step: string,
    { seconds, writes, requests, memory, state }: MeasuredRun,
    bare: { readonly seconds: number },
    floor?: number,
  ) => {
    rows.push({ items, step, seconds, engine: bare.seconds, writes, requests, memory, state, floor });
    const least = floor === undefined ? "" : `, floor ${floor.toFixed(1)} s`;
    print(
      `${formatCount(items)} items by upload, ${step}: ${seconds.toFixed(1)} s${least}, ${writes} writes of ${requests} requests, ${memory?.toFixed(0) ?? "?"} MB`,
    );
  };
  const floor = async (isSent: (index: number) => boolean) =>
    (await bareUploads(stage.akamai, { network, namespace: "bench" }, piecesOf(file, isSent))) +
    documentedLag;
  const namespace = namespaceOf(items);
  const program = async () => {
    const place = new edgekv.Namespace(namespace, { network, groupId: 72_297, retentionInSeconds: 0 });
    new edgekv.ItemGroup("redirects", { namespace: place, group: "redirects", file });
  };
  const home = async () => {
    new edgekv.Namespace(namespace, { network, groupId: 72_297, retentionInSeconds: 0 });
  };
  await writeCsv(file, items, () => false);
  const least = await floor(() => true);
  await stage.up(home);
  // As for the floor's namespace: paths of items don't know a new one at once.
  await realClock.sleep(documentedLag * 1000);
  record("first write", await stage.up(program), engine.created, least);
  record("no change", await stage.up(program), engine["no change"]);
  record("refresh", await stage.refresh(), engine["no change"]);
  await writeCsv(file, items, everyHundredth);
  const leastOfChange = items >= 50_000 ? await floor(everyHundredth) : undefined;
  record("1 % changed", await stage.up(program), engine.changed, leastOfChange);
  record("destroy", await stage.destroy(), engine.deleted);
  return rows;
}
