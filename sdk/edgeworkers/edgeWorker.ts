import type { z } from "zod";
import { type EdgeWorkerState, edgeWorker, type edgeWorkerArgs } from "../../provider/resources/edgeworkers/edgeWorker";
import { type Args, resourceClass } from "../resource";

export type EdgeWorkerArgs = Args<z.input<typeof edgeWorkerArgs>>;

/**
 * An EdgeWorker id: what versions, activations, tokens and property rules refer to. It can't be destroyed while a version of it is live or a property
 * names it.
 *
 * @example
 * const greeter = new edgeworkers.EdgeWorker("greeter", { groupId: 72297, resourceTierId: 200 });
 */
export class EdgeWorker extends resourceClass<z.input<typeof edgeWorkerArgs>, EdgeWorkerState>(edgeWorker) {}
