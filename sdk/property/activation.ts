import type * as pulumi from "@pulumi/pulumi";
import {
  type ActivationState,
  type activationArgs,
  type activationComputed,
  type activationOutputs,
  activationSchema,
} from "../../provider/resources/property/activation/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { type AfterArgs, afterOf } from "../references";
import { resourceClass } from "../resource";

/** What a program sets of an `Activation`. */
export interface ActivationArgs
  extends RequiredArgs<typeof activationArgs>,
    Omit<OptionalArgs<typeof activationArgs>, "after"> {
  /**
   * What has to hold before the network is asked: a request to the edge of another network that must succeed. A failed one leaves the
   * network as it is, and the next `up` probes again. A change of it alone sends nothing. Default: nothing.
   */
  after?: AfterArgs<OptionalArgs<typeof activationArgs>["after"]> | undefined;
}

/** What other resources may use of an `Activation`. */
export interface ActivationOutputs
  extends Outputs<typeof activationArgs, ActivationState>,
    Outputs<typeof activationComputed, ActivationState>,
    Outputs<typeof activationOutputs, ActivationState> {}

const Base = resourceClass<ActivationArgs, ActivationOutputs>(activationSchema);

/**
 * The version of a property that is live on a network. Another version, also an older one, is an update in place: the one that is live serves until the other
 * does. A run that was interrupted is followed by one that waits for the activation that is under way.
 *
 * @example
 * new property.Activation("site-staging", {
 *   propertyId: rules.propertyId,
 *   network: "staging",
 *   version: rules.version,
 *   notifyEmails: ["web-team@example.com"],
 * });
 */
export class Activation extends Base {
  constructor(name: string, args: ActivationArgs, options?: pulumi.CustomResourceOptions) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { after, ...rest } = args ?? {};
    super(
      name,
      { ...rest, ...(after === undefined ? {} : { after: afterOf(after) }) } as ActivationArgs,
      options,
    );
  }
}
