/**
 * The adapter between Pulumi's dynamic providers and the resources. The text that Pulumi keeps in every state file says
 * `require("pulumi-akamai-edge/dynamic").handler("…")` and no more, so that path and function must stay what they are for ever.
 */
import { setFlagsFromString } from "node:v8";
import "./nodeVersion";
import { ApiError, explain, PartialFailure, PreconditionError, truncate } from "./errors";
import { check } from "./framework/check";
import { diff } from "./framework/diff";
import { plain } from "./framework/plain";
import { type AnyResource, type CheckFailure, inputFields, nameInProgram } from "./framework/resource";
import { invalidState, wrongType } from "./framework/stateValidation";
import { openContext } from "./openContext";
import { registry } from "./registry";
import type { Context } from "./runtime/context";
import { isProviderProcess, thisProcess, watchParent } from "./runtime/parentWatch";

type Values = Record<string, unknown>;

/** The part of Pulumi's dynamic provider protocol that is used here. */
export interface DynamicProvider {
  configure(request: { readonly config: { get(key: string): string | undefined } }): Promise<void>;
  check(olds: Values, news: Values): Promise<{ inputs: Values; failures: { property: string; reason: string }[] }>;
  diff(id: string, olds: Values, news: Values): Promise<{ changes: boolean; replaces: string[]; deleteBeforeReplace: boolean }>;
  create(inputs: Values): Promise<{ id: string; outs: Values }>;
  read(id: string, state: Values): Promise<{ id?: string; props?: Values; inputs?: Values }>;
  update(id: string, olds: Values, news: Values): Promise<{ outs: Values }>;
  delete(id: string, state: Values): Promise<void>;
}

/** One process serves one run of the engine: all resources share one connection, one limit and one memory of what was read. */
const run = Promise.withResolvers<Context>();
// A run without credentials fails where they are first needed, with the resource's name, not here.
run.promise.catch(() => undefined);
let opened = false;

/**
 * Requests leave much behind, and this process mostly waits: it clears up early rather than fill the memory of a machine that has much. A hundred thousand
 * items take 200 MB so, and more than 400 MB otherwise, in the same time.
 */
function collectEarly(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=20");
}

export function handler(token: string): DynamicProvider {
  const resource = registry.get(token);
  if (resource === undefined) {
    throw new Error(
      `pulumi-akamai-edge has no resource ${token}: the state was written by another version of the package. Install that version or a newer one.`,
    );
  }
  const provider = adapt(resource, run.promise, ({ config }) => {
    if (opened) return;
    opened = true;
    collectEarly();
    const assertEngineAlive = isProviderProcess(process.argv) ? watchParent(thisProcess) : undefined;
    try {
      run.resolve(openContext((key) => config.get(`akamai-edge:${key}`), assertEngineAlive));
    } catch (error) {
      run.reject(error);
    }
  });
  return {
    ...provider,
    check: async (olds, news) => {
      const { inputs, failures } = await provider.check(olds, news);
      return { inputs, failures: redactFailures(resource, failures) };
    },
  };
}

/** A resource in the shape of Pulumi's protocol. */
export function adapt(
  resource: AnyResource,
  opening: Promise<Context>,
  configure: (request: Parameters<DynamicProvider["configure"]>[0]) => void,
): DynamicProvider {
  /** @param state what was kept of the resource, where there is something */
  async function reportErrors<T>(doing: string, what: Values, state: Values, act: (context: Context) => Promise<T>): Promise<T> {
    // What people call it while it has no other name.
    const named = typeof what.owner === "string" ? { name: nameInProgram(what.owner) } : {};
    const doingWhat = `${doing} ${resource.displayName(nameable({ ...named, ...what }))}`;
    try {
      return await act(await opening);
    } catch (error) {
      throw toPulumi(doingWhat, invalidStateError(resource, state, error) ?? error, what);
    }
  }
  return {
    configure: async (request) => configure(request),
    check: (olds, news) => reportErrors("checking", news, olds, (context) => check(resource, clean(olds), clean(news), context)),
    diff: (_id, olds, news) =>
      reportErrors("comparing", olds, olds, async (context) => {
        const wrong = wrongType(resource, clean(olds));
        if (wrong !== undefined) throw stateError(wrong);
        return diff(resource, clean(olds), clean(news), context);
      }),
    create: (inputs) =>
      reportErrors("creating", inputs, {}, async (context) => {
        const { id, state } = await resource.create(clean(inputs), context);
        return { id, outs: plain(state) };
      }),
    read: (id, state) =>
      reportErrors("reading", state, state, async (context) => {
        const live = await resource.read(clean(state), context);
        if (live === undefined) return {};
        const props = plain(live);
        return { id, props, inputs: pick(props, inputFields(resource)) };
      }),
    update: (_id, olds, news) =>
      reportErrors("updating", news, olds, async (context) => ({ outs: plain(await resource.update(clean(olds), clean(news), context)) })),
    delete: (_id, state) => reportErrors("deleting", state, state, (context) => resource.delete(clean(state), context)),
  };
}

/** Characters of a name in a title. */
const longestName = 100;

/** What a title can be made of, whatever stands in the place of a name. */
function nameable(values: Values): Values {
  const simple = Object.entries(values).filter(([, value]) => typeof value === "string" || typeof value === "number");
  return Object.fromEntries(simple.map(([field, value]) => [field, typeof value === "string" ? truncate(value, longestName) : value]));
}

/** A state that somebody spoiled ends in errors of the language, or in a request that nobody understands: they tell nobody what to do. */
function invalidStateError(resource: AnyResource, state: Values, error: unknown): PreconditionError | undefined {
  const kinds = [TypeError, RangeError, URIError, SyntaxError];
  const mayBeThat = kinds.some((kind) => error instanceof kind) || (error instanceof ApiError && error.status === 400);
  const what = mayBeThat && Object.keys(state).length > 0 ? invalidState(resource, clean(state)) : undefined;
  return what === undefined ? undefined : stateError(what);
}

function stateError(what: string): PreconditionError {
  return new PreconditionError(
    `what the state keeps of it is not what this provider wrote: ${truncate(what, longestDamage)}. Put the state right from a backup, with \`pulumi stack export\` and \`import\``,
  );
}

const longestDamage = 500;

/**
 * The engine prints the value of a property that was refused, secrets and all. Where there may be some, it is given a name that no input has, and finds
 * nothing to print.
 */
export function redactFailures(resource: AnyResource, failures: readonly CheckFailure[]): CheckFailure[] {
  return failures.map((failure) =>
    resource.sensitiveInputs?.includes(failure.property) ? { ...failure, property: `${failure.property} (not shown)` } : failure,
  );
}

/** An error as the engine shows it: the message alone, and the state of what is in place but not as it should be. */
function toPulumi(doing: string, error: unknown, inputs: Values): Error {
  const cause = error instanceof PartialFailure ? error.cause : error;
  const message = explain(doing, cause);
  const shown: Error & { id?: string; properties?: Values; reasons?: string[] } = new Error(message);
  // Pulumi reports the message against the resource, and prints text and stack of the error once more for the whole run: a line will do there.
  shown.stack = doing;
  shown.toString = () => "failed";
  if (error instanceof PartialFailure) {
    shown.id = error.id;
    // Pulumi adds this itself to every state but this one; without it the resource could not be read or deleted again.
    shown.properties = { ...plain(error.state), __provider: inputs.__provider };
    shown.reasons = [message];
  }
  return shown;
}

/** Values without what Pulumi puts beside them. */
function clean(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([field, value]) => !field.startsWith("__") && value !== null));
}

function pick(values: Values, fields: readonly string[]): Values {
  return Object.fromEntries(fields.flatMap((field) => (field in values ? [[field, values[field]]] : [])));
}
