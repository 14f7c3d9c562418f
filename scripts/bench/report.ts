/** What the benchmark measured: rows, a table, a plot, and the page. */
import { cpus } from "node:os";
import { markdownTable } from "../markdown";
import { documentedRate, lag, maxBareRequests, parallel } from "./scale";
import type { MeasuredRun } from "./stage";

/** What a step takes with bare dynamic resources. */
export type EngineRun = Pick<MeasuredRun, "seconds" | "cpu">;

export interface Row {
  /** Such as `10,000 items`. */
  readonly what: string;
  readonly step: string;
  readonly seconds: number;
  /** What as many bare dynamic resources take in this step. */
  readonly engine: EngineRun;
  /** Absent where there is nothing to send. */
  readonly floor?: number | undefined;
  readonly requests: number;
  readonly floorRequests: number;
  readonly memory: number | undefined;
  readonly cpu: number | undefined;
  readonly state: number;
}

export type Print = (line: string) => void;

export const formatCount = (value: number) => value.toLocaleString("en");

/** Returns a function that adds a step to the rows, and prints it. */
export function recordRows(rows: Row[], what: string, print: Print) {
  return (
    step: string,
    measured: MeasuredRun,
    engine: EngineRun,
    bare: { readonly floor?: number; readonly floorRequests: number },
  ) => {
    const { seconds, requests, memory, cpu, state } = measured;
    // A run has more than these: what is kept is stored in a file.
    const ofEngine = { seconds: engine.seconds, cpu: engine.cpu };
    rows.push({ what, step, seconds, engine: ofEngine, requests, memory, cpu, state, ...bare });
    const least = bare.floor === undefined ? "" : `, floor ${bare.floor.toFixed(1)} s`;
    print(
      `${what}, ${step}: ${seconds.toFixed(1)} s${least}, ${requests} requests, ${memory?.toFixed(0) ?? "?"} MB, ${cpu?.toFixed(1) ?? "?"} s of CPU, bare ${engine.seconds.toFixed(1)} s and ${engine.cpu?.toFixed(1) ?? "?"} s`,
    );
  };
}

const number = (value: number, digits: number) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
/** A shorter floor says nothing beside runs that take seconds. */
const shortestFloor = 0.5;
const ratio = (seconds: number, floor: number | undefined) =>
  floor === undefined || floor < shortestFloor ? "" : number(Math.max(0, seconds) / floor, 2);

export function table(rows: readonly Row[]): string {
  const head = [
    "",
    "step",
    "wall, s",
    "floor, s",
    "engine, s",
    "wall / engine",
    "(wall - engine) / floor",
    "requests",
    "floor's requests",
    "CPU, s",
    "CPU of bare ones, s",
    "memory, MB",
    "state, MB",
  ];
  const lines = rows.map((row) => [
    row.what,
    row.step,
    number(row.seconds, 1),
    row.floor === undefined ? "" : number(row.floor, 1),
    number(row.engine.seconds, 1),
    number(row.seconds / row.engine.seconds, 2),
    ratio(row.seconds - row.engine.seconds, row.floor),
    number(row.requests, 0),
    number(row.floorRequests, 0),
    row.cpu === undefined ? "" : number(row.cpu, 1),
    row.engine.cpu === undefined ? "" : number(row.engine.cpu, 1),
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

/** @param sections what follows the table */
export function page(rows: readonly Row[], empty: number, sections: readonly string[]): string {
  return `<!-- Made by \`npm run bench\`. Do not edit. -->

# Performance

Measured by \`npm run bench\` with Node ${process.version}, on ${cpus().length} cores that engine, provider and emulator share with other work. Seconds on such a machine vary, also from one part of the page to the other; compare what is in one row, which was measured within a minute. [performance.json](performance.json) has the figures.

- **wall** is a whole \`pulumi up\` or \`pulumi destroy\`, the engine's own start included. A program without resources takes it ${empty.toFixed(1)} s.
- **engine** is the same with as many bare dynamic resources: a provider that does nothing, with as many properties and a state as large. For items, which are one resource, it is one of them.
- **floor** is the least that the requests can take. They are signed, and sent with got by a loop that knows the limit and does nothing else. Where a delay is documented (items, a change of retention, the activation of a token) one delay of ${lag} s follows, until all servers show the changes. The provider does not know the limit: it finds it by the service's 429. Of more than ${formatCount(maxBareRequests)} requests, so many are sent, and the time is scaled up.
- **requests** are all of the run, reads and refused requests included.
- **CPU** is what the provider's process takes of a processor, its start included. Other work on the machine leaves it alone, so it is the number to compare.
- **memory** is the peak of the provider's process. It includes Node and Pulumi's own libraries.
- Namespaces and tokens are resources of their own, with \`--parallel ${parallel}\`. Without it the engine works on four for each core at the same time. With fewer than there are resources, waits follow each other. They are changed in their retention, and refreshed.
- The engine stores its state after each step: the state of 200 resources 400 times in a create. That is in **engine**, and grows with the square of their number. Rows with _no checkpoints_ are measured without it (\`PULUMI_SKIP_CHECKPOINTS\`), several times in turn with the bare resources, and are medians: compare their (wall - engine) / floor. See [Troubleshooting](../guides/troubleshooting.md#many-resources-are-slow-on-a-file-backend).
- Rows _by the plugin_ are of the [native plugin](../guides/from-dynamic-to-native.md). Their **engine** is that of the other rows, with the start of Pulumi's dynamic provider, which the plugin does without.
- Items come from a CSV file with values of about 100 characters. Akamai documents ${documentedRate} requests a second. The larger runs have ten times that, since they would take half an hour otherwise.

![Seconds for each step, beside the floor](performance.svg)

${table(rows)}

${sections.join("\n\n")}
`;
}
