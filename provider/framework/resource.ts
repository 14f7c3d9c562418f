/** The contract of a resource: what it takes and gives as data, and its hooks by the words of Pulumi. */
import { z } from "zod";
import type { Context } from "../runtime/context";

/** What a change of a field means, and whether its value is a secret: declared once, on the field. */
export interface FieldMeaning {
  readonly change: "update" | "replace";
  readonly secret?: true;
  /** The output stays what it is while the object is the same. */
  readonly stays?: true;
}

export const meaning = z.registry<FieldMeaning>();

/** A field that can be changed in place. */
export function updates<T extends z.ZodType>(schema: T): T {
  meaning.add(schema, { change: "update" });
  return schema;
}

/** A field that can't be changed: another value means another object. */
export function replaces<T extends z.ZodType>(schema: T): T {
  meaning.add(schema, { change: "replace" });
  return schema;
}

/** An output that the engine must encrypt wherever it keeps it. */
export function secret<T extends z.ZodType>(schema: T): T {
  meaning.add(schema, { change: "update", secret: true });
  return schema;
}

/** An output that no update changes: a preview of an update shows it, and what depends on it does not look changed. */
export function stays<T extends z.ZodType>(schema: T): T {
  meaning.add(schema, { change: "update", ...meaning.get(schema), stays: true });
  return schema;
}

/** Inputs that every resource has. */
const ownership = {
  /** `project/stack/name` of the resource when it was first declared: physical names are derived from it. */
  owner: updates(z.string()),
};

// ---- schema ----

/** What a resource takes and gives, as data. */
export interface ResourceSchema<
  Args extends z.ZodObject = z.ZodObject,
  Computed extends z.ZodObject = z.ZodObject,
  Outputs extends z.ZodObject = z.ZodObject,
> {
  /** Such as `edgekv:Namespace`; part of every state file, for ever. */
  readonly token: string;
  /** What a program sets. */
  readonly args: Args;
  /** What `check` adds: inputs too, so that a preview knows them. */
  readonly computed: Computed;
  /** What only the service knows. */
  readonly outputs: Outputs;
  /** Inputs that may hold secrets inside: the engine must not print them when they are refused. */
  readonly sensitiveInputs?: readonly string[];
  /** Inputs that stand for content, each with the inputs that describe it: `ignoreChanges` keeps all of them. */
  readonly content?: Readonly<Record<string, readonly string[]>>;
}

type Ownership = z.ZodObject<typeof ownership>;
type WithOwnership<Computed extends z.ZodObject> = z.ZodObject<
  z.core.util.Extend<Computed["shape"], typeof ownership>
>;

/**
 * The schema of a resource. Every resource gets the computed input `owner`.
 *
 * @example
 * export const itemSchema = defineSchema({ token: "edgekv:Item", args: itemArgs, outputs: itemOutputs });
 */
export function defineSchema<Args extends z.ZodObject, Outputs extends z.ZodObject>(schema: {
  readonly token: string;
  readonly args: Args;
  readonly outputs: Outputs;
  readonly sensitiveInputs?: readonly string[];
  readonly content?: Readonly<Record<string, readonly string[]>>;
}): ResourceSchema<Args, Ownership, Outputs>;
export function defineSchema<
  Args extends z.ZodObject,
  Computed extends z.ZodObject,
  Outputs extends z.ZodObject,
>(schema: {
  readonly token: string;
  readonly args: Args;
  readonly computed: Computed;
  readonly outputs: Outputs;
  readonly sensitiveInputs?: readonly string[];
  readonly content?: Readonly<Record<string, readonly string[]>>;
}): ResourceSchema<Args, WithOwnership<Computed>, Outputs>;
export function defineSchema(
  schema: Omit<ResourceSchema, "computed"> & { readonly computed?: z.ZodObject },
): ResourceSchema {
  return { ...schema, computed: (schema.computed ?? z.object({})).extend(ownership) };
}

/** What `check` hands on: what the program sets, and what `check` adds to it. */
export type InputsOf<Schema extends ResourceSchema> = z.output<Schema["args"]> & z.output<Schema["computed"]>;
/** What the service adds to the inputs. */
export type OutputsOf<Schema extends ResourceSchema> = z.output<Schema["outputs"]>;

// ---- hooks ----

/** Why an input is refused, and on which property: shown at preview, before anything is touched. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** What `check` can know of the inputs. A field that is missing here was left out, or is not known before `up`. */
export interface Draft<Inputs> {
  readonly known: Partial<Inputs>;
  readonly unknown: ReadonlySet<string>;
  /** `known`, and fields of which only a part deep inside is not known: there they have a mark of the engine's. */
  readonly partiallyKnown: Partial<Inputs>;
  /** The inputs of the last `up`; empty when the object is to be made. */
  readonly oldInputs: Partial<Inputs>;
  /** Computed inputs that `ignoreChanges` keeps: they replace what the hooks compute. */
  readonly kept: Partial<Inputs>;
  /** The resource's name in the program. */
  readonly logicalName: string;
}

export interface Created<State> {
  readonly id: string;
  readonly state: State;
}

/** What checks inputs, in this order. */
export interface CheckHooks<Inputs extends object> {
  /** Defaults, names, dates: fields to add to what the program sets. */
  computeInputs(
    context: Context,
    draft: Draft<Inputs>,
  ): Partial<Record<keyof Inputs, unknown>> | Promise<Partial<Record<keyof Inputs, unknown>>>;
  /** Rules over several fields. */
  validate(context: Context, draft: Draft<Inputs>): CheckFailure[];
  /** What `up` would run into, seen by reading the live API; it changes nothing. */
  preflight(context: Context, draft: Draft<Inputs>): Promise<CheckFailure[]>;
}

/** What decides between no change, an update and a replacement. */
export interface DiffHooks<Inputs extends object, State extends Inputs> {
  /** Whether a changed `replaces` field really needs another object. Default: true. */
  requiresReplacement?(field: string, old: State, news: Inputs): boolean;
  /** Whether both describe the same object in the account, so that the old one has to go before the new one can come. */
  deleteBeforeReplace(old: State, news: Inputs): boolean;
  /** A difference between state and program or service that no field shows. */
  hasDrift?(context: Context, old: State): Promise<boolean>;
  /** Reports of an update what no field shows, or fails when the service would refuse it; it changes nothing. */
  preflightUpdate?(context: Context, old: State, news: Inputs): Promise<void>;
}

/** How an object of the account that no state has is found by an id, as `pulumi import` and `get` do. */
export interface ImportHooks<State extends object> {
  /** The form of the id, such as `NETWORK/NAME`. */
  readonly form: string;
  /** An id in that form, such as `staging/catalog`. */
  readonly example: string;
  /** What the id has of the state; undefined where it is of another form. */
  identify(id: string): Partial<State> | undefined;
  /** The object as the service has it; undefined: there is none. The fields are those of the id, and what `get` got. Default: `read`. */
  find?(context: Context, fields: Partial<State>): Promise<State | undefined>;
  /** Where in the inputs secrets are, that only the account knew. Default: none. */
  secretsOf?(state: State): readonly (readonly string[])[];
}

/** What a resource does. `Inputs` are what the program sets and what `check` adds; `State` adds what the service returns. */
export interface ResourceHooks<Inputs extends object, State extends Inputs> {
  /** Such as `namespace catalog on staging`, from whatever is known of it. */
  displayName(what: Partial<State>): string;
  readonly check: CheckHooks<Inputs>;
  readonly diff: DiffHooks<Inputs, State>;
  /** Default: it can't be imported. */
  readonly import?: ImportHooks<State>;
  create(context: Context, inputs: Inputs): Promise<Created<State>>;
  /** The state as the service has it, or undefined when the object is gone. */
  read(context: Context, state: State): Promise<State | undefined>;
  update(context: Context, old: State, news: Inputs): Promise<State>;
  delete(context: Context, state: State): Promise<void>;
}

/** A resource: its schema as data, and its hooks. */
export interface Resource<Inputs extends object, State extends Inputs>
  extends ResourceSchema,
    ResourceHooks<Inputs, State> {}

/**
 * A resource from its schema and its hooks.
 *
 * @example
 * export const item = defineResource<ItemInputs, ItemState>(itemSchema, { displayName, check, diff, create, read, update, delete: remove });
 */
export function defineResource<Inputs extends object, State extends Inputs>(
  schema: ResourceSchema,
  hooks: ResourceHooks<Inputs, State>,
): Resource<Inputs, State> {
  return { ...schema, ...hooks };
}

/** What a resource is to those who handle all of them alike. */
export type AnyResource = Resource<Record<string, unknown>, Record<string, unknown>>;

/** Forgets what a resource's fields are called: what comes in was checked against its contract. */
export function anyResource<Inputs extends object, State extends Inputs>(
  resource: Resource<Inputs, State>,
): AnyResource {
  return resource as unknown as AnyResource;
}

/** The fields that the engine keeps as inputs. */
export function inputFields({ args, computed }: Pick<ResourceSchema, "args" | "computed">): string[] {
  return [...Object.keys(args.shape), ...Object.keys(computed.shape)];
}

/** The outputs that must be secret in state. */
export function secretFields(resource: Pick<ResourceSchema, "outputs">): string[] {
  return outputsThat(resource, ({ secret }) => secret === true);
}

/** The outputs that no update changes. */
export function stayingFields(resource: Pick<ResourceSchema, "outputs">): string[] {
  return outputsThat(resource, ({ stays }) => stays === true);
}

function outputsThat(
  { outputs }: Pick<ResourceSchema, "outputs">,
  holds: (of: FieldMeaning) => boolean,
): string[] {
  return Object.entries(outputs.shape)
    .filter(([, schema]) => holds(meaning.get(schema as z.ZodType) ?? { change: "update" }))
    .map(([field]) => field);
}

/** What `ignoreChanges` keeps: an input that stands for content keeps what was read of it, not the path alone. */
export function withContent(ignored: readonly string[], content: ResourceSchema["content"] = {}): string[] {
  return [...new Set(ignored.flatMap((field) => [field, ...(content[field] ?? [])]))];
}

/** The resource's name in the program, from its owner: the first one it had there, also after it was renamed. */
export function nameInProgram(owner: string): string {
  return owner.split("/").slice(2).join("/");
}
