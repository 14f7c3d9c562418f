/** Items from a CSV file: the first write, no change, a change of every hundredth, and the destroy. */
import { writeFileSync } from "node:fs";
import { edgekv } from "../../sdk";
import { type Bare, floor } from "./floor";
import type { EngineRuns } from "./objects";
import { formatCount, type Print, type Row, recordRows } from "./report";
import { lag, maxBareRequests, type Size } from "./scale";
import type { Stage } from "./stage";

const network = "staging";

/** Values of about 100 characters, as a redirect map has them. */
const urlOf = (index: number, edition: number) =>
  `https://www.example.com/products/${index}/${"x".repeat(48)}?edition=${edition}`;

function writeCsv(file: string, items: number, isChanged: (index: number) => boolean): void {
  const lines = Array.from(
    { length: items },
    (_, index) => `key-${index},${urlOf(index, isChanged(index) ? 2 : 1)}`,
  );
  writeFileSync(file, `key,value\n${lines.join("\n")}\n`);
}

const pathOf = (group: string, index: number) =>
  `/edgekv/v1/networks/${network}/namespaces/bench/groups/${group}/items/key-${index}`;
const everyHundredth = (index: number) => index % 100 === 0;

export async function itemRows(
  stage: Stage,
  file: string,
  { items, perSecond }: Size,
  engine: EngineRuns,
  print: Print,
): Promise<Row[]> {
  const { akamai } = stage;
  await akamai.set({ itemRatePerSecond: perSecond });
  const rows: Row[] = [];
  const numbers = Array.from({ length: items }, (_, index) => index);
  const least = async (requests: readonly Bare[]) => {
    const some = requests.slice(0, maxBareRequests);
    const scale = some.length === 0 ? 1 : requests.length / some.length;
    const bare = await floor(akamai, some, perSecond);
    return { floor: bare.seconds * scale + lag, floorRequests: Math.round(bare.requests * scale) };
  };
  const record = recordRows(
    rows,
    `${formatCount(items)} item${items === 1 ? "" : "s"}, ${perSecond}/s`,
    print,
  );
  const puts = (which: readonly number[], edition: number): Bare[] =>
    which.map((index) => ({ method: "PUT", path: pathOf("floor", index), body: urlOf(index, edition) }));
  const program = async () => {
    // The floor is the one of single requests.
    const transfer = "items";
    new edgekv.ItemGroup("redirects", { network, namespace: "bench", group: "redirects", file, transfer });
  };
  writeCsv(file, items, () => false);
  record("first write", await stage.up(program), engine.created, await least(puts(numbers, 1)));
  record("no change", await stage.up(program), engine["no change"], { floorRequests: 0 });
  writeCsv(file, items, everyHundredth);
  record(
    "1 % changed",
    await stage.up(program),
    engine.changed,
    await least(puts(numbers.filter(everyHundredth), 2)),
  );
  record(
    "destroy",
    await stage.destroy(),
    engine.deleted,
    await least(numbers.map((index) => ({ method: "DELETE", path: pathOf("floor", index) }))),
  );
  return rows;
}
