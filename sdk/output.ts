import * as pulumi from "@pulumi/pulumi";
import { LookupError } from "./lookupError";

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
  return (...parameters) => {
    const all = pulumi.output(parameters as unknown[]);
    return all.apply(async (known) => {
      try {
        return await get(...(known as unknown as Parameters));
      } catch (error) {
        if (LookupError.isAbsence(error) && pulumi.runtime.isDryRun() && (await dependsOnResources(all)))
          return pulumi.output(pulumi.unknown);
        throw error;
      }
    }) as pulumi.Output<Result>;
  };
}

/** The arguments come from resources of the program. At its first preview those are still to be made: the result is unknown. */
async function dependsOnResources(output: pulumi.Output<unknown>): Promise<boolean> {
  // Pulumi keeps the resources of an output, and leaves the method out of its types.
  const { allResources } = output as unknown as {
    allResources?: () => Promise<ReadonlySet<pulumi.Resource>>;
  };
  return ((await allResources?.call(output))?.size ?? 0) > 0;
}

/** The same, with a secret result. */
export function secretOutputOf<Parameters extends unknown[], Result>(
  get: (...parameters: Parameters) => Promise<Result>,
): (...parameters: InputParameters<Parameters>) => pulumi.Output<Result> {
  const output = outputOf(get);
  return (...parameters) => pulumi.secret(output(...parameters)) as pulumi.Output<Result>;
}
