import type { Emulator } from "../../../emulator";
import { readSettings } from "../../../provider/config";
import { adapt, type DynamicProvider } from "../../../provider/dynamic";
import { createHttpClient } from "../../../provider/http/client";
import { registry } from "../../../provider/registry";
import type { Clock } from "../../../provider/runtime/clock";
import type { Context } from "../../../provider/runtime/context";
import type { HttpClient } from "../../../provider/runtime/httpClient";
import { RunState } from "../../../provider/runtime/runState";
import { ServiceClock } from "../../../provider/runtime/serviceClock";

/** Where a run is cut off, as by SIGKILL of engine and provider. */
export interface Crash {
  /** Of all requests of the run, counted from 1. */
  readonly request: number;
  /** Whether the service carries that request out. */
  readonly effect: "before" | "after";
}

/** How the provider reaches the service. */
export interface Connection {
  /** Milliseconds of the machine's time for one attempt. Default 60,000: no busy machine is that slow. */
  readonly timeoutMs?: number;
  /** Default: the emulator's. */
  readonly host?: string;
  /** Whether the emulator's certificate is trusted. Default true. */
  readonly isTrusted?: boolean;
}

export interface ProcessOptions {
  readonly crash?: Crash | undefined;
  readonly connection?: Connection | undefined;
  /** Stands between the handlers and the service. */
  readonly through?: ((inner: HttpClient) => HttpClient) | undefined;
  /** Called after every request and every wait. */
  readonly observe?: (() => Promise<void>) | undefined;
  /** Seconds that the machine's clock is behind the service's. Default 0. */
  readonly secondsBehind?: number | undefined;
  /** Where the messages to the user go. */
  readonly messages?: string[] | undefined;
}

/** A new one each time: whatever waits for a shared one would stay in memory. */
export const never = () => new Promise<never>(() => undefined);

/** The settings of a stack whose config names the emulator. */
export function settingsOf(emulator: Emulator, settings: Readonly<Record<string, string>>) {
  const config: Readonly<Record<string, string>> = { ...emulator.credentials(), ...settings };
  return readSettings({ config: (key) => config[key], env: {}, readFile: () => "", home: "/nowhere" });
}

/** One process of the provider: it remembers nothing of earlier runs, and may crash at a request. After that nothing of it goes on. */
export class ProviderProcess {
  readonly context: Context;
  /** All that the handlers sent, as `PUT /edgekv/v1/…`. */
  readonly requests: string[] = [];
  /** Messages to the user, warnings with `warning: ` before them. */
  readonly messages: string[];
  readonly crashed = Promise.withResolvers<void>();
  isDead = false;
  readonly #providers = new Map<string, DynamicProvider>();

  constructor(
    emulator: Emulator,
    clock: Clock,
    stackConfig: Readonly<Record<string, string>>,
    private readonly options: ProcessOptions = {},
  ) {
    const {
      connection: { timeoutMs = 60_000, host, isTrusted = true } = {},
      through = (inner) => inner,
      messages = [],
      secondsBehind = 0,
    } = options;
    this.messages = messages;
    const settings = settingsOf(emulator, stackConfig);
    const runState = new RunState();
    const mortalClock: Clock = {
      now: () => clock.now() - secondsBehind * 1000,
      sleep: (milliseconds) => this.#sleep(clock, milliseconds),
    };
    const serviceClock = new ServiceClock(mortalClock);
    const http = createHttpClient({
      credentials: { ...settings.credentials, host: host ?? settings.credentials.host },
      certificateAuthority: isTrusted ? emulator.ca : undefined,
      concurrency: settings.concurrency,
      onChange: () => runState.forgetReads(),
      onDate: (date) => serviceClock.measure(date),
      clock: mortalClock,
      random: () => 0.5,
      timeoutMs,
    });
    const inner = through(http);
    this.context = {
      http: { send: (request) => this.#send(inner, request) },
      clock: mortalClock,
      serviceClock,
      random: () => 0.5,
      logger: {
        info: (line) => void messages.push(line),
        warn: (line) => void messages.push(`warning: ${line}`),
      },
      settings,
      runState,
    };
  }

  async #sleep(clock: Clock, milliseconds: number): Promise<void> {
    await this.alive(clock.sleep(milliseconds));
    await this.options.observe?.();
  }

  async #send(inner: HttpClient, request: Parameters<HttpClient["send"]>[0]) {
    if (this.isDead) return never();
    const isLast = this.requests.push(`${request.method} ${request.path}`) === this.options.crash?.request;
    if (isLast && this.options.crash?.effect === "before") return this.#die();
    const [reply] = await Promise.allSettled([inner.send(request)]);
    await this.options.observe?.();
    if (isLast) return this.#die();
    if (this.isDead) return never();
    if (reply.status === "rejected") throw reply.reason;
    return reply.value;
  }

  #die(): Promise<never> {
    this.isDead = true;
    this.crashed.resolve();
    return never();
  }

  /** What a process that crashed meanwhile does not come to never ends. */
  async alive<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      return this.isDead ? never() : result;
    } catch (error) {
      if (this.isDead) return never();
      throw error;
    }
  }

  /** The handlers of a resource, as the engine calls them. */
  provider(token: string): DynamicProvider {
    const resource = registry.get(token);
    if (resource === undefined) throw new Error(`no resource ${token}`);
    const existing = this.#providers.get(token);
    if (existing !== undefined) return existing;
    const {
      configure,
      check,
      diff,
      create,
      read,
      update,
      delete: remove,
    } = adapt(resource, Promise.resolve(this.context), () => undefined);
    const provider: DynamicProvider = {
      configure,
      check: (...args) => this.alive(check(...args)),
      diff: (...args) => this.alive(diff(...args)),
      create: (...args) => this.alive(create(...args)),
      read: (...args) => this.alive(read(...args)),
      update: (...args) => this.alive(update(...args)),
      delete: (...args) => this.alive(remove(...args)),
    };
    this.#providers.set(token, provider);
    return provider;
  }
}
