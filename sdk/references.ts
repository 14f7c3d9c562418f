/** Resources as arguments: where a value names an object, its resource stands for that value. */
import * as pulumi from "@pulumi/pulumi";

/** The class of such a resource. */
interface Referable<Resource> {
  readonly prototype: Resource;
  isInstance(value: unknown): boolean;
}

/**
 * The value that names an object. What is no resource goes on as it is.
 *
 * @example
 * referredValue(args.edgeWorkerId, EdgeWorker, ({ edgeWorkerId }) => edgeWorkerId);
 */
export function referredValue<Resource extends pulumi.Resource>(
  given: unknown,
  type: Referable<Resource>,
  pick: (resource: Resource) => pulumi.Output<unknown>,
): unknown {
  return mapped(given, (known) => (type.isInstance(known) ? pick(known as Resource) : known));
}

type Plain<T> = T extends pulumi.Output<unknown> | Promise<unknown> ? never : T;

/** What has to hold before an activation, with the activation itself where its id would be. */
export type AfterArgs<After> = Omit<Plain<NonNullable<After>>, "activation"> & {
  /**
   * The activation that comes before this one: the `Activation` of an EdgeWorker or of a property, or its id, such as `54321/staging`.
   * The probe goes to its network. Default: none, and the probe goes to staging.
   */
  activation?: pulumi.CustomResource | pulumi.Input<string> | undefined;
};

/** What has to hold before an activation: an activation stands for its id and the version that it makes live. */
export function afterOf(given: unknown): unknown {
  return mapped(given, (known) => {
    const { activation } = (known ?? {}) as { readonly activation?: unknown };
    if (!pulumi.CustomResource.isInstance(activation)) return known;
    const { id, version } = activation as pulumi.CustomResource & {
      readonly version?: pulumi.Input<unknown>;
    };
    return { ...(known as object), activation: pulumi.interpolate`${id}/${version}` };
  });
}

/** A change of a value at once where it is known already, so that parts of it which are not known hide nothing. */
export function mapped(given: unknown, change: (known: unknown) => unknown): unknown {
  return pulumi.Output.isInstance(given) || given instanceof Promise
    ? pulumi.output(given as pulumi.Input<object>).apply(change)
    : change(given);
}
