/**
 * `npm run test:resilience`: the suites of tests/resilience and a few of tests/engine, with all their cases. `npm test` runs a part of them.
 * When none failed, their reports are written as tables to docs/development/reliability.md. Names of suites as arguments run only those,
 * and write only their tables.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { markdownTable } from "./markdown";
import { root } from "./root";

const suites = [
  "tests/resilience",
  "tests/contract",
  "tests/engine/crash",
  "tests/engine/rotation",
  "tests/engine/secretLeaks",
  "tests/engine/oldState",
];

const Line = z.object({ table: z.string(), row: z.record(z.string(), z.union([z.string(), z.number()])) });
type Row = z.infer<typeof Line>["row"];

/** What each table is about, in the order of the page. */
const tables: Readonly<Record<string, string>> = {
  "Crashes in process":
    "Engine and provider die at every request of a run, once before and once after its effect; the handlers run in process, the state is what the engine would have. The next run ends with the account of an undisturbed one, and the one after that has nothing to do.",
  "Crashes of changes in process": "The same while things are changed, and while they are destroyed.",
  "Live reads while a site is destroyed":
    "A whole site is destroyed, and its live code reads EdgeKV after every request and every wait: it gets its data until it is off. The run dies at each request, once before and once after its effect. With every default, code stays live: a later run ends, or is refused and names what is live.",
  "Crashes with data in process":
    "The same while data is written by uploads, kept in a snapshot before a destroy, or moved to another namespace. After each crash, and after the run that follows, the data is in the account or in a snapshot that is whole.",
  "Crashes of the engine":
    "The same with SIGKILL at moments spread over the requests of a run: of the program, the real engine and the provider together, and at four of ten also of the engine alone.",
  Faults:
    "Every route times every fault, some once and some lasting. A run ends in success or in one error for each resource that names the operation, the response of the service and what to do; the run after the fault ends with the right account.",
  "Stale reads": "Reads are answered by replicas of any age up to the documented lag.",
  "Concurrent changes":
    "Another client changes the same objects between two requests of a run, at every third of these moments.",
  Load: "Many resources against the documented rate limits. Seconds are of the account's time.",
  Fuzz: "Made-up values for every field of every resource, and hostile files. What is refused is refused at preview, on its property, and nothing is sent.",
  "Hostile text":
    "Control characters, marks of direction and commands of CI systems, in every field, file name and error body. None of them is in what an engine prints.",
  "Emulator under attack":
    "Requests that are refused, sixteen at a time: without signatures, with bodies of any size, deep and doubling. Memory is heap and buffers, after a collection.",
  Attacks: "What an adversary tried, and what came of it. Each is a test.",
  "Secret leaks": "Secrets that must not be found anywhere but encrypted in the state.",
  "Old state": "State that an earlier release has written: previewed without a change, and destroyed.",
  "Emulator honesty": "The assertions that also run against a real account.",
};

async function run(): Promise<void> {
  const chosen = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-figures-"));
  const figures = join(folder, "figures.jsonl");
  try {
    const jest = [
      join(root, "node_modules", "jest", "bin", "jest.js"),
      ...(chosen.length > 0 ? chosen : suites),
    ];
    const child = spawn(process.execPath, ["--experimental-vm-modules", ...jest], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, AKAMAI_EDGE_RESILIENCE: "full", AKAMAI_EDGE_FIGURES: figures },
    });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) {
      process.exitCode = 1;
      return;
    }
    const path = join(root, "docs", "development", "reliability.md");
    const current = existsSync(path) ? sectionsOf(readFileSync(path, "utf8")) : new Map<string, string>();
    const rows = existsSync(figures) ? readRows(readFileSync(figures, "utf8")) : new Map<string, Row[]>();
    writeFileSync(path, page(current, rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The sections of the page as it is, by their titles. */
function sectionsOf(text: string): Map<string, string> {
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => [section.slice(0, section.indexOf("\n")), `## ${section.trimEnd()}\n`]),
  );
}

function readRows(text: string): Map<string, Row[]> {
  const rows = new Map<string, Row[]>();
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const { table, row } = Line.parse(JSON.parse(line));
    rows.set(table, [...(rows.get(table) ?? []), row]);
  }
  return rows;
}

/** In the order of `tables`, whichever suite was first. */
function page(known: ReadonlyMap<string, string>, rows: ReadonlyMap<string, readonly Row[]>): string {
  const unknownTables = [...rows.keys()].filter((name) => tables[name] === undefined);
  if (unknownTables.length > 0)
    throw new Error(`a suite reports to a table that the page does not have: ${unknownTables.join(", ")}`);
  const sections = Object.entries(tables).flatMap(([name, about]) => {
    const own = rows.get(name);
    return own === undefined ? (known.get(name) ?? []) : [`## ${name}\n\n${about}\n\n${tableOf(own)}\n`];
  });
  return `<!-- Made by \`npm run test:resilience\`. Do not edit. -->

# Reliability

What a run survives, as measured by \`npm run test:resilience\` against the emulator. \`npm test\` runs a part of each suite. How the suites work: [testing](testing.md#resilience-suites).

${sections.join("\n")}`;
}

function tableOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return markdownTable(
    columns,
    rows.map((row) => columns.map((column) => formatCell(row[column] ?? ""))),
  );
}

function formatCell(value: string | number): string {
  if (typeof value === "string") return value.replaceAll("|", "\\|");
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(2);
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
