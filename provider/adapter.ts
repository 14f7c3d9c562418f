/**
 * What every adapter of a Pulumi protocol shares: plain values in and out, error texts, invalid states, redaction.
 * An adapter translates the protocol's messages into these operations, and a `ReportedError` into the protocol's error.
 */
import {
  ApiError,
  explain,
  isPrintable,
  PartialFailure,
  PreconditionError,
  printable,
  printablePart,
  type Redact,
  redactor,
  truncate,
} from "./errors";
import { type Checked, check } from "./framework/check";
import { converted } from "./framework/conversions";
import { withDefaults, withoutFilled } from "./framework/defaults";
import { changedFields, type Difference, diff } from "./framework/diff";
import { type Imported, imported } from "./framework/import";
import { plain } from "./framework/plain";
import {
  type AnyResource,
  type CheckFailure,
  type Created,
  inputFields,
  nameInProgram,
  secretFields,
} from "./framework/resource";
import { invalidState, wrongType } from "./framework/stateValidation";
import type { Context } from "./runtime/context";
import { guardedLogger } from "./runtime/logger";

export type Values = Record<string, unknown>;

/** What an engine asks of a resource, in plain values. Every operation fails with a `ReportedError`. */
export interface Operations {
  check(olds: Values, news: Values): Promise<Checked>;
  diff(state: Values, news: Values): Promise<Difference>;
  /** The inputs that differ from the state in meaning. */
  changed(state: Values, news: Values): string[];
  create(inputs: Values): Promise<Created<Values>>;
  /** Undefined when the object is gone. */
  read(state: Values): Promise<Omit<Imported, "secrets"> | undefined>;
  /**
   * An object of the account that no state has, by its id. Undefined when there is none.
   * @param fields the owner, and what is known of it besides
   */
  import(id: string, fields: Values): Promise<Imported | undefined>;
  update(state: Values, news: Values): Promise<Values>;
  delete(state: Values): Promise<void>;
}

/** An error for the engine: its message names the operation, the resource, the reason and the next step. */
export class ReportedError extends Error {
  override readonly name = "ReportedError";
  /**
   * @param operation such as `creating item a of …`
   * @param partial what is in place although the operation failed; the engine must save it as the state
   */
  constructor(
    message: string,
    readonly operation: string,
    readonly partial?: Created<Values>,
  ) {
    super(message);
  }
}

/** @param opening the account's context; a run without credentials fails here, with the resource's name */
export function operationsOf(resource: AnyResource, opening: Promise<Context>): Operations {
  /** @param state the last state, where there is one */
  async function report<T>(
    verb: string,
    named: Values,
    state: Values,
    act: (context: Context) => Promise<T>,
  ): Promise<T> {
    const secrets = redactor(secretsOfCall(resource, named, state));
    let redact = secrets;
    try {
      const context = await opening;
      redact = (text) => secrets(context.redact?.(text) ?? text);
      return await act({ ...context, logger: guardedLogger(context.logger, redact) });
    } catch (error) {
      throw reported(
        `${verb} ${displayNameOf(resource, named)}`,
        invalidStateError(resource, state, error) ?? error,
        redact,
      );
    }
  }
  const filled = (values: Values) => withDefaults(resource, clean(values));
  return {
    check: (olds, news) =>
      report("checking", news, olds, async (context) => {
        context.runState.hasProgram = true;
        const checked = await check(context, resource, clean(olds), converted(resource, clean(news)));
        const redact = redactor(secretsOfCall(resource, news, olds));
        return {
          ...checked,
          failures: checked.failures.map((failure) => printableFailure(failure, news, redact)),
        };
      }),
    diff: (state, news) =>
      report("comparing", state, state, async (context) => {
        const problem = wrongType(resource, clean(state));
        if (problem !== undefined) throw stateError(problem);
        return diff(context, resource, clean(state), clean(news));
      }),
    changed: (state, news) => changedFields(resource, clean(state), clean(news)),
    create: (inputs) =>
      report("creating", inputs, {}, async (context) => {
        const { id, state } = await resource.create(context, clean(inputs));
        return { id: printablePart(id, maxIdLength), state: plain(state) };
      }),
    read: (state) =>
      report("reading", state, state, async (context) => {
        const live = await resource.read(context, filled(state));
        if (live === undefined) return undefined;
        const read = plain(withoutFilled(resource, clean(state), live));
        return { state: read, inputs: pick(read, inputFields(resource)) };
      }),
    import: (id, fields) =>
      report("importing", fields, {}, (context) => imported(context, resource, id, clean(fields))),
    update: (state, news) =>
      report("updating", news, state, async (context) =>
        plain(await resource.update(context, filled(state), clean(news))),
      ),
    delete: (state) => report("deleting", state, state, (context) => resource.delete(context, filled(state))),
  };
}

/** What the engine keeps of a failure is printed. It prints the value of the property, too. */
function printableFailure({ property, reason }: CheckFailure, news: Values, redact: Redact): CheckFailure {
  const isShown = isPrintable(Object.hasOwn(news, property) ? news[property] : undefined);
  return {
    property: `${printablePart(property)}${isShown ? "" : notShown}`,
    reason: printable(redact(reason)),
  };
}

/** After the name of a property: no input has such a name, so the engine finds no value to print. */
const notShown = " (not shown)";

/**
 * The values of a call that are secret: outputs, and inputs that may hold secrets. An input that stands for content is a path, or it is sent
 * as it is: the HTTP client hides that. What the messages of a call have to name is no secret.
 */
function secretsOfCall(resource: AnyResource, ...given: readonly Values[]): string[] {
  const content = Object.keys(resource.content ?? {});
  const sensitive = (resource.sensitiveInputs ?? []).filter((field) => !content.includes(field));
  const fields = new Set([...secretFields(resource), ...sensitive]);
  const texts = (values: Values, isSecret: boolean) =>
    Object.entries(values).flatMap(([field, value]) =>
      !field.startsWith("__") && fields.has(field) === isSecret && typeof value === "string" ? [value] : [],
    );
  const named = given.flatMap((values) => texts(values, false));
  return given
    .flatMap((values) => texts(values, true))
    .filter((secret) => secret.length >= minSecretLength && !named.some((text) => text.includes(secret)));
}

/** Characters of a secret. Messages are full of shorter words. */
const minSecretLength = 8;
/** Characters of an id. */
const maxIdLength = 1000;

/**
 * For what goes to an engine: it prints the value of a refused property, secrets and all. A property that may hold secrets gets a name that no input has:
 * the engine then finds nothing to print.
 */
export function redactFailures(resource: AnyResource, failures: readonly CheckFailure[]): CheckFailure[] {
  return failures.map((failure) =>
    resource.sensitiveInputs?.includes(failure.property)
      ? { ...failure, property: `${failure.property}${notShown}` }
      : failure,
  );
}

function reported(named: string, error: unknown, redact: Redact): ReportedError {
  const operation = printable(redact(named));
  const cause = error instanceof PartialFailure ? error.cause : error;
  const message = explain(operation, cause, redact);
  if (!(error instanceof PartialFailure)) return new ReportedError(message, operation);
  return new ReportedError(message, operation, {
    id: printablePart(error.id, maxIdLength),
    state: plain(error.state),
  });
}

/** Characters of a name in a message. */
const maxNameLength = 100;
/** Characters of what is wrong in a state. */
const maxProblemLength = 500;

/** The resource as its messages name it. Until it has another name, that is its name in the program. */
function displayNameOf(resource: AnyResource, values: Values): string {
  const inProgram = typeof values.owner === "string" ? { name: nameInProgram(values.owner) } : {};
  const simple = Object.entries({ ...inProgram, ...values }).filter(
    ([, value]) => typeof value === "string" || typeof value === "number",
  );
  return resource.displayName(
    Object.fromEntries(
      simple.map(([field, value]) => [
        field,
        typeof value === "string" ? printablePart(value, maxNameLength) : value,
      ]),
    ),
  );
}

/** An invalid state ends in errors of the language, or in a request that the service refuses with 400: neither names the cause. */
function invalidStateError(
  resource: AnyResource,
  state: Values,
  error: unknown,
): PreconditionError | undefined {
  const kinds = [TypeError, RangeError, URIError, SyntaxError];
  const isSuspect =
    kinds.some((kind) => error instanceof kind) || (error instanceof ApiError && error.status === 400);
  const problem =
    isSuspect && Object.keys(state).length > 0 ? invalidState(resource, clean(state)) : undefined;
  return problem === undefined ? undefined : stateError(problem);
}

function stateError(problem: string): PreconditionError {
  return new PreconditionError(
    `the resource's state is not what this provider wrote: ${truncate(problem, maxProblemLength)}. Restore the state from a backup with \`pulumi stack export\` and \`pulumi stack import\``,
  );
}

/** Values without null and without Pulumi's own fields. */
function clean(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([field, value]) => !field.startsWith("__") && value !== null),
  );
}

function pick(values: Values, fields: readonly string[]): Values {
  return Object.fromEntries(fields.flatMap((field) => (field in values ? [[field, values[field]]] : [])));
}
