import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { styleText } from "node:util";
import { Command } from "commander";
import { cpuFactorOf, originsOf, UsageError } from "../../emulator/cli/options";
import { printable } from "../../emulator/cli/printable";
import type { Paint } from "../../emulator/cli/requestLine";
import { siteEvents } from "../../emulator/cli/siteLines";
import { kvItems } from "./kvFile";
import { sourceLine } from "./sourceLine";

interface GivenOptions {
  readonly kv?: string;
  readonly origin?: readonly string[];
  readonly port?: string;
  readonly hostname: string;
  readonly tier: string;
  readonly cpuFactor?: string;
}

const TIERS: Readonly<Record<string, number>> = { basic: 100, dynamic: 200, enterprise: 280 };

/** The command that runs the code of a folder on this machine. */
export function devCommand(): Command {
  return new Command("dev")
    .description(
      "Runs the EdgeWorker of a folder on http://localhost, with Akamai's event model and limits, and again after each change of a file. Nothing is deployed.",
    )
    .argument("<folder>", "folder with main.js and bundle.json")
    .option(
      "--kv <FILE>",
      "CSV with the columns item and value, and optionally namespace and group, as EdgeKV data",
    )
    .option(
      "--origin <HOST=URL>",
      "origin or host of sub-requests on this machine; repeatable; a URL alone is for every host",
      (text: string, all: readonly string[] = []) => [...all, text],
    )
    .option("--port <N>", "port (default: a free one)")
    .option("--hostname <NAME>", "hostname of the site", "localhost")
    .option("--tier <NAME>", "resource tier: basic, dynamic or enterprise", "dynamic")
    .option("--cpu-factor <N>", "multiplies the CPU time that code may use, for a slow machine (default: 1)")
    .action(run);
}

async function run(given: string, options: GivenOptions): Promise<void> {
  const folder = resolve(given);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UsageError(`there is no folder ${given}`);
  for (const file of ["main.js", "bundle.json"])
    if (!existsSync(join(folder, file))) throw new UsageError(`${given} has no ${file}`);
  const tierId = TIERS[options.tier];
  if (tierId === undefined)
    throw new UsageError(`--tier: "${options.tier}" is not basic, dynamic or enterprise`);
  const port = options.port === undefined ? 0 : Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--port: "${options.port}" is not a whole number from 0 to 65535`);
  const items = options.kv === undefined ? [] : kvItems(readFileSync(options.kv, "utf8"), options.kv);
  const paint: Paint = (colour, text) => styleText(colour, text, { stream: process.stderr });
  // File names, messages of the parser and lines of code: all of it comes from the folder.
  const say = (text: string) => void process.stderr.write(`${printable(text)}\n`);
  const events = siteEvents(paint);
  const { startDevServer } = await import("./server.js");
  const server = await startDevServer({
    folder,
    items,
    port,
    hostname: options.hostname.toLowerCase(),
    tierId,
    say,
    edge: {
      origins: originsOf(options.origin ?? []),
      ...(options.cpuFactor !== undefined && { cpuFactor: cpuFactorOf(options.cpuFactor) }),
      ...events,
      onCode(event) {
        events.onCode?.(event);
        const source = event.failure && sourceLine(folder, event.failure.message);
        if (source !== undefined) say(source);
      },
    },
  });
  const end = () => void server.close().then(() => process.exit(0));
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  process.stdout.write(`${server.url}/\n`);
}
