import type { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../../emulator";
import { readSettings } from "../../../provider/config";
import { adapt, type DynamicProvider } from "../../../provider/dynamic";
import { createHttpClient } from "../../../provider/http/client";
import { registry } from "../../../provider/registry";
import type { Context } from "../../../provider/runtime/context";
import type { HttpClient } from "../../../provider/runtime/httpClient";
import { RunState } from "../../../provider/runtime/runState";
import { quiet, VirtualClock } from "./clock";

type Values = Record<string, unknown>;

/** A resource as the engine keeps it. */
export interface Kept {
  /** Such as `edgekv:Namespace`. */
  readonly token: string;
  /** Token and name in the program, such as `edgekv:Namespace catalog`. */
  readonly urn: string;
  readonly id: string;
  readonly inputs: Values;
  readonly state: Values;
  /** The last change did not go through to its end. */
  readonly failed: boolean;
  /** When a run last came to it: what it needs has a lower number. */
  readonly order: number;
}

/** Where a run is cut off, as by SIGKILL of engine and provider. */
export interface Kill {
  /** Of all requests of the run, counted from 1. */
  readonly request: number;
  /** Whether the service has carried it out. */
  readonly effect: "before" | "after";
}

/** How the provider reaches the service, where it is not as it should be. */
export interface Line {
  /** Milliseconds of the machine's time for one attempt. Default 1000. */
  readonly timeoutMs?: number;
  /** Default: the emulator's. */
  readonly host?: string;
  /** Whether the emulator's certificate is trusted. Default true. */
  readonly isTrusted?: boolean;
}

export interface How {
  readonly kill?: Kill | undefined;
  readonly line?: Line | undefined;
  /** Stands between the handlers and the service. */
  readonly through?: ((inner: HttpClient) => HttpClient) | undefined;
  /** What is deleted of one kind goes side by side, the kind that came last first, instead of one after the other. */
  readonly sideBySide?: boolean | undefined;
}

export interface Ended {
  readonly how: "done" | "failed" | "killed";
  /** What the engine would show, as `edgekv:Namespace catalog: message`. */
  readonly errors: readonly string[];
  /** Each step but the unchanged ones, such as `create edgekv:Namespace catalog`. */
  readonly steps: readonly string[];
  /** All that the handlers sent, as `PUT /edgekv/v1/…`. */
  readonly requests: readonly string[];
  readonly notices: readonly string[];
  /** Seconds of the account's time. */
  readonly seconds: number;
}

/** A new one each time: whoever waits for one that lives on would be kept for ever. */
const never = () => new Promise<never>(() => undefined);
const pluginPrefix = "pulumi-nodejs:dynamic/";
const project = "shop";

/** One run: a process of the provider, with nothing remembered and an end of its own. */
class Run {
  readonly steps: string[] = [];
  readonly errors: string[] = [];
  readonly requests: string[] = [];
  readonly notices: string[] = [];
  readonly death = Promise.withResolvers<void>();
  isDead = false;
  /** Operations under way, and the program itself. */
  busy = 0;
  readonly began: number;
  readonly #providers = new Map<string, DynamicProvider>();
  readonly #context: Context;

  constructor(
    readonly emulator: Emulator,
    clock: VirtualClock,
    config: Readonly<Record<string, string>>,
    private readonly kill: Kill | undefined,
    through: (inner: HttpClient) => HttpClient,
    { timeoutMs = 1000, host = emulator.host, isTrusted = true }: Line,
  ) {
    this.began = clock.now();
    const settings = readSettings({ config: (key) => config[key], env: {}, readFile: () => "", home: "/nowhere" });
    const memory = new RunState();
    // What is dead does not wake up any more.
    const mortal = { now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms).then(() => (this.isDead ? never() : undefined)) };
    const http = createHttpClient({
      credentials: { ...settings.credentials, host },
      certificateAuthority: isTrusted ? emulator.ca : undefined,
      concurrency: settings.concurrency,
      onChange: () => memory.forgetReads(),
      clock: mortal,
      random: () => 0.5,
      timeoutMs,
    });
    const notices = { info: (line: string) => this.notices.push(line), warn: (line: string) => this.notices.push(`warning: ${line}`) };
    this.#context = { http: this.#mortal(through(http)), clock: mortal, random: () => 0.5, logger: notices, settings, runState: memory };
  }

  #mortal(inner: HttpClient): HttpClient {
    return {
      send: async (request) => {
        if (this.isDead) return never();
        this.requests.push(`${request.method} ${request.path}`);
        const isLast = this.requests.length === this.kill?.request;
        if (isLast && this.kill?.effect === "before") this.#die();
        if (this.isDead) return never();
        try {
          return await inner.send(request);
        } finally {
          if (isLast) this.#die();
          if (this.isDead) await never();
        }
      },
    };
  }

  #die(): void {
    this.isDead = true;
    this.death.resolve();
  }

  provider(token: string): DynamicProvider {
    const resource = registry.get(token);
    if (resource === undefined) throw new Error(`no resource ${token}`);
    const known = this.#providers.get(token) ?? adapt(resource, Promise.resolve(this.#context), () => undefined);
    this.#providers.set(token, known);
    return known;
  }

  /** Waits until nothing goes on any more: all is done, or what is left waits for something that failed. */
  async settled(): Promise<void> {
    for (;;) {
      await quiet(30);
      if (this.isDead || this.busy === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  ended(now: number): Ended {
    const { isDead, errors, steps, requests, notices } = this;
    const how = isDead ? "killed" : errors.length > 0 ? "failed" : "done";
    return { how, errors, steps, requests, notices, seconds: (now - this.began) / 1000 };
  }
}

/**
 * The part of the engine that decides over life and death of objects, in this process and on a clock of its own: it runs programs, keeps what each operation
 * returned and nothing else, makes the new object of a replacement before the old one goes, goes on with what does not depend on a failure. What only the real
 * engine can show (previews, files, secrets) is not here.
 */
export class ProcessStack {
  /** By urn. */
  resources = new Map<string, Kept>();
  /** Objects that were replaced, and are still to go. */
  replaced: Kept[] = [];
  /** Stack config without namespace, such as `greeter`. */
  config: Record<string, string> = {};
  #order = 0;

  private constructor(
    readonly emulator: Emulator,
    readonly settings: Readonly<Record<string, string>>,
    private readonly dir: string | undefined,
    private readonly name = "demo",
    readonly clock = new VirtualClock(emulator.clock),
  ) {}

  /** Traffic is not limited unless a test wants it: its limits are on the machine's time, which does not go by here. */
  static async start(options: EmulatorOptions = {}, settings: Readonly<Record<string, string>> = {}): Promise<ProcessStack> {
    const dir = mkdtempSync(join(tmpdir(), "akamai-edge-survival-"));
    const traffic = { itemRatePerSecond: 1_000_000, papiRequestsPerMinute: 1_000_000, papiRequestBurst: 1_000_000 };
    const emulator = await startEmulator({ clock: "manual", dir, ...options, settings: { ...traffic, ...options.settings } });
    return new ProcessStack(emulator, settings, dir);
  }

  /** Another stack of the project on the same account, which is the first one's to close. */
  beside(name: string): ProcessStack {
    return new ProcessStack(this.emulator, this.settings, undefined, name, this.clock);
  }

  /** The same stack and account once more, in an emulator of its own. */
  async copy(): Promise<ProcessStack> {
    const other = await ProcessStack.start({}, this.settings);
    other.emulator.state.put(this.emulator.state.get());
    other.resources = new Map(this.resources);
    other.replaced = [...this.replaced];
    other.config = { ...this.config };
    other.#order = this.#order;
    return other;
  }

  #run({ kill, through = (inner) => inner, line = {} }: How): Run {
    return new Run(this.emulator, this.clock, { ...this.emulator.credentials(), ...this.settings }, kill, through, line);
  }

  /** Runs a program to its end, to a failure or to where it is killed. */
  async up(program: PulumiFn, how: How = {}): Promise<Ended> {
    const run = this.#run(how);
    const seen = new Set<string>();
    await this.#register(run, program, async (token, urn, inputs) => {
      seen.add(urn);
      return this.#step(run, token, urn, inputs);
    });
    if (!run.isDead) {
      const touched = [...this.resources.values()].filter(({ urn }) => seen.has(urn));
      // What the run did not come to depends on what it came to, and not the other way round.
      if (run.errors.length > 0) for (const kept of this.resources.values()) if (!touched.includes(kept)) this.#keep(kept);
      if (run.errors.length === 0) {
        const removed = [...this.resources.values()].filter(({ urn }) => !seen.has(urn));
        await this.#deleteAll(run, [...removed, ...this.replaced]);
      }
    }
    await run.settled();
    return run.ended(this.clock.now());
  }

  async destroy(how: How = {}): Promise<Ended> {
    const run = this.#run(how);
    const all = [...this.resources.values(), ...this.replaced];
    if (how.sideBySide) await this.#deleteKinds(run, all);
    else await this.#deleteAll(run, all);
    await run.settled();
    return run.ended(this.clock.now());
  }

  async refresh(how: How = {}): Promise<Ended> {
    const run = this.#run(how);
    await this.#guarded(run, "refresh", async () => {
      for (const kept of this.resources.values()) {
        const { id, props, inputs } = await run.provider(kept.token).read(kept.id, kept.state);
        if (run.isDead) return;
        if (id === undefined) this.resources.delete(kept.urn);
        else
          this.resources.set(kept.urn, {
            ...kept,
            id,
            inputs: inputs ?? kept.inputs,
            state: { ...props, __provider: kept.state.__provider },
          });
      }
    });
    await run.settled();
    return run.ended(this.clock.now());
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

  /** Hands each resource of a program over as soon as what it needs is there. */
  async #register(run: Run, program: PulumiFn, register: (token: string, urn: string, inputs: Values) => Promise<Kept>): Promise<void> {
    // What is left of a run that was killed must not be waited for by the next one.
    const { LocalStore } = require("@pulumi/pulumi/runtime/state") as { LocalStore: new () => object };
    const { asyncLocalStorage } = globalThis as unknown as { asyncLocalStorage: AsyncLocalStorage<object> };
    await asyncLocalStorage.run(new LocalStore(), async () => {
      await pulumi.runtime.setMocks(
        {
          newResource: async ({ type, name, inputs, id }) => {
            if (!type.startsWith(pluginPrefix)) return { id: id ?? name, state: inputs as Values };
            run.busy += 1;
            const token = type.slice(pluginPrefix.length);
            const kept = await register(token, `${token} ${name}`, inputs as Values);
            run.busy -= 1;
            return { id: kept.id, state: kept.state };
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
      void program()
        .catch((error: unknown) => run.errors.push(`program: ${error}`))
        .finally(() => {
          run.busy -= 1;
        });
      await run.settled();
    });
  }

  /** Creates, updates, replaces or leaves a resource. A failure holds up all that needs it, for ever. */
  async #step(run: Run, token: string, urn: string, news: Values): Promise<Kept> {
    const kept = await this.#guarded(run, urn, () => this.#change(run, token, urn, news));
    if (kept !== undefined) return kept;
    run.busy -= 1;
    return never();
  }

  async #change(run: Run, token: string, urn: string, news: Values): Promise<Kept> {
    const provider = run.provider(token);
    const old = this.resources.get(urn);
    const check = async (olds: Values) => {
      const { inputs, failures } = await provider.check(olds, news);
      if (failures.length > 0) throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
      return { ...inputs, __provider: news.__provider };
    };
    let inputs = await check(old?.inputs ?? {});
    const save = (id: string, state: Values, failed = false) =>
      this.#keep({ token, urn, id, inputs, state: { ...state, __provider: news.__provider }, failed, order: 0 });
    const attempt = async (act: () => Promise<{ id?: string; outs: Values }>, id = ""): Promise<Kept> => {
      try {
        const made = await act();
        return run.isDead ? never() : save(made.id ?? id, made.outs);
      } catch (error) {
        const { id: partial, properties } = error as { id?: unknown; properties?: Values };
        if (!run.isDead && partial !== undefined && properties !== undefined) save(String(partial), properties, true);
        throw error;
      }
    };
    if (old === undefined) {
      run.steps.push(`create ${urn}`);
      return attempt(() => provider.create(inputs));
    }
    const { changes, replaces, deleteBeforeReplace } = await provider.diff(old.id, old.state, inputs);
    if (run.isDead) return never();
    if (replaces.length === 0) {
      if (!changes && !old.failed) return this.#keep({ ...old, inputs });
      run.steps.push(`update ${urn}`);
      return attempt(() => provider.update(old.id, old.state, inputs), old.id);
    }
    inputs = await check({});
    run.steps.push(`replace ${urn}`);
    if (deleteBeforeReplace) {
      await provider.delete(old.id, old.state);
      if (run.isDead) return never();
      this.resources.delete(urn);
      return attempt(() => provider.create(inputs));
    }
    const made = await attempt(() => provider.create(inputs)).catch((error: unknown) => {
      // What was made in part is the resource from now on, as in the engine.
      if (!run.isDead && this.resources.get(urn) !== old) this.replaced.push(old);
      throw error;
    });
    this.replaced.push(old);
    return made;
  }

  #keep(kept: Kept): Kept {
    const now = { ...kept, order: ++this.#order };
    this.resources.set(kept.urn, now);
    return now;
  }

  /** What failed of one kind may be in the way of the next: then it ends there. */
  async #deleteKinds(run: Run, doomed: readonly Kept[]): Promise<void> {
    const kinds = new Set([...doomed].sort((a, b) => b.order - a.order).map(({ token }) => token));
    for (const kind of kinds) {
      await Promise.all(doomed.filter(({ token }) => token === kind).map((kept) => this.#deleteAll(run, [kept])));
      if (run.isDead || run.errors.length > 0) return;
    }
  }

  async #deleteAll(run: Run, doomed: readonly Kept[]): Promise<void> {
    for (const kept of [...doomed].sort((a, b) => b.order - a.order)) {
      const done = this.#guarded(run, kept.urn, async () => {
        run.steps.push(`delete ${kept.urn}`);
        await run.provider(kept.token).delete(kept.id, kept.state);
        if (run.isDead) return never();
        if (this.resources.get(kept.urn) === kept) this.resources.delete(kept.urn);
        this.replaced = this.replaced.filter((one) => one !== kept);
        return true;
      });
      if ((await Promise.race([done, run.death.promise])) !== true) return;
    }
  }

  async #guarded<T>(run: Run, what: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (run.isDead) return never();
      run.errors.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}

const under = (namespace: string, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${namespace}:${key}`, value]));

/** The programs of the examples that make something, by name. */
export const examples = (names: readonly string[]): [string, PulumiFn][] =>
  names.map((name) => [name, require(join(__dirname, "../../../examples", name)) as PulumiFn]);
