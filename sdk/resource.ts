import * as pulumi from "@pulumi/pulumi";
import { inputFields, secretFields } from "../provider/framework/resource";
import { warnOfUnknownSettings } from "./settings";

type Deep<T> = T extends readonly (infer E)[]
  ? pulumi.Input<Deep<E>>[]
  : T extends object
    ? { [K in keyof T]: pulumi.Input<Deep<T[K]>> }
    : T;

/** What a program sets of a resource: every value, at any depth, may come from another resource. */
export type Args<T> = { [K in keyof T]: pulumi.Input<Deep<T[K]>> };

/** What other resources may use of a resource. */
export type Outputs<T> = { readonly [K in keyof T]-?: pulumi.Output<T[K]> };

type Contract = Parameters<typeof inputFields>[0] &
  Parameters<typeof secretFields>[0] & { readonly token: string };

/** The class of a resource, from its contract. */
export function resourceClass<ArgValues extends object, State extends object>(
  contract: Contract,
): new (
  name: string,
  args: Args<ArgValues>,
  options?: pulumi.CustomResourceOptions,
) => pulumi.CustomResource & Outputs<Omit<State, "owner">> {
  const fields = [...inputFields(contract), ...Object.keys(contract.outputs.shape)].filter(
    (field) => field !== "owner",
  );
  const unset = Object.fromEntries(fields.map((field) => [field, undefined]));
  const secrets = secretFields(contract);

  class EdgeResource extends pulumi.CustomResource {
    constructor(name: string, args: Args<ArgValues>, options: pulumi.CustomResourceOptions = {}) {
      warnOfUnknownSettings();
      const owner = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
      const properties = { ...unset, ...args, owner, __provider: closure(contract.token) };
      super(`pulumi-nodejs:dynamic/${contract.token}`, name, properties, {
        ...options,
        additionalSecretOutputs: [...(options.additionalSecretOutputs ?? []), ...secrets],
      });
    }
  }
  return EdgeResource as unknown as ReturnType<typeof resourceClass<ArgValues, State>>;
}

/**
 * The text that stands for the provider in every state file: it names the package and the resource, captures nothing, and must be the same for
 * every build on every machine. Pulumi would make such a text from a function by reading its source; written out it can't change by accident.
 */
export function closure(token: string): string {
  return `exports.handler = () => require("pulumi-akamai-edge/dynamic").handler(${JSON.stringify(token)});\n`;
}
