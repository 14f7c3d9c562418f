import type { ClockMode, EdgeOptions, EmulatorOptions, LagPreset } from "../index";

/** A command line that is not valid. */
export class UsageError extends Error {}

/** The values of the command line, as they were given. */
export interface GivenOptions {
  readonly dir?: string;
  readonly port?: string;
  readonly clock?: string;
  readonly lag?: string;
  readonly objectLag?: string;
  readonly latency?: string;
  readonly seed?: string;
  readonly seedFile?: string;
  readonly persist?: boolean;
  readonly quiet?: boolean;
  readonly edge?: boolean;
  readonly stagingPort?: string;
  readonly productionPort?: string;
  readonly origin?: readonly string[];
  readonly cpuFactor?: string;
  readonly fresh?: boolean;
}

const MAX_CLOCK_SCALE = 1_000_000;
/** A year: dates stay dates. */
const MAX_LAG_SECONDS = 31_536_000;
/** Milliseconds: clients of the command are as far away as those of the service. */
const DEFAULT_LATENCY = "50";
/** A minute: clients give up earlier. */
const MAX_LATENCY = 60_000;

function integer(name: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new UsageError(`--${name}: "${text}" is not a whole number from 0 to ${max}`);
  return value;
}

function clockMode(text: string): ClockMode {
  if (text === "real" || text === "manual") return text;
  const scale = Number(/^x(\d+(?:\.\d+)?)$/.exec(text)?.[1] ?? Number.NaN);
  if (!(scale > 0 && scale <= MAX_CLOCK_SCALE)) {
    throw new UsageError(
      `--clock: "${text}" is not real, manual, or xN with a number N above 0 and up to ${MAX_CLOCK_SCALE}, such as x60`,
    );
  }
  return { scale };
}

/** A number from 0 to `max`, with `unit` for the message. `others` are the words that the option allows beside it. */
function decimal(name: string, text: string, max: number, unit: string, others = ""): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) {
    throw new UsageError(`--${name}: "${text}" is not ${others}a number of ${unit} from 0 to ${max}`);
  }
  return value;
}

function lagPreset(text: string): LagPreset {
  if (text === "default" || text === "none") return text;
  return decimal("lag", text, MAX_LAG_SECONDS, "seconds", "default, none, or ");
}

export function directoryOf({ dir }: { readonly dir?: string }): string {
  if (!dir) throw new UsageError("--dir is missing: name a directory for the files of the emulator");
  return dir;
}

/** Origins from `HOST=URL`. A URL alone stands for every host. */
export function originsOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, host = "", url = ""] = /^(?:([^=/:]+)=)?(https?:\/\/.+)$/.exec(text) ?? [];
      if (url === "" || URL.parse(url) === null)
        throw new UsageError(
          `--origin: "${text}" is not HOST=URL, such as origin.example.com=http://127.0.0.1:3000, or a URL for every host`,
        );
      return [host === "" ? "*" : host, url];
    }),
  );
}

export function cpuFactorOf(text: string): number {
  const factor = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(factor > 0 && factor <= 1000))
    throw new UsageError(`--cpu-factor: "${text}" is not a number above 0 and up to 1000`);
  return factor;
}

/** The options of the sites. They need `--edge`. */
function edgeOptions(given: GivenOptions): EdgeOptions | undefined {
  const { edge, stagingPort, productionPort, origin = [], cpuFactor, fresh = false } = given;
  const isGiven =
    fresh || origin.length > 0 || [stagingPort, productionPort, cpuFactor].some((text) => text !== undefined);
  if (!edge && isGiven)
    throw new UsageError("--staging-port, --production-port, --origin, --cpu-factor and --fresh need --edge");
  if (!edge) return undefined;
  return {
    ...(stagingPort !== undefined && { stagingPort: integer("staging-port", stagingPort, 65_535) }),
    ...(productionPort !== undefined && {
      productionPort: integer("production-port", productionPort, 65_535),
    }),
    ...(origin.length > 0 && { origins: originsOf(origin) }),
    ...(cpuFactor !== undefined && { cpuFactor: cpuFactorOf(cpuFactor) }),
    ...(fresh && { fresh }),
  };
}

/** The options of an emulator from those of the command line. */
export function emulatorOptions(given: GivenOptions): EmulatorOptions {
  const { port, clock, lag, objectLag, latency = DEFAULT_LATENCY, seed, seedFile, persist } = given;
  const edge = edgeOptions(given);
  return {
    ...(edge !== undefined && { edge }),
    dir: directoryOf(given),
    ...(port !== undefined && { port: integer("port", port, 65_535) }),
    ...(clock !== undefined && { clock: clockMode(clock) }),
    ...(lag !== undefined && { lag: lagPreset(lag) }),
    ...(objectLag !== undefined && {
      lag: {
        ...(lag !== undefined && { preset: lagPreset(lag) }),
        object: decimal("object-lag", objectLag, MAX_LAG_SECONDS, "seconds"),
      },
    }),
    latency: decimal("latency", latency, MAX_LATENCY, "milliseconds"),
    ...(seed !== undefined && { seed: integer("seed", seed, 2 ** 31 - 1) }),
    ...(seedFile !== undefined && { seedFile }),
    ...(persist && { persist }),
  };
}
