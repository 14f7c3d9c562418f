/**
 * What was measured last, in docs/development/performance.json: the page and its plots show it. A part that is measured anew replaces
 * its rows, and leaves those of the others.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { BulkRow } from "./bulk";
import type { Comparison } from "./plugin";
import type { Row } from "./report";

export interface Figures {
  /** Seconds of a program without resources. */
  readonly empty: number;
  readonly rows: readonly Row[];
  readonly bulk: readonly BulkRow[];
  readonly comparisons: readonly Comparison[];
}

const noFigures: Figures = { empty: 0, rows: [], bulk: [], comparisons: [] };

export function readFigures(file: string): Figures {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Figures) : noFigures;
}

export function writeFigures(file: string, figures: Figures): void {
  writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`);
}

/** The figures with those that were measured anew in place of those of the same name; new ones come last. */
export function withNew(figures: Figures, measured: Figures): Figures {
  const { rows, bulk, comparisons } = figures;
  return {
    empty: measured.empty,
    rows: replaced(rows, measured.rows, ({ what, step }) => `${what}: ${step}`),
    bulk: replaced(bulk, measured.bulk, ({ items, step }) => `${items}: ${step}`),
    comparisons: measured.comparisons.length === 0 ? comparisons : measured.comparisons,
  };
}

function replaced<T>(before: readonly T[], after: readonly T[], nameOf: (one: T) => string): T[] {
  const found = new Map(before.map((one) => [nameOf(one), one]));
  for (const one of after) found.set(nameOf(one), one);
  return [...found.values()];
}
