import { basename, resolve } from "node:path";
import { styleText } from "node:util";
import { Command, Option } from "commander";
import { environmentOf, SHELLS, type Shell, shellLines } from "./environment";
import { directoryOf, emulatorOptions, type GivenOptions, UsageError } from "./options";
import { asciiJson, printable } from "./printable";
import { type Paint, requestLine } from "./requestLine";
import { siteEvents } from "./siteLines";

/** Colours on a terminal, unless NO_COLOR is set. */
const paint: Paint = (colour, text) => styleText(colour, text, { stream: process.stderr });

/** The command that runs an emulator, with its sub-command `env`. */
export function emulatorCommand(name: string): Command {
  const command = new Command(name)
    .description(
      "An emulator of the Akamai APIs on https://localhost. It writes DIR/.edgerc (sections default and read-only) and DIR/ca.pem. " +
        "Once it answers, it prints one line of JSON to stdout: url, edgerc, section, caFile, controlUrl, controlToken, and pageUrl, a page for a browser. SIGTERM ends it.",
    )
    .usage("--dir DIR [options]")
    .option(
      "--dir <DIR>",
      "directory for its files; made when absent. Files that no emulator wrote stay as they are",
    )
    .option("--port <N>", "port on the loopback addresses (default: a free one)")
    .option(
      "--clock <MODE>",
      "real, manual (POST /clock moves it), or xN for N times as fast (default: real)",
    )
    .option("--lag <MODE>", "default (the documented durations), none, or the upper bound in SECONDS")
    .option("--object-lag <SECONDS>", "up to which new and deleted objects are stale (default: 0)")
    .option("--latency <MS>", "what each request takes, as far away as the service is (default: 50)")
    .option("--seed <N>", "seeds the random numbers that choose replicas and ids (default: 1)")
    .option(
      "--seed-file <FILE>",
      "JSON with a part of the state, as GET /state shows it, merged into the fresh account",
    )
    .option("--persist", "keep state and credentials in DIR across restarts")
    .option("--edge", "the sites of the account answer requests with the code that is deployed, on two ports")
    .option("--staging-port <N>", "port of the sites on staging (default: a free one)")
    .option("--production-port <N>", "port of the sites on production (default: a free one)")
    .option(
      "--origin <HOST=URL>",
      "origin of the sites on this machine; repeatable; a URL alone is for every host",
      (text: string, all: readonly string[] = []) => [...all, text],
    )
    .option("--cpu-factor <N>", "multiplies the CPU time that code may use, for a slow machine (default: 1)")
    .option(
      "--fresh",
      "each event runs in an engine of its own, so that what code keeps between events is lost",
    )
    .option("--quiet", "no line on stderr for each request")
    .allowExcessArguments()
    .enablePositionalOptions()
    .addHelpText("after", CONTROL)
    .action(async (given: GivenOptions, { args }: Command) => {
      const [extra] = args;
      if (extra !== undefined)
        throw new UsageError(`unknown argument "${extra}": the only sub-command is env`);
      await run(given);
    });
  command
    .command("env")
    .description(
      'Prints the environment for clients of the emulator that runs in DIR: eval "$(akamai-edge emulator env --dir DIR)".',
    )
    .option("--dir <DIR>", "directory of the running emulator")
    .option("--section <NAME>", "section of .edgerc, such as read-only", "default")
    .addOption(new Option("--shell <NAME>", "syntax of the lines").choices(SHELLS).default("sh"))
    .action((_given: object, env: Command) => printEnvironment(env.optsWithGlobals()));
  return command;
}

const CONTROL = `
Control, with the header "Authorization: Bearer <controlToken>", below controlUrl:
  GET /clock, POST /clock {"advanceSeconds":n}   GET|DELETE /journal   GET /counts
  GET|POST|DELETE /faults   GET|PUT /state   GET /edge/explain?url=URL (with --edge)`;

async function run(given: GivenOptions): Promise<void> {
  const options = emulatorOptions(given);
  const onRequest = given.quiet
    ? undefined
    : (request: Parameters<typeof requestLine>[0]) =>
        void process.stderr.write(`${requestLine(request, paint)}\n`);
  // Only now: help and usage errors need none of it.
  const { startEmulator } = await import("../index.js");
  const edge = typeof options.edge === "object" && {
    ...options.edge,
    ...(!given.quiet && siteEvents(paint)),
  };
  const emulator = await startEmulator({
    ...options,
    ...(edge && { edge }),
    ...(onRequest && { onRequest }),
  });
  const { url, edgerc, section, caFile, controlUrl, controlToken, pageUrl } = emulator;
  const sites = emulator.edge && {
    edge: { staging: emulator.edge.staging, production: emulator.edge.production },
  };
  const end = () => {
    emulator.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${printable(String(error instanceof Error ? error.message : error))}\n`);
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  // Last: whoever reads the line may send a signal at once.
  process.stdout.write(
    `${asciiJson({ url, edgerc, section, caFile, controlUrl, controlToken, pageUrl, ...sites })}\n`,
  );
}

interface EnvOptions {
  readonly dir?: string;
  readonly section: string;
  readonly shell: Shell;
}

async function printEnvironment(options: EnvOptions): Promise<void> {
  const dir = directoryOf(options);
  const { readRunning } = await import("../directory/running.js");
  const running = readRunning(dir);
  const { edgerc, caFile } = running;
  // The emulator may have been started elsewhere: its paths may be relative to there.
  const here = (file: string) => resolve(dir, basename(file));
  const absolute = { ...running, edgerc: here(edgerc), caFile: here(caFile) };
  process.stdout.write(shellLines(environmentOf(absolute, options.section), options.shell));
}
