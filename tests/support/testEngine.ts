import { type Emulator, type EmulatorOptions, type EmulatorSettings, startEmulator } from "../../emulator";
import type { DynamicProvider } from "../../provider/dynamic";
import { createHttpClient } from "../../provider/http/client";
import type { Clock } from "../../provider/runtime/clock";
import type { Context } from "../../provider/runtime/context";
import type { HttpClient } from "../../provider/runtime/httpClient";
import { type ProcessOptions, ProviderProcess } from "./testEngine/providerProcess";
import { StackState, type StoredResource, urnOf } from "./testEngine/stackState";
import { carryOut, declared, isPartial, type Plan, planStep, refreshed } from "./testEngine/step";

export type { StoredResource } from "./testEngine/stackState";

/** What a program sets on a resource. */
type Args = Readonly<object>;

/** The message of a run that failed, and what the engine stores of the resource. */
export interface Failed {
  readonly message: string;
  readonly stored: StoredResource | undefined;
}

/**
 * Handlers against an emulator in process, one resource at a time, with a clock turned by hand: every wait of the provider turns the
 * emulator's clock. `run()` begins a new run of the engine, which remembers nothing.
 */
export class TestEngine {
  readonly messages: string[] = [];
  #process: ProviderProcess;

  private constructor(
    readonly emulator: Emulator,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.#process = this.open();
  }

  static async start(
    options: EmulatorOptions = {},
    settings: Record<string, string> = {},
  ): Promise<TestEngine> {
    return new TestEngine(
      await startEmulator({
        clock: "manual",
        seed: Number(process.env.SEED ?? 1),
        ...options,
        settings: { initialized: true, ...options.settings },
      }),
      settings,
    );
  }

  /** On an emulator that runs already. */
  static on(emulator: Emulator, settings: Record<string, string> = {}): TestEngine {
    return new TestEngine(emulator, settings);
  }

  /** The same account, seen by a new process. */
  run(options: ProcessOptions = {}): this {
    this.#process = this.open(options);
    return this;
  }

  /** A process beside the one of this run. */
  open(options: ProcessOptions = {}): ProviderProcess {
    return new ProviderProcess(this.emulator, this.#clock, this.settings, {
      messages: this.messages,
      ...options,
    });
  }

  get #clock(): Clock {
    const { clock } = this.emulator;
    return { now: () => clock.now(), sleep: async (milliseconds) => clock.advance(milliseconds / 1000) };
  }

  get context(): Context {
    return this.#process.context;
  }

  provider(token: string): DynamicProvider {
    return this.#process.provider(token);
  }

  preview(token: string, name: string, args: Args, old?: StoredResource): Promise<Plan> {
    return planStep(this.provider(token), declared(name, args), old);
  }

  /** What the engine does with one resource; the old object of a replacement goes at the end, or first where it has to. */
  async up(token: string, name: string, args: Args, old?: StoredResource): Promise<StoredResource> {
    const plan = await this.preview(token, name, args, old);
    return this.#carryOut(token, name, args, plan, old, stateWith(token, name, old));
  }

  /** An `up` that is to fail. */
  async failingUp(token: string, name: string, args: Args, old?: StoredResource): Promise<Failed> {
    const plan = await this.preview(token, name, args, old);
    const state = stateWith(token, name, old);
    try {
      await this.#carryOut(token, name, args, plan, old, state);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return {
        message: error.message,
        stored: isPartial(error) ? state.resources.get(urnOf({ token, name })) : old,
      };
    }
    throw new Error("this was to fail");
  }

  async #carryOut(
    token: string,
    name: string,
    args: Args,
    plan: Plan,
    old: StoredResource | undefined,
    state: StackState,
  ) {
    if (old !== undefined && plan.plan === "same" && plan.failures.length === 0) return old;
    const made = await carryOut(this.provider(token), { token, name }, declared(name, args), plan, state);
    for (const { id, state: replaced } of state.replaced) await this.provider(token).delete(id, replaced);
    return made;
  }

  refresh(old: StoredResource): Promise<StoredResource | undefined> {
    return refreshed(this.provider(old.token), old);
  }

  async destroy(old: StoredResource): Promise<void> {
    await this.provider(old.token).delete(old.id, old.state);
  }

  /** Another person, or another tool, with access to the same account. */
  somebody(section?: string): HttpClient {
    const { emulator } = this;
    const credentials = emulator.credentials(section);
    return createHttpClient({
      credentials,
      certificateAuthority: emulator.ca,
      clock: this.#clock,
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

  /** Drops the messages so far. */
  clearMessages(): this {
    this.messages.length = 0;
    return this;
  }

  /** The emulator's settings, such as faults to come. */
  set(settings: Partial<EmulatorSettings>): this {
    const state = this.emulator.state.get() as { settings: object };
    this.emulator.state.put({ ...state, settings: { ...state.settings, ...settings } });
    return this;
  }

  /** What an API client may do in each access group from now on. */
  restrict(capabilities: Readonly<Record<string, readonly string[]>>, client = "default"): this {
    const state = this.emulator.state.get() as { clients: Record<string, object> };
    this.emulator.state.put({
      ...state,
      clients: { ...state.clients, [client]: { ...state.clients[client], capabilities } },
    });
    return this;
  }

  close(): Promise<void> {
    return this.emulator.close();
  }
}

/** A stack with this resource alone, under the name that the program has for it now. */
function stateWith(token: string, name: string, old: StoredResource | undefined): StackState {
  return new StackState(new Map(old === undefined ? [] : [[urnOf({ token, name }), old]]));
}
