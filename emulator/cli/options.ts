import { parseArgs } from "node:util";
import type { ClockMode, EmulatorOptions, LagPreset } from "../index";

export const USAGE = `Usage: akamai-edge-emulator --dir DIR [options]

An emulator of the Akamai APIs on https://localhost. Writes DIR/.edgerc (sections "default" and "read-only") and DIR/ca.pem, and, once it
answers, one line of JSON to stdout: {"url","edgerc","section","caFile","controlUrl","controlToken"}. SIGTERM ends it.

  --dir DIR            directory for its files; made when absent. Files that no emulator wrote are never overwritten
  --port N             port on the loopback addresses (default: a free one)
  --clock MODE         real, manual (POST /clock moves it), or xN for N times as fast (default: real)
  --lag MODE           default (the documented durations), none, or the upper bound in SECONDS (default: default)
  --object-lag SECONDS up to which new and deleted objects are stale (default: 0)
  --latency MS         what each request takes, as far away as the service is (default: 50)
  --seed N             of the random numbers that choose replicas and ids (default: 1)
  --seed-file FILE     JSON with a part of the state, as GET /state shows it, merged into the fresh account
  --persist            keep state and credentials in DIR across restarts
  --help               this text

Control, with the header "Authorization: Bearer <controlToken>", below controlUrl:
  GET /clock, POST /clock {"advanceSeconds":n}   GET|DELETE /journal   GET /counts   GET|POST|DELETE /faults   GET|PUT /state
`;

/** A command line that is not valid. */
export class UsageError extends Error {}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--${name}: "${text}" is not a number of at least 0`);
  return value;
}

function integer(name: string, text: string, max: number): number {
  const value = number(name, text);
  if (!Number.isInteger(value) || value > max)
    throw new UsageError(`--${name}: "${text}" is not an integer of at most ${max}`);
  return value;
}

function clockMode(text: string): ClockMode {
  if (text === "real" || text === "manual") return text;
  const scale = /^x(\d+(?:\.\d+)?)$/.exec(text)?.[1];
  if (scale === undefined) throw new UsageError(`--clock: "${text}" is not real, manual or xN`);
  return { scale: Number(scale) };
}

const lagMode = (text: string): LagPreset =>
  text === "default" || text === "none" ? text : number("lag", text);

/** The options of the command line. `undefined`: print the usage. */
export function parseOptions(args: string[]): EmulatorOptions | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    dir: text,
    port: text,
    clock: text,
    lag: text,
    "object-lag": text,
    latency: text,
    seed: text,
    "seed-file": text,
    persist: flag,
    help: flag,
  };
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    values = parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const {
    dir,
    port,
    clock,
    lag,
    "object-lag": objectLag,
    seed,
    "seed-file": seedFile,
    persist,
    help,
  } = values;
  const { latency = "50" } = values;
  if (help) return undefined;
  if (!dir) throw new UsageError("--dir is missing");
  return {
    dir,
    ...(port !== undefined && { port: integer("port", port, 65_535) }),
    ...(clock !== undefined && { clock: clockMode(clock) }),
    ...(lag !== undefined && { lag: lagMode(lag) }),
    ...(objectLag !== undefined && {
      lag: { ...(lag !== undefined && { preset: lagMode(lag) }), object: number("object-lag", objectLag) },
    }),
    latency: number("latency", latency),
    ...(seed !== undefined && { seed: integer("seed", seed, 2 ** 31 - 1) }),
    ...(seedFile !== undefined && { seedFile }),
    ...(persist && { persist }),
  };
}
