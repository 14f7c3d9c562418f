import { appendFileSync } from "node:fs";

/** `npm run test:resilience` goes all the way; `npm test` takes a part of it that is chosen anew by nobody: the same cases in each run. */
export const isFull = process.env.AKAMAI_EDGE_RESILIENCE === "full";

/** Every n-th of what there is, the first one included, in the short form; all of it in the full one. */
export const every = <T>(n: number, all: readonly T[]): T[] =>
  all.filter((_, index) => isFull || index % n === 0);

/** A row for a table of docs/reliability.md, which `npm run test:resilience` writes. */
export function report(table: string, row: Readonly<Record<string, string | number>>): void {
  const file = process.env.AKAMAI_EDGE_FIGURES;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ table, row })}\n`);
}
