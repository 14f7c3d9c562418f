import type { z } from "zod";
import {
  type EdgeWorkerState,
  type edgeWorkerArgs,
  edgeWorkerSchema,
} from "../../provider/resources/edgeworkers/edgeWorker/schema";
import { type Args, resourceClass } from "../resource";

export type EdgeWorkerArgs = Args<z.input<typeof edgeWorkerArgs>>;

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
export class EdgeWorker extends resourceClass<z.input<typeof edgeWorkerArgs>, EdgeWorkerState>(
  edgeWorkerSchema,
) {}
