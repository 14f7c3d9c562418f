/** What the benchmark measured: rows, a table, a plot, and the page. */
import { cpus } from "node:os";
import { markdownTable } from "../markdown";
import type { BulkRow } from "./bulk";
import { bulkSection } from "./bulkReport";
import { documentedRate, lag, maxBareRequests } from "./scale";
import type { MeasuredRun } from "./stage";

export interface Row {
  /** Such as `10,000 items`. */
  readonly what: string;
  readonly step: string;
  readonly seconds: number;
  /** Absent where there is nothing to send. */
  readonly floor?: number | undefined;
  readonly requests: number;
  readonly floorRequests: number;
  readonly memory: number | undefined;
  readonly state: number;
}

export type Print = (line: string) => void;

export const formatCount = (value: number) => value.toLocaleString("en");

/** Returns a function that adds a step to the rows, and prints it. */
export function recordRows(rows: Row[], what: string, print: Print) {
  return (
    step: string,
    measured: MeasuredRun,
    bare: { readonly floor?: number; readonly floorRequests: number },
  ) => {
    const { seconds, requests, memory, state } = measured;
    rows.push({ what, step, seconds, requests, memory, state, ...bare });
    const least = bare.floor === undefined ? "" : `, floor ${bare.floor.toFixed(1)} s`;
    print(
      `${what}, ${step}: ${seconds.toFixed(1)} s${least}, ${requests} requests, ${memory?.toFixed(0) ?? "?"} MB`,
    );
  };
}

const number = (value: number, digits: number) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const ratio = ({ seconds, floor }: Row, engine: number) =>
  floor === undefined ? "" : number(Math.max(0, seconds - engine) / floor, 2);

/** @param engine seconds that the engine takes for a program without resources */
export function table(rows: readonly Row[], engine: number): string {
  const head = [
    "",
    "step",
    "wall, s",
    "floor, s",
    "wall / floor",
    "without the engine's own time",
    "requests",
    "floor's requests",
    "memory, MB",
    "state, MB",
  ];
  const lines = rows.map((row) => [
    row.what,
    row.step,
    number(row.seconds, 1),
    row.floor === undefined ? "" : number(row.floor, 1),
    ratio(row, 0),
    ratio(row, engine),
    number(row.requests, 0),
    number(row.floorRequests, 0),
    row.memory === undefined ? "" : number(row.memory, 0),
    number(row.state, 2),
  ]);
  return markdownTable(head, lines);
}

const bar = { height: 14, gap: 3, group: 16, left: 230, width: 620 } as const;

/** Two bars for each row that has a floor: the floor, and what the run took. The scale is logarithmic. */
export function plot(rows: readonly Row[]): string {
  const shown = rows.filter(({ floor }) => floor !== undefined);
  const longest = Math.max(10, ...shown.map(({ seconds, floor = 0 }) => Math.max(seconds, floor)));
  const decades = Math.ceil(Math.log10(longest));
  const x = (seconds: number) => (Math.log10(Math.max(1, seconds)) / decades) * bar.width;
  const rowHeight = 2 * bar.height + bar.gap + bar.group;
  const height = 60 + shown.length * rowHeight;
  const grid = Array.from({ length: decades + 1 }, (_, decade) => {
    const at = bar.left + (decade / decades) * bar.width;
    return `<line x1="${at}" y1="34" x2="${at}" y2="${height - 10}" stroke="#ddd"/><text x="${at}" y="28" text-anchor="middle">${10 ** decade} s</text>`;
  });
  const bars = shown.map(({ what, step, seconds, floor = 0 }, index) => {
    const y = 42 + index * rowHeight;
    const one = (value: number, top: number, colour: string) =>
      `<rect x="${bar.left}" y="${top}" width="${Math.max(1, x(value)).toFixed(1)}" height="${bar.height}" fill="${colour}"/>` +
      `<text x="${(bar.left + x(value) + 6).toFixed(1)}" y="${top + bar.height - 3}">${number(value, 1)}</text>`;
    const label = `<text x="${bar.left - 10}" y="${y + bar.height + 5}" text-anchor="end">${what}: ${step}</text>`;
    return label + one(floor, y, "#b8c4ce") + one(seconds, y + bar.height + bar.gap, "#3b6ea5");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${bar.left + bar.width + 90} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    "<title>Seconds for each step, beside the floor</title>",
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="10" y="16" font-weight="bold">Seconds: the bare requests (grey), and pulumi up or destroy (blue)</text>`,
    ...grid,
    ...bars,
    "</svg>\n",
  ].join("\n");
}

export function page(rows: readonly Row[], bulk: readonly BulkRow[], engine: number): string {
  return `<!-- Made by \`npm run bench\`. Do not edit. -->

# Performance

Measured by \`npm run bench\` with Node ${process.version}, on ${cpus().length} cores that engine, provider and emulator share. Times on such machines vary by some tenths; the ratios are of one run.

- **wall** is a whole \`pulumi up\` or \`pulumi destroy\`, the engine's own start included. A program without resources takes it ${engine.toFixed(1)} s.
- **floor** is the least that the same requests can take. They are signed, and sent with got by a loop that knows the limit and does nothing else. Then comes one delay of ${lag} s, until all servers show the changes. The provider does not know the limit: it finds it by the service's 429. Of more than ${formatCount(maxBareRequests)} requests, so many are sent, and the time is scaled up.
- **requests** are all of the run, reads and refused requests included.
- **memory** is the peak of the provider's process. It includes Node and Pulumi's own libraries.
- Namespaces and tokens are resources of their own, each with its own wait. Without \`--parallel\` the engine works on four for each core at the same time. With fewer than there are resources, waits follow each other.
- Items come from a CSV file with values of about 100 characters. Akamai documents ${documentedRate} requests a second. The larger runs have ten times that, since they would take half an hour otherwise.

![Seconds for each step, beside the floor](performance.svg)

${table(rows, engine)}

${bulkSection(bulk, engine)}
`;
}
