/** What the engine asks of a resource, in the words of its protocol. The resources themselves are the ones of the dynamic providers. */
import { type Operations, operationsOf, ReportedError, redactFailures } from "../adapter";
import { PreconditionError } from "../errors";
import { closure } from "../framework/closure";
import type { Imported } from "../framework/import";
import {
  type AnyResource,
  type CheckFailure,
  secretFields,
  stayingFields,
  withContent,
} from "../framework/resource";
import { unknownValue } from "../framework/unknown";
import { registry } from "../registry";
import type { Context } from "../runtime/context";
import { notePlanned, withoutPlaceholders } from "./planned";
import { type Path, unmarked, type Values, withSecrets } from "./values";

export const packageName = "akamai-edge";

/** A ReportedError with secrets marked in what is in place. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  constructor(
    message: string,
    readonly partial?: { readonly id: string; readonly properties: Values; readonly inputs: Values },
  ) {
    super(message);
  }
}

/** How a field changes, in the words of the protocol. */
export interface FieldDiff {
  readonly kind: "ADD" | "DELETE" | "UPDATE";
  readonly isReplacement: boolean;
}

export interface PluginDiff {
  readonly changes: boolean;
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly stables: readonly string[];
  readonly fields: Readonly<Record<string, FieldDiff>>;
}

/** A resource of a program: its contract, and what its URN says of it. */
export class PluginResource {
  readonly #resource: AnyResource;
  readonly #owner: string;
  readonly #operations: Operations;

  constructor(
    urn: string,
    private readonly context: Context,
  ) {
    const { project, stack, type, name } = parseUrn(urn);
    const token = type.startsWith(`${packageName}:`) ? type.slice(packageName.length + 1) : type;
    const resource = registry.get(token);
    if (resource === undefined)
      throw new PluginError(
        `this version of the provider has no resource ${type}. It has ${[...registry.keys()].map((one) => `${packageName}:${one}`).join(", ")}`,
      );
    this.#resource = resource;
    // The text that the classes of the package pass to a dynamic provider.
    this.#owner = `${project}/${stack}/${name}`;
    this.#operations = operationsOf(resource, Promise.resolve(context));
  }

  async check(olds: Values, news: Values): Promise<{ inputs: Values; failures: CheckFailure[] }> {
    const { values, secrets } = unmarked(news);
    const owned = { ...withoutPlaceholders(this.context, values), owner: this.#owner };
    const old = unmarked(olds).values;
    const { inputs, failures } = await this.#operations.check(old, owned);
    if (Object.keys(old).length === 0) notePlanned(this.context, { token: this.#resource.token, inputs });
    return { inputs: withSecrets(inputs, secrets), failures: redactFailures(this.#resource, failures) };
  }

  async diff(state: Values, news: Values, ignored: readonly string[]): Promise<PluginDiff> {
    const old = unmarked(state).values;
    const wanted = this.#kept(old, unmarked(news).values, ignored);
    const { changes, replaces, deleteBeforeReplace } = await this.#operations.diff(old, wanted);
    const fields = this.#operations.changed(old, wanted).map((field): [string, FieldDiff] => {
      const kind = !isSet(old[field]) ? "ADD" : isSet(wanted[field]) ? "UPDATE" : "DELETE";
      return [field, { kind, isReplacement: replaces.includes(field) }];
    });
    const stables = changes && replaces.length === 0 ? stayingFields(this.#resource) : [];
    return { changes, replaces, deleteBeforeReplace, stables, fields: Object.fromEntries(fields) };
  }

  /** The state that a create is going to have: inputs are known, what only the service knows is not. */
  previewCreate(inputs: Values): Values {
    const { values, secrets } = unmarked(inputs);
    return this.#asState({ ...this.#unknownOutputs(), ...values }, secrets);
  }

  async create(inputs: Values): Promise<{ id: string; properties: Values }> {
    const { values, secrets } = unmarked(inputs);
    const { id, state } = await this.#reporting(inputs, secrets, () => this.#operations.create(values));
    return { id, properties: this.#asState(state, secrets) };
  }

  previewUpdate(state: Values, news: Values, ignored: readonly string[]): Values {
    const old = unmarked(state).values;
    const { values, secrets } = unmarked(news);
    const staying = stayingFields(this.#resource).filter((field) => isSet(old[field]));
    const outputs = {
      ...this.#unknownOutputs(),
      ...Object.fromEntries(staying.map((field) => [field, old[field]])),
    };
    return this.#asState({ ...outputs, ...this.#kept(old, values, ignored) }, secrets);
  }

  async update(state: Values, news: Values, ignored: readonly string[]): Promise<Values> {
    const { values, secrets } = unmarked(news);
    const old = unmarked(state).values;
    const wanted = this.#kept(old, values, ignored);
    const updated = await this.#reporting(news, secrets, () => this.#operations.update(old, wanted));
    return this.#asState(updated, secrets);
  }

  /** What a refresh finds, or an import; undefined when the object is gone, or was never there. */
  async read(
    id: string,
    state: Values,
    inputs: Values,
  ): Promise<{ id: string; properties: Values; inputs: Values } | undefined> {
    const old = unmarked(state);
    const given = unmarked(inputs);
    // Only what this provider wrote has an owner.
    const isImport = old.values.owner === undefined;
    const found: (Omit<Imported, "secrets"> & Partial<Imported>) | undefined = await this.#reporting(
      inputs,
      old.secrets,
      () =>
        isImport
          ? this.#operations.import(id, { ...given.values, ...old.values, owner: this.#owner })
          : this.#operations.read(old.values),
    );
    if (found === undefined) return undefined;
    const secrets = [...given.secrets, ...(found.secrets ?? [])];
    return {
      id,
      properties: this.#asState(found.state, [...old.secrets, ...secrets]),
      inputs: withSecrets(found.inputs, secrets),
    };
  }

  async delete(state: Values): Promise<void> {
    await this.#reporting({}, [], () => this.#operations.delete(unmarked(state).values));
  }

  #unknownOutputs(): Values {
    return Object.fromEntries(
      Object.keys(this.#resource.outputs.shape).map((field) => [field, unknownValue]),
    );
  }

  /** With what `ignoreChanges` keeps besides the inputs that it names: what was read of their content. */
  #kept(old: Values, news: Values, ignored: readonly string[]): Values {
    const added = withContent(ignored, this.#resource.content).filter((field) => !ignored.includes(field));
    return {
      ...news,
      ...Object.fromEntries(added.filter((field) => isSet(old[field])).map((field) => [field, old[field]])),
    };
  }

  /** With the text that a dynamic provider needs to find itself: so a stack can go on without this plugin. */
  #asState(state: Values, secrets: readonly Path[]): Values {
    const outputs = secretFields(this.#resource).filter((field) => isSet(state[field]));
    const marked = withSecrets(state, [...secrets, ...outputs.map((field) => [field])]);
    return { ...marked, __provider: closure(this.#resource.token) };
  }

  async #reporting<T>(inputs: Values, secrets: readonly Path[], work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ReportedError) || error.partial === undefined) throw error;
      const { id, state } = error.partial;
      throw new PluginError(error.message, { id, properties: this.#asState(state, secrets), inputs });
    }
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The parts of `urn:pulumi:STACK::PROJECT::TYPE::NAME`. Types of parents stand before the type, and a name may hold anything. */
export function parseUrn(urn: string): { stack: string; project: string; type: string; name: string } {
  const [stack = "", project = "", types = "", ...name] = urn.replace(/^urn:pulumi:/, "").split("::");
  const type = types.split("$").at(-1) ?? "";
  if (name.length === 0) throw new PreconditionError(`the engine sent ${urn}, which is no URN of a resource`);
  return { stack, project, type, name: name.join("::") };
}
