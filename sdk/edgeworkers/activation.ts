import type { z } from "zod";
import {
  type ActivationState,
  type activationArgs,
  activationSchema,
} from "../../provider/resources/edgeworkers/activation/schema";
import { type Args, resourceClass } from "../resource";

export type ActivationArgs = Args<z.input<typeof activationArgs>>;

/**
 * The version of an EdgeWorker that is live on a network. Another version, also an older one, is an update in place: the one that is live serves until the
 * other does. A run that was interrupted is followed by one that waits for the activation that is under way.
 *
 * @example
 * new edgeworkers.Activation("greeter-staging", {
 *   edgeWorkerId: greeter.edgeWorkerId,
 *   network: "staging",
 *   version: code.version,
 * });
 */
export class Activation extends resourceClass<z.input<typeof activationArgs>, ActivationState>(
  activationSchema,
) {}
