import type { TestEngine } from "../testEngine";
import type { Crash, ProviderProcess } from "./providerProcess";
import { inDeletionOrder, StackState, type StoredResource } from "./stackState";
import { carryOut, declared, planStep, remove } from "./step";

/** A resource of a program; its arguments may use the outputs of those before it. */
export interface Declared {
  readonly token: string;
  readonly name: string;
  readonly args: (outputs: (name: string) => Record<string, unknown>) => object;
}

/** The process crashed at the request that the test chose. */
export class Crashed extends Error {}

/** What the engine does with a program of several resources, one after the other. The replaced ones go at the end, and not at all after a failure. */
export class Stack {
  readonly #state = new StackState();
  /** Called after every request and after every wait. */
  watch: () => Promise<void> = async () => undefined;
  /** Names of resources that are deleted side by side, when the first of them is. */
  together: readonly string[] = [];
  /** Requests so far in this run, as `POST /…`. */
  requests: readonly string[] = [];

  constructor(
    readonly engine: TestEngine,
    resources: readonly StoredResource[] = [],
  ) {
    for (const resource of resources) this.#state.save(resource);
  }

  of = (name: string): Record<string, unknown> => {
    const found = [...this.#state.resources.values()].find((one) => one.name === name);
    if (found === undefined) throw new Error(`the stack has no ${name}`);
    return found.state;
  };

  /** What is in the state file, with the ones that are still to be deleted. */
  get resources(): readonly StoredResource[] {
    return [...this.#state.resources.values(), ...this.#state.replaced];
  }

  /** @param crash the number of a request, from 0, and whether it still has its effect */
  async up(
    program: readonly Declared[],
    crash?: { readonly at: number; readonly after: boolean },
  ): Promise<void> {
    const at: Crash | undefined = crash && {
      request: crash.at + 1,
      effect: crash.after ? "after" : "before",
    };
    const process = this.engine.run().open({ crash: at, observe: () => this.watch() });
    this.requests = process.requests;
    const crashed = process.crashed.promise.then(() => Promise.reject(new Crashed()));
    await Promise.race([this.#run(process, program), crashed]);
  }

  async #run(process: ProviderProcess, program: readonly Declared[]): Promise<void> {
    for (const { token, name, args } of program) {
      const provider = process.provider(token);
      const news = declared(name, args(this.of));
      const old = [...this.#state.resources.values()].find((one) => one.token === token && one.name === name);
      await carryOut(provider, { token, name }, news, await planStep(provider, news, old), this.#state);
    }
    const isDeclared = (resource: StoredResource) =>
      program.some(({ token, name }) => token === resource.token && name === resource.name);
    const dropped = [...this.#state.resources.values()].filter((resource) => !isDeclared(resource));
    for (const wave of this.#waves([...this.#state.replaced, ...dropped])) {
      const removing = wave.map((one) => remove(process.provider(one.token), one, this.#state));
      // What has begun comes to its end, whatever fails beside it.
      await Promise.allSettled(removing);
      await Promise.all(removing);
    }
  }

  /** What is deleted at the same time, the first ones first. */
  #waves(doomed: readonly StoredResource[]): StoredResource[][] {
    const isTogether = ({ name }: StoredResource) => this.together.includes(name);
    const ordered = inDeletionOrder(doomed);
    const first = ordered.find(isTogether);
    return ordered.flatMap((one) =>
      one === first ? [ordered.filter(isTogether)] : isTogether(one) ? [] : [[one]],
    );
  }
}
