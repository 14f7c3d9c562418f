/**
 * The adapter between Pulumi's dynamic providers and the resources. Every state file holds the text
 * `require("pulumi-akamai-edge/dynamic").handler("…")`, so this path and this function must never change.
 */
import "./nodeVersion";
import { operationsOf, ReportedError, redactFailures, type Values } from "./adapter";
import type { AnyResource, CheckFailure } from "./framework/resource";
import { openContext } from "./openContext";
import { registry } from "./registry";
import { engineSignals, watchCancellation } from "./runtime/cancellation";
import type { Context } from "./runtime/context";
import { warningsOfEngine } from "./runtime/engineLog";
import { printingLogger } from "./runtime/logger";
import { collectEarly } from "./runtime/memory";
import { isProviderProcess, thisProcess, watchParent } from "./runtime/parentWatch";
import { RepeatedErrors } from "./runtime/repeatedErrors";

/** The part of Pulumi's dynamic provider protocol that is used here. */
export interface DynamicProvider {
  configure(request: { readonly config: { get(key: string): string | undefined } }): Promise<void>;
  check(olds: Values, news: Values): Promise<{ inputs: Values; failures: CheckFailure[] }>;
  diff(
    id: string,
    olds: Values,
    news: Values,
  ): Promise<{ changes: boolean; replaces: string[]; deleteBeforeReplace: boolean }>;
  create(inputs: Values): Promise<{ id: string; outs: Values }>;
  read(id: string, state: Values): Promise<{ id?: string; props?: Values; inputs?: Values }>;
  update(id: string, olds: Values, news: Values): Promise<{ outs: Values }>;
  delete(id: string, state: Values): Promise<void>;
}

/** One process serves one run of the engine: all resources share one connection, one rate limit and one run state. */
const run = Promise.withResolvers<Context>();
// A run without credentials fails where they are first needed, with the resource's name, not here.
run.promise.catch(() => undefined);
let opened = false;
const repeatedErrors = new RepeatedErrors();
const logger = printingLogger(undefined, warningsOfEngine(process.argv));
/** Calls of the engine that are not answered yet. */
let acting = 0;

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
    const isProvider = isProviderProcess(process.argv);
    if (isProvider) repeatedErrors.hideFrom(console);
    const assertEngineAlive = isProvider ? watchParent(thisProcess) : undefined;
    const cancelled = isProvider ? watchCancellation(engineSignals(() => acting > 0)) : undefined;
    try {
      const setting = (key: string) => config.get(`akamai-edge:${key}`);
      run.resolve(openContext(setting, assertEngineAlive, logger, cancelled));
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
  const operations = operationsOf(resource, opening);
  const asDynamic = async <T>(act: Promise<T>, inputs: Values): Promise<T> => {
    acting += 1;
    try {
      return await act;
    } catch (error) {
      throw error instanceof ReportedError ? dynamicError(error, inputs) : error;
    } finally {
      acting -= 1;
      // After the last answer the engine may end, and with it its log.
      await logger.delivered();
    }
  };
  return {
    configure: async (request) => configure(request),
    check: (olds, news) => asDynamic(operations.check(olds, news), news),
    diff: (_id, olds, news) => asDynamic(operations.diff(olds, news), olds),
    create: async (inputs) => {
      const { id, state } = await asDynamic(operations.create(inputs), inputs);
      return { id, outs: state };
    },
    read: async (id, state) => {
      const live = await asDynamic(operations.read(state), state);
      return live === undefined ? {} : { id, props: live.state, inputs: live.inputs };
    },
    update: async (_id, olds, news) => ({ outs: await asDynamic(operations.update(olds, news), news) }),
    delete: (_id, state) => asDynamic(operations.delete(state), state),
  };
}

/** An error as the engine shows it: the message alone, and the state of what is in place. */
function dynamicError({ message, operation, partial }: ReportedError, inputs: Values): Error {
  const shown: Error & { id?: string; properties?: Values; reasons?: string[] } = new Error(message);
  // Pulumi reports the message against the resource, and prints text and stack once more. Where that can't be left out, it is one line.
  shown.stack = operation;
  shown.toString = () => "failed";
  repeatedErrors.expect(`${shown}: ${operation}`);
  if (partial !== undefined) {
    shown.id = partial.id;
    // Pulumi adds this itself to every state but this one; without it the resource could not be read or deleted again.
    shown.properties = { ...partial.state, __provider: inputs.__provider };
    shown.reasons = [message];
  }
  return shown;
}
