import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../emulator";
import { createHttpClient } from "../../provider/http/client";
import { realClock } from "../../provider/runtime/clock";
import type { HttpClient } from "../../provider/runtime/httpClient";
import { isOfPackage, openStack, type Run, watch } from "../../scripts/engine";
import { natively } from "../../scripts/nativeProgram";
import { isRunning, kill, signalEngines } from "../../scripts/processes";
import { root } from "../../scripts/root";
import { type Adapter, adapterOfRun } from "./adapters";

/** The real engine with a stack and an emulator of its own. A program is given to each run, so that a test reads as a sequence of its changes. */
export class EngineTest {
  /** Runs that have not ended yet. */
  readonly #running = new Set<Promise<Run>>();
  /** Whether the next runs have native resources. A stack can move over, and back. */
  isNative = false;

  private constructor(
    readonly emulator: Emulator,
    readonly stack: Stack,
    readonly folder: string,
    private readonly program: { run: PulumiFn },
  ) {}

  /** By the native plugin in every run of the tests. */
  static startNative(options: EmulatorOptions = {}, cli = testCli()): Promise<EngineTest> {
    return EngineTest.start(options, cli, "native");
  }

  /**
   * @param cli folder of another Pulumi CLI than the tests' own, with `bin/pulumi` in it
   * @param adapter what serves the program's resources. With `native` the stack has a Provider for all resources of the package.
   */
  static async start(
    options: EmulatorOptions = {},
    cli = testCli(),
    adapter: Adapter = adapterOfRun,
  ): Promise<EngineTest> {
    const folder = mkdtempSync(join(tmpdir(), "akamai-edge-engine-"));
    const emulator = await startEmulator({
      dir: join(folder, "emulator"),
      lag: "none",
      ...options,
      settings: { initialized: true, ...options.settings },
    });
    const program: { run: PulumiFn } = { run: async () => ({}) };
    const stack = await openStack({
      folder,
      cli,
      project: "shop",
      program: () => program.run(),
      emulator,
      ...(adapter === "native" ? { plugin: pluginFolder(folder) } : {}),
    });
    const test = new EngineTest(emulator, stack, folder, program);
    test.isNative = adapter === "native";
    return test;
  }

  preview(program: PulumiFn): Promise<Run> {
    this.program.run = this.served(program);
    return this.#watch((onEvent) => this.stack.preview({ onEvent }));
  }

  up(program: PulumiFn): Promise<Run> {
    this.program.run = this.served(program);
    return this.#watch((onEvent) => this.stack.up({ onEvent }));
  }

  /** The program with its resources served by the adapter of the next runs. */
  served(program: PulumiFn): PulumiFn {
    return this.isNative ? natively(program) : program;
  }

  refresh(): Promise<Run> {
    return this.#watch((onEvent) => this.stack.refresh({ onEvent }));
  }

  destroy(): Promise<Run> {
    return this.#watch((onEvent) => this.stack.destroy({ onEvent }));
  }

  #watch(act: Parameters<typeof watch>[0]): Promise<Run> {
    const run = watch(act);
    this.#running.add(run);
    void run.then(
      () => this.#running.delete(run),
      () => this.#running.delete(run),
    );
    return run;
  }

  /** Another client of the same account, such as a person or another tool. */
  somebody(): HttpClient {
    return createHttpClient({
      credentials: this.emulator.credentials(),
      certificateAuthority: this.emulator.ca,
      clock: realClock,
      random: Math.random,
    });
  }

  /** The state as it lies in its file, secrets encrypted; `stack export` by the Automation API decrypts them. */
  checkpoint(): string {
    return readFileSync(join(this.folder, ".pulumi", "stacks", "shop", "demo.json"), "utf8");
  }

  /** The package's resources in the state. */
  async resources(): Promise<StateResource[]> {
    return resourcesIn(this.checkpoint());
  }

  /** The requests that may have changed something, as `POST /edgekv/v1/tokens`. */
  changes(): string[] {
    return changesIn(this.emulator);
  }

  /** Ends what still runs too: a test that timed out must leave no engine, provider or open port behind. */
  async close(): Promise<void> {
    if (this.#running.size > 0) {
      for (const pid of signalEngines("SIGKILL")) kill(pid);
      await Promise.allSettled(this.#running);
    }
    await this.emulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
  readonly initErrors?: string[];
}

/** The package's resources in a state file, which is what `pulumi stack export` prints; secrets are encrypted. */
export function resourcesIn(text: string): StateResource[] {
  const { checkpoint } = JSON.parse(text) as { checkpoint: { latest?: { resources?: StateResource[] } } };
  return (checkpoint.latest?.resources ?? []).filter(({ type }) => isOfPackage(type));
}

/** The folder of the Pulumi CLI that the set-up of the engine tests has found or made. */
export function testCli(): string {
  const cli = process.env.AKAMAI_EDGE_TEST_CLI;
  if (cli === undefined) throw new Error("the set-up of the engine tests has not run");
  return cli;
}

/** The requests that may have changed something, as `POST /edgekv/v1/tokens`. */
export function changesIn(emulator: Emulator): string[] {
  return (
    emulator
      .journal()
      // A validation, a search and a trial keep nothing: previews ask for them.
      .filter(
        ({ method, path, query }) =>
          method !== "GET" && !/\/(validations|find-by-value)$/.test(path) && query.dryRun !== "true",
      )
      .map(({ method, path }) => `${method} ${path}`)
  );
}

/** A run that was to succeed; fails the test with all that the engine printed. */
export async function succeeded(run: Promise<Run>): Promise<Run> {
  const done = await run;
  if (done.error !== undefined)
    throw new Error(`the run failed:\n${done.messages.join("\n")}\n${done.text.slice(0, 4000)}`);
  return done;
}

/** Ends the engine and leaves to themselves what it started: without it they have to end too, at once. */
export async function killEngineAlone(): Promise<void> {
  const started = signalEngines("SIGKILL");
  const deadline = Date.now() + secondsToEnd * 1000;
  let left = started;
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = left.filter(isRunning);
  }
  if (started.length === 0) throw new Error("no engine was running, or none that had started a provider");
  for (const pid of left) process.kill(pid, "SIGKILL");
  // The emulator still reads what was on its way.
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (left.length > 0)
    throw new Error(`still running ${secondsToEnd} s after the engine: ${left.join(", ")}`);
}

/** A busy machine takes a part of it. */
const secondsToEnd = 3;

/** `op name` of each step but the unchanged ones. */
export function changed(run: Run): string[] {
  return run.steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
}

/** A folder with the plugin's launcher, as `node_modules/.bin` is one. */
export function pluginFolder(folder: string): string {
  const made = join(folder, "plugin");
  mkdirSync(made, { recursive: true });
  const launcher = join(made, "pulumi-resource-akamai-edge");
  // As npm does it for a package that is installed.
  symlinkSync(join(root, "dist", "plugin", "pulumi-resource-akamai-edge"), launcher);
  return made;
}
