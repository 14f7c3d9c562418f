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

/** A change of a value at once where it is known already, so that parts of it which are not known hide nothing. */
export function mapped(given: unknown, change: (known: unknown) => unknown): unknown {
  return pulumi.Output.isInstance(given) || given instanceof Promise
    ? pulumi.output(given as pulumi.Input<object>).apply(change)
    : change(given);
}
