import {
  type ActivationState,
  type activationArgs,
  type activationComputed,
  type activationOutputs,
  activationSchema,
} from "../../provider/resources/property/activation/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { resourceClass } from "../resource";

/** What a program sets of an `Activation`. */
export interface ActivationArgs
  extends RequiredArgs<typeof activationArgs>,
    OptionalArgs<typeof activationArgs> {}

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
export class Activation extends Base {}
