import { type Emulator, type EmulatorOptions, type EmulatorSettings, startEmulator } from "../../emulator";
import { readSettings } from "../../provider/config";
import { adapt, type DynamicProvider } from "../../provider/dynamic";
import { createHttpClient } from "../../provider/http/client";
import { registry } from "../../provider/registry";
import type { Context } from "../../provider/runtime/context";
import type { HttpClient } from "../../provider/runtime/httpClient";
import type { Logger } from "../../provider/runtime/logger";
import { RunState } from "../../provider/runtime/runState";

type Values = Record<string, unknown>;
/** What a program says of a resource. */
type Args = Readonly<object>;

/** A resource as the engine would keep it. */
export interface Kept {
  readonly token: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: Values;
  readonly state: Values;
  /** The last change did not go through to its end: the engine updates it at the next occasion, whether anything changed or not. */
  readonly failed?: true;
}

/** What a run that failed says, and what the engine keeps of the resource. */
export interface Failed {
  readonly message: string;
  readonly kept: Kept | undefined;
}

export interface Previewed {
  readonly inputs: Values;
  readonly failures: { property: string; reason: string }[];
  /** What `up` would do. */
  readonly plan: "create" | "same" | "update" | "replace";
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/**
 * Handlers against an emulator in process, with a clock turned by hand: every wait of the provider turns the emulator's clock. `run()` begins a new
 * run of the engine, with nothing remembered.
 */
export class World {
  readonly notices: string[] = [];
  #providers = new Map<string, DynamicProvider>();
  context: Context;

  private constructor(
    readonly emulator: Emulator,
    private readonly settings: Record<string, string>,
  ) {
    this.context = this.#open();
  }

  static async start(options: EmulatorOptions = {}, settings: Record<string, string> = {}): Promise<World> {
    return new World(
      await startEmulator({
        clock: "manual",
        seed: Number(process.env.SEED ?? 1),
        ...options,
        settings: { initialized: true, ...options.settings },
      }),
      settings,
    );
  }

  /** The same account, seen by a new process. */
  run(): this {
    this.context = this.#open();
    this.#providers.clear();
    return this;
  }

  #open(): Context {
    const { emulator } = this;
    const settings = readSettings({
      config: (key) => ({ ...emulator.credentials(), ...this.settings })[key],
      env: {},
      readFile: () => "",
      home: "/nowhere",
    });
    const clock = {
      now: () => emulator.clock.now(),
      sleep: async (milliseconds: number) => emulator.clock.advance(milliseconds / 1000),
    };
    const memory = new RunState();
    const notices: Logger = { info: (line) => this.notices.push(line), warn: (line) => this.notices.push(`warning: ${line}`) };
    const http = createHttpClient({
      credentials: settings.credentials,
      certificateAuthority: emulator.ca,
      concurrency: settings.concurrency,
      onChange: () => memory.forgetReads(),
      clock,
      random: () => 0.5,
      timeoutMs: 2000,
    });
    return { http, clock, random: () => 0.5, logger: notices, settings, runState: memory };
  }

  #provider(token: string): DynamicProvider {
    const resource = registry.get(token);
    if (resource === undefined) throw new Error(`no resource ${token}`);
    const known = this.#providers.get(token) ?? adapt(resource, Promise.resolve(this.context), () => undefined);
    this.#providers.set(token, known);
    return known;
  }

  async preview(token: string, name: string, args: Args, old?: Kept): Promise<Previewed> {
    const provider = this.#provider(token);
    const news = { ...args, owner: `project/stack/${name}`, __provider: "text" };
    const checked = await provider.check(old?.inputs ?? {}, news);
    const nothing = { ...checked, replaces: [], deleteBeforeReplace: false };
    if (old === undefined || checked.failures.length > 0) return { ...nothing, plan: "create" };
    const { changes, replaces, deleteBeforeReplace } = await provider.diff(old.id, old.state, checked.inputs);
    if (!changes) return { ...nothing, plan: old.failed ? "update" : "same" };
    if (replaces.length === 0) return { ...nothing, plan: "update" };
    const again = await provider.check({}, news);
    return { ...again, plan: "replace", replaces, deleteBeforeReplace };
  }

  /** What the engine does with one resource; the old object of a replacement goes at the end, or first where it has to. */
  async up(token: string, name: string, args: Args, old?: Kept): Promise<Kept> {
    return this.#carryOut(token, name, await this.preview(token, name, args, old), old);
  }

  /** An `up` that is to fail. */
  async failingUp(token: string, name: string, args: Args, old?: Kept): Promise<Failed> {
    const planned = await this.preview(token, name, args, old);
    try {
      await this.#carryOut(token, name, planned, old);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!("id" in error && "properties" in error)) return { message: error.message, kept: old };
      const { inputs } = planned;
      return {
        message: error.message,
        kept: { token, name, id: String(error.id), inputs, state: error.properties as Values, failed: true },
      };
    }
    throw new Error("this was to fail");
  }

  async #carryOut(token: string, name: string, planned: Previewed, old?: Kept): Promise<Kept> {
    const { inputs, failures, plan, deleteBeforeReplace } = planned;
    if (failures.length > 0) throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
    const provider = this.#provider(token);
    const sent = { ...inputs, __provider: "text" };
    const keep = (id: string, outs: Values): Kept => ({ token, name, id, inputs, state: { ...outs, __provider: "text" } });
    if (old !== undefined && plan === "same") return old;
    if (old !== undefined && plan === "update") return keep(old.id, (await provider.update(old.id, old.state, sent)).outs);
    if (old !== undefined && deleteBeforeReplace) await provider.delete(old.id, old.state);
    const { id, outs } = await provider.create(sent);
    if (old !== undefined && !deleteBeforeReplace) await provider.delete(old.id, old.state);
    return keep(id, outs);
  }

  async refresh(old: Kept): Promise<Kept | undefined> {
    const { id, props, inputs } = await this.#provider(old.token).read(old.id, old.state);
    if (id === undefined) return undefined;
    const { token, name } = old;
    return { token, name, id, inputs: inputs ?? old.inputs, state: { ...props, __provider: "text" } };
  }

  async destroy(old: Kept): Promise<void> {
    await this.#provider(old.token).delete(old.id, old.state);
  }

  /** Another person, or another tool, with access to the same account. */
  somebody(section?: string): HttpClient {
    const { emulator } = this;
    return createHttpClient({
      credentials: emulator.credentials(section),
      certificateAuthority: emulator.ca,
      clock: { now: () => emulator.clock.now(), sleep: async (milliseconds) => emulator.clock.advance(milliseconds / 1000) },
      random: () => 0.5,
    });
  }

  /** The time that goes by between two runs, in seconds. */
  later(seconds: number): this {
    this.emulator.clock.advance(seconds);
    return this.run();
  }

  /** The requests that may have changed something, as `POST /tokens`, without what all paths of EdgeKV begin with. */
  changes(): string[] {
    return this.requests().filter((request) => !request.startsWith("GET "));
  }

  /** All requests, as `GET /networks/staging/namespaces?details=on`. */
  requests(): string[] {
    return this.emulator.journal().map(({ method, path, query }) => {
      const asked = new URLSearchParams(query).toString();
      return `${method} ${path.replace("/edgekv/v1", "")}${asked === "" ? "" : `?${asked}`}`;
    });
  }

  /** What is said from now on. */
  forgetNotices(): this {
    this.notices.length = 0;
    return this;
  }

  /** The emulator's settings, such as misfortunes to come. */
  set(settings: Partial<EmulatorSettings>): this {
    const state = this.emulator.state.get() as { settings: object };
    this.emulator.state.put({ ...state, settings: { ...state.settings, ...settings } });
    return this;
  }

  /** What an API client may do in each access group from now on. */
  restrict(capabilities: Readonly<Record<string, readonly string[]>>, client = "default"): this {
    const state = this.emulator.state.get() as { clients: Record<string, object> };
    this.emulator.state.put({ ...state, clients: { ...state.clients, [client]: { ...state.clients[client], capabilities } } });
    return this;
  }

  close(): Promise<void> {
    return this.emulator.close();
  }
}
