import type { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../../emulator";
import { never, type ProcessOptions } from "./providerProcess";
import { Run, type RunResult } from "./run";
import { inDeletionOrder, inDestroyOrder, StackState, type StoredResource, urnOf } from "./stackState";
import { carryOut, planStep, refreshed, remove } from "./step";
import { VirtualClock } from "./virtualClock";

export type { RunResult } from "./run";
export type { StoredResource } from "./stackState";

type Values = Record<string, unknown>;

export interface RunOptions extends ProcessOptions {
  /** What is deleted of one kind goes side by side, the kind that came last first, instead of one after the other. */
  readonly sideBySide?: boolean | undefined;
}

const pluginPrefix = "pulumi-nodejs:dynamic/";
const project = "shop";

/**
 * The part of the engine that creates and deletes objects, in this process and on a clock of its own. It runs Pulumi programs, stores what
 * each operation returned, and goes on with what does not depend on a failure. What only the real engine can show (previews, files,
 * secrets) is not here.
 */
export class ProgramStack {
  #state = new StackState();
  /** Stack config without namespace, such as `greeter`. */
  config: Record<string, string> = {};

  private constructor(
    readonly emulator: Emulator,
    readonly settings: Readonly<Record<string, string>>,
    private readonly dir: string | undefined,
    private readonly name = "demo",
    readonly clock = new VirtualClock(emulator.clock),
  ) {}

  /** Traffic is not limited unless a test wants it: its limits are on the machine's time, which does not go by here. */
  static async start(
    options: EmulatorOptions = {},
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ProgramStack> {
    const dir = mkdtempSync(join(tmpdir(), "akamai-edge-resilience-"));
    const traffic = {
      itemRatePerSecond: 1_000_000,
      papiRequestsPerMinute: 1_000_000,
      papiRequestBurst: 1_000_000,
    };
    const emulator = await startEmulator({
      clock: "manual",
      dir,
      ...options,
      settings: { ...traffic, ...options.settings },
    });
    return new ProgramStack(emulator, settings, dir);
  }

  /** Another stack of the project on the same account, which is the first one's to close. */
  beside(name: string): ProgramStack {
    return new ProgramStack(this.emulator, this.settings, undefined, name, this.clock);
  }

  /** The same stack and account once more, in an emulator of its own. */
  async copy(): Promise<ProgramStack> {
    const other = await ProgramStack.start({ lag: { object: 5 } }, this.settings);
    other.emulator.state.put(this.emulator.state.get());
    other.restore(this.resources, this.#state.replaced);
    other.config = { ...this.config };
    return other;
  }

  /** By urn. */
  get resources(): ReadonlyMap<string, StoredResource> {
    return this.#state.resources;
  }

  /** Sets what the engine stores, as `pulumi stack import`. */
  restore(
    resources: ReadonlyMap<string, StoredResource>,
    replaced: readonly StoredResource[] = this.#state.replaced,
  ): void {
    this.#state = new StackState(new Map(resources), [...replaced]);
  }

  #run(options: RunOptions): Run {
    const connection = { timeoutMs: 1000, ...options.connection };
    return new Run(this.emulator, this.clock, this.settings, { ...options, connection });
  }

  /** Runs a program to its end, to a failure or to its crash. */
  async up(program: PulumiFn, options: RunOptions = {}): Promise<RunResult> {
    const run = this.#run(options);
    const seen = new Set<string>();
    await this.#register(run, program, async (token, name, inputs) => {
      seen.add(urnOf({ token, name }));
      return this.#step(run, token, name, inputs);
    });
    const all = [...this.resources];
    const unseen = all.flatMap(([urn, resource]) => (seen.has(urn) ? [] : [resource]));
    // What a failed run did not come to depends on what it came to, and not the other way round.
    if (!run.isDead && run.errors.length > 0) for (const resource of unseen) this.#state.save(resource);
    else if (!run.isDead) await this.#deleteAll(run, inDeletionOrder([...unseen, ...this.#state.replaced]));
    return run.result();
  }

  async destroy(options: RunOptions = {}): Promise<RunResult> {
    const run = this.#run(options);
    const all = [...this.resources.values(), ...this.#state.replaced];
    if (options.sideBySide) await this.#deleteKinds(run, all);
    else await this.#deleteAll(run, inDestroyOrder(all));
    return run.result();
  }

  async refresh(options: RunOptions = {}): Promise<RunResult> {
    const run = this.#run(options);
    const reading = run.guarded("refresh", async () => {
      for (const [urn, resource] of this.resources) {
        const found = await refreshed(run.process.provider(resource.token), resource);
        if (found === undefined) this.#state.resources.delete(urn);
        else this.#state.resources.set(urn, found);
      }
    });
    await Promise.race([reading, run.process.crashed.promise]);
    return run.result();
  }

  /** The time that goes by between two runs, in seconds. */
  later(seconds: number): void {
    this.emulator.clock.advance(seconds);
  }

  async close(): Promise<void> {
    if (this.dir === undefined) return;
    await this.emulator.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Registers each resource of a program as soon as what it needs is there. */
  async #register(
    run: Run,
    program: PulumiFn,
    register: (token: string, name: string, inputs: Values) => Promise<StoredResource>,
  ): Promise<void> {
    // The next run must not wait for what is left of a crashed one.
    const { LocalStore } = require("@pulumi/pulumi/runtime/state") as { LocalStore: new () => object };
    const { asyncLocalStorage } = globalThis as unknown as { asyncLocalStorage: AsyncLocalStorage<object> };
    await asyncLocalStorage.run(new LocalStore(), async () => {
      await pulumi.runtime.setMocks(
        {
          newResource: async ({ type, name, inputs, id }) => {
            if (!type.startsWith(pluginPrefix)) return { id: id ?? name, state: inputs as Values };
            run.busy += 1;
            const token = type.slice(pluginPrefix.length);
            const stored = await register(token, name, inputs as Values);
            run.busy -= 1;
            return { id: stored.id, state: stored.state };
          },
          call: async () => ({}),
        },
        project,
        this.name,
        false,
      );
      const { edgerc, section, caFile } = this.emulator;
      const ofPackage = { ...this.settings, edgerc: String(edgerc), section, caFile: String(caFile) };
      pulumi.runtime.setAllConfig({ ...under("akamai-edge", ofPackage), ...under(project, this.config) });
      run.busy += 1;
      // Pulumi takes a stack trace of each promise, and jest maps each to its source: a quarter of a run.
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      void program()
        .catch((error: unknown) => run.errors.push(`program: ${error}`))
        .finally(() => {
          run.busy -= 1;
        });
      try {
        await run.finished();
      } finally {
        Error.stackTraceLimit = stackTraceLimit;
      }
    });
  }

  /** Creates, updates, replaces or leaves a resource. A failure holds up all that needs it, for ever. */
  async #step(run: Run, token: string, name: string, news: Values): Promise<StoredResource> {
    const urn = urnOf({ token, name });
    const stored = await run.guarded(urn, async () => {
      const provider = run.process.provider(token);
      const plan = await planStep(provider, news, this.resources.get(urn));
      if (plan.plan !== "same" && plan.failures.length === 0) run.steps.push(`${plan.plan} ${urn}`);
      return carryOut(provider, { token, name }, news, plan, this.#state);
    });
    if (stored !== undefined) return stored;
    run.busy -= 1;
    return never();
  }

  /** What failed of one kind may be in the way of the next: then it ends there. */
  async #deleteKinds(run: Run, doomed: readonly StoredResource[]): Promise<void> {
    for (const kind of new Set(inDeletionOrder(doomed).map(({ token }) => token))) {
      await Promise.all(
        doomed.filter(({ token }) => token === kind).map((resource) => this.#deleteAll(run, [resource])),
      );
      if (run.isDead || run.errors.length > 0) return;
    }
  }

  /** One after the other. */
  async #deleteAll(run: Run, doomed: readonly StoredResource[]): Promise<void> {
    for (const resource of doomed) {
      const deleting = run.guarded(urnOf(resource), async () => {
        run.steps.push(`delete ${urnOf(resource)}`);
        await remove(run.process.provider(resource.token), resource, this.#state);
        return true;
      });
      if ((await Promise.race([deleting, run.process.crashed.promise])) !== true) return;
    }
  }
}

const under = (namespace: string, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${namespace}:${key}`, value]));
