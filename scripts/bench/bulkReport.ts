/** What uploads take beside single requests and beside Terraform: a table, and a plot over the number of items. */
import { markdownTable } from "../markdown";
import type { BulkRow } from "./bulk";
import type { Row } from "./report";
import { documentedLag, documentedRate, terraformSecondsPerKey } from "./scale";

const count = (value: number) => value.toLocaleString("en");
const seconds = (value: number) => value.toFixed(1);
const duration = (value: number) =>
  value < 120
    ? `${seconds(value)} s`
    : value < 7200
      ? `${(value / 60).toFixed(0)} min`
      : `${(value / 3600).toFixed(1)} h`;

export function bulkTable(rows: readonly BulkRow[]): string {
  const head = [
    "items",
    "step",
    "wall, s",
    "floor, s",
    "engine, s",
    "wall / floor",
    "(wall - engine) / floor",
    "writes",
    "requests",
    "memory, MB",
    "state, MB",
    `one by one, ${documentedRate}/s`,
    `Terraform, ${terraformSecondsPerKey} s each`,
  ];
  const lines = rows.map(({ items, step, seconds: wall, engine, floor, writes, requests, memory, state }) => {
    const isFirst = step === "first write";
    const beside = (value: number) => (floor === undefined ? "" : (Math.max(0, value) / floor).toFixed(2));
    return [
      count(items),
      step,
      seconds(wall),
      floor === undefined ? "" : seconds(floor),
      seconds(engine),
      beside(wall),
      beside(wall - engine),
      count(writes),
      count(requests),
      memory === undefined ? "" : memory.toFixed(0),
      state.toFixed(2),
      isFirst ? duration(items / documentedRate) : "",
      isFirst ? duration(items * terraformSecondsPerKey) : "",
    ];
  });
  return markdownTable(head, lines);
}

export function bulkSection(rows: readonly BulkRow[]): string {
  return `## Items by upload

- The items and their values are those of the table above. \`transfer\` is \`auto\`: from 500 changed items on they go by uploads.
- **floor** is what bare uploads of the same pieces take, with their jobs, and then one propagation of ${documentedLag} s, as Akamai documents it.
- **engine** is what a bare dynamic resource takes, as above.
- **writes** are the requests that change something: uploads, and the namespace of the run.
- **destroy** takes the items with their namespace. One by one, each would be a request.
- Terraform writes one key after the other and waits ${terraformSecondsPerKey} s for each, as its source has it: the last column is arithmetic, and so is the one before it.

![Seconds of the first write over the number of items](performance-items.svg)

${bulkTable(rows)}`;
}

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly isMeasured: boolean;
  readonly points: readonly (readonly [items: number, seconds: number])[];
}

const area = { left: 80, top: 40, width: 620, height: 380 } as const;
const decadesX = 6;
const decadesY = 7;

/** Seconds of the first write over the number of items. Both scales are logarithmic. */
export function itemsPlot(rows: readonly Row[], bulk: readonly BulkRow[]): string {
  const sizes = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
  const measured = rows.flatMap(({ what, step, seconds: wall }): [number, number][] => {
    const [, items] = /^([\d,]+) items?, (\d+)\/s$/.exec(what) ?? [];
    const isShown = items !== undefined && step === "first write" && what.endsWith(`, ${documentedRate}/s`);
    return isShown ? [[Number(items.replaceAll(",", "")), wall]] : [];
  });
  const series: Series[] = [
    {
      name: `Terraform: ${terraformSecondsPerKey} s for each key (arithmetic)`,
      colour: "#b5543b",
      isMeasured: false,
      points: sizes.map((items) => [items, items * terraformSecondsPerKey]),
    },
    {
      name: `one by one, ${documentedRate} requests a second (arithmetic)`,
      colour: "#8a8f98",
      isMeasured: false,
      points: sizes.map((items) => [items, Math.max(1, documentedLag + items / documentedRate)]),
    },
    { name: "one by one (measured)", colour: "#8a8f98", isMeasured: true, points: measured },
    {
      name: "by upload (measured)",
      colour: "#3b6ea5",
      isMeasured: true,
      points: bulk.flatMap(({ items, step, seconds: wall }) =>
        step === "first write" ? [[items, wall] as const] : [],
      ),
    },
  ];
  const x = (items: number) => area.left + (Math.log10(Math.max(1, items)) / decadesX) * area.width;
  const y = (value: number) =>
    area.top + area.height - (Math.log10(Math.max(1, value)) / decadesY) * area.height;
  const grid = [
    ...sizes.map(
      (items) =>
        `<line x1="${x(items)}" y1="${area.top}" x2="${x(items)}" y2="${area.top + area.height}" stroke="#ddd"/><text x="${x(items)}" y="${area.top + area.height + 18}" text-anchor="middle">${count(items)}</text>`,
    ),
    ...Array.from({ length: decadesY + 1 }, (_, decade) => {
      const at = y(10 ** decade);
      return `<line x1="${area.left}" y1="${at}" x2="${area.left + area.width}" y2="${at}" stroke="#ddd"/><text x="${area.left - 8}" y="${at + 4}" text-anchor="end">${count(10 ** decade)} s</text>`;
    }),
  ];
  const lines = series.map(({ colour, isMeasured, points }) => {
    const path = points.map(([items, value]) => `${x(items).toFixed(1)},${y(value).toFixed(1)}`);
    const dots = isMeasured
      ? path.map((point) => {
          const [cx, cy] = point.split(",");
          return `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"/>`;
        })
      : [];
    const dash = isMeasured ? "" : ` stroke-dasharray="5 4"`;
    return `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${dots.join("")}`;
  });
  const legend = series.map(({ name, colour, isMeasured }, index) => {
    const at = area.top + 18 + index * 18;
    const dash = isMeasured ? "" : ` stroke-dasharray="5 4"`;
    return `<line x1="${area.left + 14}" y1="${at - 4}" x2="${area.left + 44}" y2="${at - 4}" stroke="${colour}" stroke-width="2"${dash}/><text x="${area.left + 52}" y="${at}">${name}</text>`;
  });
  const [width, height] = [area.left + area.width + 50, area.top + area.height + 40];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    "<title>Seconds of the first write over the number of items</title>",
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="10" y="20" font-weight="bold">Seconds of the first write over the number of items</text>`,
    ...grid,
    ...lines,
    ...legend,
    "</svg>\n",
  ].join("\n");
}
