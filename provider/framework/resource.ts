import { z } from "zod";
import type { Context } from "../runtime/context";

/** What a change of a field means, and whether its value is a secret: declared once, on the field. */
export interface FieldMeaning {
  readonly change: "update" | "replace";
  readonly secret?: true;
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
  /** The resource's name in the program. */
  readonly logicalName: string;
}

export interface Created<State> {
  readonly id: string;
  readonly state: State;
}

/**
 * A resource: its contract as data on top, its life below. `Inputs` are what the program says and what `check` adds to it; `State` is the
 * inputs and what the service told.
 */
export interface Resource<Inputs extends object, State extends Inputs> {
  /** Such as `edgekv:Namespace`; part of every state file, for ever. */
  readonly token: string;
  /** What a program may say. */
  readonly args: z.ZodObject;
  /** What `check` adds: inputs too, so that a preview knows them. */
  readonly computed: z.ZodObject;
  /** What only the service knows. */
  readonly outputs: z.ZodObject;

  /** Inputs that may hold secrets inside: the engine must not print them when they are refused. */
  readonly sensitiveInputs?: readonly string[];

  /** Such as `namespace catalog on staging`, from whatever is known of it. */
  displayName(what: Partial<State>): string;
  /** Defaults, names, dates: fields to add to what the program says. */
  computeInputs(
    draft: Draft<Inputs>,
    context: Context,
  ): Partial<Record<keyof Inputs, unknown>> | Promise<Partial<Record<keyof Inputs, unknown>>>;
  /** What one field alone can't tell. */
  validate(draft: Draft<Inputs>, context: Context): CheckFailure[];
  /** What `up` would run into, seen by reading the live API; it changes nothing. */
  preflight(draft: Draft<Inputs>, context: Context): Promise<CheckFailure[]>;

  /** Whether a changed `replaces` field really needs another object; true unless it says otherwise. */
  requiresReplacement?(field: string, old: State, news: Inputs): boolean;
  /** Whether both describe the same object in the account, so that the old one has to go before the new one can come. */
  deleteBeforeReplace(old: State, news: Inputs): boolean;
  /** A difference between state and program or service that no field shows. */
  hasDrift?(old: State, context: Context): Promise<boolean>;
  /** Tells of an update what no field shows, or fails when the service would refuse it; it changes nothing. */
  preflightUpdate?(old: State, news: Inputs, context: Context): Promise<void>;

  create(inputs: Inputs, context: Context): Promise<Created<State>>;
  /** The state as the service has it, or undefined when the object is gone. */
  read(state: State, context: Context): Promise<State | undefined>;
  update(old: State, news: Inputs, context: Context): Promise<State>;
  delete(state: State, context: Context): Promise<void>;
}

/** What a resource is to those who handle all of them alike. */
export type AnyResource = Resource<Record<string, unknown>, Record<string, unknown>>;

/** Forgets what a resource's fields are called: what comes in was checked against its contract. */
export function anyResource<Inputs extends object, State extends Inputs>(resource: Resource<Inputs, State>): AnyResource {
  return resource as unknown as AnyResource;
}

/** The fields that the engine keeps as inputs. */
export function inputFields(resource: Pick<AnyResource, "args" | "computed">): string[] {
  return [...Object.keys(resource.args.shape), ...Object.keys(resource.computed.shape)];
}

/** The outputs that must be secret in state. */
export function secretFields(resource: Pick<AnyResource, "outputs">): string[] {
  return Object.entries(resource.outputs.shape)
    .filter(([, schema]) => meaning.get(schema as z.ZodType)?.secret === true)
    .map(([field]) => field);
}

/** The resource's name in the program, from its owner: the first one it had there, also after it was renamed. */
export function nameInProgram(owner: string): string {
  return owner.split("/").slice(2).join("/");
}

/** Inputs that every resource has. */
export const ownership = {
  /** `project/stack/name` of the resource when it was first declared: what physical names are derived from. */
  owner: updates(z.string()),
};
