/** Reads objects as an import does, and writes down no more of them than a program has to set. */
import { type Operations, operationsOf, type Values } from "../../provider/adapter";
import { same } from "../../provider/framework/canonical";
import { registry } from "../../provider/registry";
import type { Context } from "../../provider/runtime/context";
import { RunState } from "../../provider/runtime/runState";
import { type Declared, plainArgs } from "./declared";

/** The project and the stack that a proof stands for: names that are derived from them are not sent anywhere. */
const ownerOf = (name: string) => `adopted/dev/${name}`;

/** What an import finds. */
export interface Imported {
  readonly state: Values;
  readonly inputs: Values;
}

export class Importer {
  constructor(
    private readonly context: Context,
    /** The absolute path of a path in the program's folder. */
    private readonly pathOf: (path: string) => string,
  ) {}

  /** What checks remember of a program belongs to the preview alone. */
  #apart(): Context {
    const logger = { info: () => undefined, warn: () => undefined };
    const settings = { ...this.context.settings, previewReads: false };
    return { ...this.context, logger, settings, runState: new RunState() };
  }

  /** Undefined when there is no such object. */
  find(token: string, name: string, id: string): Promise<Imported | undefined> {
    return this.#operations(token, this.#apart()).import(id, { owner: ownerOf(name) });
  }

  /** The arguments without those that the provider fills in by itself. */
  async withoutDefaults(
    token: string,
    name: string,
    inputs: Values,
    args: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>> {
    const operations = this.#operations(token, this.#apart());
    const checked = (given: Readonly<Record<string, unknown>>) =>
      operations.check(inputs, { ...(plainArgs(given, this.pathOf) as Values), owner: ownerOf(name) });
    const all = await checked(args);
    let kept: Record<string, unknown> = { ...args };
    if (all.failures.length > 0) return kept;
    for (const field of Object.keys(args)) {
      const { [field]: _left, ...others } = kept;
      const { failures, inputs: without } = await checked(others);
      if (failures.length === 0 && same(without, all.inputs)) kept = others;
    }
    return kept;
  }

  /** What a preview shows of a resource that was imported: what it would change, and what it would refuse. */
  async preview({ token, name, args }: Declared, { state, inputs }: Imported): Promise<string[]> {
    const operations = this.#operations(token, this.context);
    const given = { ...(plainArgs(args, this.pathOf) as Values), owner: ownerOf(name) };
    const checked = await operations.check(inputs, given);
    if (checked.failures.length > 0)
      return checked.failures.map(({ property, reason }) => `${property} ${reason}`);
    const { changes } = await operations.diff(state, checked.inputs);
    return changes ? [`${operations.changed(state, checked.inputs).join(", ")} would change`] : [];
  }

  #operations(token: string, context: Context): Operations {
    const resource = registry.get(token);
    if (resource === undefined) throw new Error(`there is no resource ${token}`);
    return operationsOf(resource, Promise.resolve(context));
  }
}

/** What a program may set of the inputs that an import found. */
export function argsOf(token: string, inputs: Values): Record<string, unknown> {
  const fields = Object.keys(registry.get(token)?.args.shape ?? {});
  return Object.fromEntries(
    fields.filter((field) => inputs[field] !== undefined).map((field) => [field, inputs[field]]),
  );
}
