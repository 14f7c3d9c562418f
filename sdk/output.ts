import * as pulumi from "@pulumi/pulumi";

/** The arguments of a function, each of which may come from other resources. */
export type Inputs<T> = { readonly [K in keyof T]: pulumi.Input<T[K]> };

/** The parameters of a function, with arguments from other resources. */
type InputParameters<Parameters extends readonly unknown[]> = {
  [Index in keyof Parameters]: Inputs<Parameters[Index]>;
};

/**
 * The `...Output` form of a function: it takes arguments from other resources, and waits while one of them is unknown.
 *
 * @example
 * export const getNamespaceOutput = outputOf(getNamespace);
 */
export function outputOf<Parameters extends unknown[], Result>(
  get: (...parameters: Parameters) => Promise<Result>,
): (...parameters: InputParameters<Parameters>) => pulumi.Output<Result> {
  return (...parameters) =>
    pulumi
      .output(parameters as unknown[])
      .apply((known) => get(...(known as unknown as Parameters))) as pulumi.Output<Result>;
}

/** The same, with a secret result. */
export function secretOutputOf<Parameters extends unknown[], Result>(
  get: (...parameters: Parameters) => Promise<Result>,
): (...parameters: InputParameters<Parameters>) => pulumi.Output<Result> {
  const output = outputOf(get);
  return (...parameters) => pulumi.secret(output(...parameters)) as pulumi.Output<Result>;
}
