/** Finds an EdgeWorker by its name, where a program names it instead of its id. */
import { listEdgeWorkers } from "../../api/edgeworkers/ids";
import { InvalidInputError } from "../../errors";
import * as z from "../../framework/zod";
import type { Context } from "../../runtime/context";
import { keyOf } from "../../runtime/runState";

const noId = "must be the id of an EdgeWorker, a whole number from 1, or its name";
/** An EdgeWorker as a program sets it: its id as a number or as text, or its name. */
export const anEdgeWorker = z.union([z.int(noId).min(1, noId), z.string().regex(/\S/, noId)], noId);

const isId = (text: string): boolean => /^[1-9]\d*$/.test(text);

/**
 * The id of the EdgeWorker that a program sets by its id or its name. The names of an account need not be unique.
 *
 * @param property the input that names it, such as `rules.0.edgeWorker.edgeWorkerId`
 */
export async function edgeWorkerIdOf(
  context: Context,
  given: number | string,
  property: string,
): Promise<number> {
  if (typeof given === "number" || isId(given)) return Number(given);
  const { http, runState } = context;
  const all = await runState.read(keyOf("edgeworkers"), () => listEdgeWorkers(http));
  const [first, ...others] = all.filter(({ name }) => name === given);
  const shown = JSON.stringify(given);
  if (first === undefined)
    throw new InvalidInputError(
      property,
      `names an EdgeWorker, but there is none called ${shown} that the API client may see. For one that this program makes, use its \`edgeWorkerId\` output`,
    );
  if (others.length === 0) return first.edgeWorkerId;
  const ids = [first, ...others].map(({ edgeWorkerId }) => edgeWorkerId).sort((a, b) => a - b);
  throw new InvalidInputError(
    property,
    `names ${ids.length} EdgeWorkers that are called ${shown}: set the id, one of ${ids.join(", ")}`,
  );
}
