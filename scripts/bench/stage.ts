/** A stack whose programs change, and what each run of it takes. */
import { mkdirSync } from "node:fs";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { openStack } from "../engine";
import type { Akamai } from "./akamai";
import { type Measured, measure } from "./provider";

const project = "bench";

export type MeasuredRun = Measured & {
  readonly requests: number;
  /** The requests that may change something. */
  readonly writes: number;
};

interface StageOptions {
  /** The folder of the native plugin, for programs with a `Provider`. */
  readonly plugin?: string;
  /** Settings of the CLI. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class Stage {
  program: PulumiFn = async () => undefined;
  private constructor(
    readonly stack: Stack,
    readonly folder: string,
    readonly akamai: Akamai,
    readonly hasPlugin: boolean,
  ) {}

  static async open(folder: string, cli: string, akamai: Akamai, options: StageOptions = {}): Promise<Stage> {
    mkdirSync(folder);
    let stage: Stage | undefined;
    const settings = { namespacesPerNetwork: "10000" };
    const program = () => stage?.program() ?? Promise.resolve(undefined);
    const stack = await openStack({
      folder,
      cli,
      project,
      program,
      settings,
      emulator: akamai,
      ...options,
    });
    stage = new Stage(stack, folder, akamai, options.plugin !== undefined);
    return stage;
  }

  async up(program: PulumiFn, options: { readonly parallel?: number } = {}): Promise<MeasuredRun> {
    this.program = program;
    return this.#counted(() =>
      measure(this.folder, project, (onEvent) => this.stack.up({ ...options, onEvent })),
    );
  }

  preview(program: PulumiFn): Promise<MeasuredRun> {
    this.program = program;
    return this.#counted(() => measure(this.folder, project, (onEvent) => this.stack.preview({ onEvent })));
  }

  destroy(options: { readonly parallel?: number } = {}): Promise<MeasuredRun> {
    return this.#counted(() =>
      measure(this.folder, project, (onEvent) => this.stack.destroy({ ...options, onEvent })),
    );
  }

  refresh(): Promise<MeasuredRun> {
    return this.#counted(() => measure(this.folder, project, (onEvent) => this.stack.refresh({ onEvent })));
  }

  async #counted(act: () => Promise<Measured>): Promise<MeasuredRun> {
    await this.akamai.takeCounts();
    const measured = await act();
    const counts = Object.entries(await this.akamai.takeCounts());
    const sum = (some: typeof counts) => some.reduce((total, [, one]) => total + one, 0);
    return {
      ...measured,
      requests: sum(counts),
      writes: sum(counts.filter(([name]) => !name.startsWith("GET "))),
    };
  }
}
