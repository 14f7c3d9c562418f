import type { Emulator } from "../../../emulator";
import { type ProcessOptions, ProviderProcess } from "./providerProcess";
import { quiet, type VirtualClock } from "./virtualClock";

export interface RunResult {
  readonly how: "done" | "failed" | "crashed";
  /** What the engine would show, as `edgekv:Namespace catalog: message`. */
  readonly errors: readonly string[];
  /** Each step but the unchanged ones, such as `create edgekv:Namespace catalog`. */
  readonly steps: readonly string[];
  /** All that the handlers sent, as `PUT /edgekv/v1/…`. */
  readonly requests: readonly string[];
  readonly messages: readonly string[];
  /** Seconds of the account's time. */
  readonly seconds: number;
}

/** One run of the engine: a process of the provider, and what the engine does with it. */
export class Run {
  readonly process: ProviderProcess;
  readonly steps: string[] = [];
  readonly errors: string[] = [];
  /** Operations under way, and the program itself. */
  busy = 0;
  readonly #began: number;

  constructor(
    emulator: Emulator,
    private readonly clock: VirtualClock,
    config: Readonly<Record<string, string>>,
    options: ProcessOptions,
  ) {
    this.#began = clock.now();
    this.process = new ProviderProcess(emulator, clock, config, options);
  }

  get isDead(): boolean {
    return this.process.isDead;
  }

  /** Does a part of the run; its failure becomes an error of the run. */
  async guarded<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.process.alive(act());
    } catch (error) {
      this.errors.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  /** Waits until nothing goes on any more: all is done, or what is left waits for something that failed. */
  async finished(): Promise<void> {
    for (;;) {
      await quiet(30);
      if (this.isDead || this.busy === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async result(): Promise<RunResult> {
    await this.finished();
    const { isDead, errors, steps, clock } = this;
    const { requests, messages } = this.process;
    const how = isDead ? "crashed" : errors.length > 0 ? "failed" : "done";
    return { how, errors, steps, requests, messages, seconds: (clock.now() - this.#began) / 1000 };
  }
}
