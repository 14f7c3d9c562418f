/** Rules that name an EdgeWorker that is not there: the version would be saved, and could not be activated. */

import { listEdgeWorkers } from "../../../api/edgeworkers/ids";
import { edgeWorkerKey } from "../../../api/edgeworkers/keys";
import type { CheckFailure } from "../../../framework/resource";
import { edgeWorkersNamed } from "../../../rules/companions";
import { namesEdgeWorker } from "../../../rules/edgeWorkers";
import type { Context } from "../../../runtime/context";
import { keyOf, slot } from "../../../runtime/runState";
import { groupOfEdgeWorker } from "../../declared";
import { findEdgeWorkerEventually, ifAllowed } from "../../edgeworkers/observe";
import { inputPath } from "./observe";
import type { Plan } from "./plan";
import type { EdgeWorkerRulesInputs } from "./schema";

const reported = slot(() => ({ isUnchecked: false }));

/** What the property names already is reported and not refused: an API client may not see every EdgeWorker. */
export async function missingEdgeWorkers(
  context: Context,
  { property: { propertyName }, rules: { rules } }: Plan,
  inputs: EdgeWorkerRulesInputs,
): Promise<CheckFailure[]> {
  const { http, runState, logger } = context;
  // What this run made, a stale list need not show yet.
  const isOfRun = (id: number) =>
    groupOfEdgeWorker(runState, id) !== undefined || runState.created.has(edgeWorkerKey(id));
  const named = [...edgeWorkersNamed(inputs.managedRules)].filter(([id]) => !isOfRun(id));
  if (named.length === 0) return [];
  const all = await ifAllowed(() => runState.read(keyOf("edgeworkers"), () => listEdgeWorkers(http)));
  if (all === undefined) {
    reportUnchecked(context, propertyName);
    return [];
  }
  const failures: CheckFailure[] = [];
  for (const [id, key] of named) {
    if (all.some(({ edgeWorkerId }) => edgeWorkerId === id)) continue;
    // One list alone may be stale.
    if ((await ifAllowed(() => findEdgeWorkerEventually(context, id))) !== undefined) continue;
    const reason = `names EdgeWorker ${id}, which does not exist, or the API client may not see it`;
    if (namesEdgeWorker(rules, id))
      logger.warn(
        `property ${propertyName}: rule ${key} ${reason}. If it does not exist, the version can't be activated.`,
      );
    else
      failures.push({
        property: inputPath(inputs, key, "edgeWorker.edgeWorkerId"),
        reason: `${reason}: the version could not be activated. For one that this program makes, use its \`edgeWorkerId\` output`,
      });
  }
  return failures;
}

function reportUnchecked({ runState, logger }: Context, propertyName: string): void {
  const once = runState.get(reported);
  if (once.isUnchecked) return;
  once.isUnchecked = true;
  logger.warn(
    `property ${propertyName}: the preview does not check whether the EdgeWorkers of its rules exist: the API client may not list EdgeWorkers.`,
  );
}
