/**
 * Types of arguments and outputs, from the schema of a resource. They map over the schema's own fields: so the
 * editor finds the comment of each, at any depth.
 */
import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

type Fields = z.core.$ZodShape;
type Simple = string | number | boolean | null | undefined;

/** Any JSON value, of which every part may come from another resource. */
export type JsonInput = pulumi.Input<
  string | number | boolean | null | readonly JsonInput[] | { readonly [name: string]: JsonInput | undefined }
>;

/** A type that is read from here has no name of its own: the editor shows its members instead. */
interface Shown<T> {
  readonly members: { [K in keyof T]: T[K] };
  readonly deep: T extends readonly (infer E)[]
    ? pulumi.Input<Shown<E>["deep"]>[]
    : T extends object
      ? { [K in keyof T]: pulumi.Input<Shown<T[K]>["deep"]> }
      : T;
}

/** A value without its schema's comments. A choice between simple values stays as it is, and messages list it. */
type Value<T> = [T] extends [Simple] ? T : Shown<T>["deep"];

/** What a program sets for a schema: every part may come from another resource. */
type InputFor<Schema> =
  Schema extends z.ZodOptional<infer Inner>
    ? InputFor<Inner> | undefined
    : Schema extends z.ZodDefault<infer Inner>
      ? InputFor<Inner> | undefined
      : Schema extends z.ZodPrefault<infer Inner>
        ? InputFor<Inner> | undefined
        : IsAnyJson<z.input<Schema>> extends true
          ? JsonInput
          : Schema extends z.ZodObject<infer Shape, infer Config>
            ? Shown<RequiredInputs<Shape> & OptionalInputs<Shape>>["members"] & OtherInputs<Config>
            : Schema extends z.ZodArray<infer Element>
              ? pulumi.Input<InputFor<Element>>[]
              : Schema extends z.ZodUnion<infer Options>
                ? { [Index in keyof Options]: InputFor<Options[Index]> }[number]
                : Schema extends z.ZodPreprocess<infer Read, infer Given>
                  ? // What is read first, such as a path; or what it is read into.
                    InputFor<Read> | Value<Exclude<Given, object>>
                  : Value<z.input<Schema>>;

/** Such a type contains itself, so its parts are not looked into. */
type IsAnyJson<T> = unknown extends T ? false : null[] extends T ? true : false;

/** What an object may have besides its fields: anything where it is a loose one. */
type OtherInputs<Config extends z.core.$ZodObjectConfig> = string extends keyof Config["in"]
  ? { [name: string]: unknown }
  : unknown;

type OptionalNames<Shape extends Fields> = {
  [K in keyof Shape]: Shape[K] extends { _zod: { optin: "optional" | "defaulted" } } ? K : never;
}[keyof Shape];

type RequiredFields<Shape extends Fields> = Pick<Shape, Exclude<keyof Shape, OptionalNames<Shape>>>;
type OptionalFields<Shape extends Fields> = Pick<Shape, OptionalNames<Shape>>;

type RequiredInputs<Shape extends Fields> = {
  [K in keyof RequiredFields<Shape>]: pulumi.Input<InputFor<RequiredFields<Shape>[K]>>;
};
type OptionalInputs<Shape extends Fields> = {
  [K in keyof OptionalFields<Shape>]?: pulumi.Input<InputFor<OptionalFields<Shape>[K]>>;
};

/** What a program has to set of a resource: every value, at any depth, may come from another resource. */
export type RequiredArgs<Schema extends z.ZodObject> = RequiredInputs<Schema["shape"]>;
/** What a program can set of a resource besides. */
export type OptionalArgs<Schema extends z.ZodObject> = OptionalInputs<Schema["shape"]>;

/** What other resources may use of a resource: one for each field of a schema, with its type in the state. */
export type Outputs<Schema extends z.ZodObject, State> = {
  readonly [K in keyof Schema["shape"]]: pulumi.Output<K extends keyof State ? State[K] : never>;
};
