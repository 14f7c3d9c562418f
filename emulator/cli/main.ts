#!/usr/bin/env node
import { parseOptions, USAGE, UsageError } from "./options";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  // Only now: help and usage errors need none of it.
  const { startEmulator } = await import("../index.js");
  const emulator = await startEmulator(options);
  const { url, edgerc, section, caFile, controlUrl, controlToken } = emulator;
  const end = () => emulator.close().then(() => process.exit(0), fail);
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  // Last: whoever reads the line may send a signal at once.
  process.stdout.write(`${JSON.stringify({ url, edgerc, section, caFile, controlUrl, controlToken })}\n`);
}

function fail(error: unknown): never {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`akamai-edge-emulator: ${error instanceof Error ? error.message : error}\n`);
  if (isUsage) process.stderr.write("Try --help.\n");
  process.exit(isUsage ? 2 : 1);
}

main().catch(fail);
