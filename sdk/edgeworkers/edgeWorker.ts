import {
  type EdgeWorkerState,
  type edgeWorkerArgs,
  type edgeWorkerOutputs,
  edgeWorkerSchema,
} from "../../provider/resources/edgeworkers/edgeWorker/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { resourceClass } from "../resource";

/** What a program sets of an `EdgeWorker`. */
export interface EdgeWorkerArgs
  extends RequiredArgs<typeof edgeWorkerArgs>,
    OptionalArgs<typeof edgeWorkerArgs> {}

/** What other resources may use of an `EdgeWorker`. */
export interface EdgeWorkerOutputs
  extends Outputs<typeof edgeWorkerArgs, EdgeWorkerState>,
    Outputs<typeof edgeWorkerOutputs, EdgeWorkerState> {}

const Base = resourceClass<EdgeWorkerArgs, EdgeWorkerOutputs>(edgeWorkerSchema);

/**
 * An EdgeWorker id: what versions, activations, tokens and property rules refer to. It can't be destroyed while a version of it is live or on its way, or a
 * property refers to it; the error lists them.
 *
 * @example
 * const greeter = new edgeworkers.EdgeWorker("greeter", {
 *   groupId: 72297,
 *   resourceTier: "Dynamic Compute",
 *   contractId: "1-3CV382",
 * });
 */
export class EdgeWorker extends Base {}
