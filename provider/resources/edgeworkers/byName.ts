/** Finds an EdgeWorker by its name, where a program names it instead of its id. */
import { listEdgeWorkers } from "../../api/edgeworkers/ids";
import { InvalidInputError } from "../../errors";
import type { Context } from "../../runtime/context";
import { keyOf } from "../../runtime/runState";

/**
 * The id of the EdgeWorker with this name. The names of an account need not be unique.
 *
 * @param property the input that names it, such as `rules.0.edgeWorker.edgeWorkerId`
 */
export async function edgeWorkerIdOf(context: Context, name: string, property: string): Promise<number> {
  const { http, runState } = context;
  const all = await runState.read(keyOf("edgeworkers"), () => listEdgeWorkers(http));
  const [first, ...others] = all.filter((one) => one.name === name);
  const shown = JSON.stringify(name);
  if (first === undefined) {
    const hint = "Of one that this program makes, use the `edgeWorkerId` output";
    throw new InvalidInputError(
      property,
      `must be the id of an EdgeWorker or the name of one that the API client may see: there is none called ${shown}. ${hint}`,
    );
  }
  if (others.length === 0) return first.edgeWorkerId;
  const ids = [first, ...others]
    .map(({ edgeWorkerId }) => edgeWorkerId)
    .sort((a, b) => a - b)
    .join(", ");
  throw new InvalidInputError(
    property,
    `must be an id: ${others.length + 1} EdgeWorkers are called ${shown}, ${ids}`,
  );
}
