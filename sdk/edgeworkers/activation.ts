import type * as pulumi from "@pulumi/pulumi";
import {
  type ActivationState,
  type activationArgs,
  type activationOutputs,
  activationSchema,
} from "../../provider/resources/edgeworkers/activation/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { type AfterArgs, afterOf, referredValue } from "../references";
import { resourceClass } from "../resource";
import { EdgeWorker } from "./edgeWorker";
import { Version } from "./version";

/** What a program sets of an `Activation`. */
export interface ActivationArgs
  extends Omit<RequiredArgs<typeof activationArgs>, "edgeWorkerId" | "version">,
    Omit<OptionalArgs<typeof activationArgs>, "after"> {
  /**
   * What has to hold before the network is asked: a request to the edge of another network that must succeed. A failed one leaves the
   * network as it is, and the next `up` probes again. A change of it alone sends nothing. Default: nothing.
   */
  after?: AfterArgs<OptionalArgs<typeof activationArgs>["after"]> | undefined;
  /** The EdgeWorker: its `EdgeWorker`, its id, or its name, which the preview looks up. */
  edgeWorkerId: EdgeWorker | pulumi.Input<number | string>;
  /**
   * The version to make live: its `Version`, its name, or `latest` for the one that was uploaded last. The preview shows the name. `latest` is looked up at
   * each run; what the same run uploads is not in it, so pass a `Version` instead. Another version, also an older one, is an update in place: the live one
   * serves until the new one does.
   */
  version: Version | pulumi.Input<string>;
}

/** What other resources may use of an `Activation`. */
export interface ActivationOutputs
  extends Outputs<typeof activationArgs, ActivationState>,
    Outputs<typeof activationOutputs, ActivationState> {}

const Base = resourceClass<ActivationArgs, ActivationOutputs>(activationSchema);

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
export class Activation extends Base {
  constructor(name: string, args: ActivationArgs, options?: pulumi.CustomResourceOptions) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { edgeWorkerId, version, after } = args ?? {};
    const named = {
      ...args,
      edgeWorkerId: referredValue(edgeWorkerId, EdgeWorker, (worker) => worker.edgeWorkerId),
      version: referredValue(version, Version, (code) => code.version),
      ...(after === undefined ? {} : { after: afterOf(after) }),
    };
    super(name, named as ActivationArgs, options);
  }
}
