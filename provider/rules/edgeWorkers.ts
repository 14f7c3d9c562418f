/** Which EdgeWorkers a rule tree refers to. */
import type { Rule } from "../api/property/ruleTree";

/** Whether a rule, or one below it, sends requests to the EdgeWorker. */
export function namesEdgeWorker({ behaviors = [], children = [] }: Rule, edgeWorkerId: number): boolean {
  const isNamed = behaviors.some(
    ({ name, options }) => name === "edgeWorker" && String(options.edgeWorkerId) === String(edgeWorkerId),
  );
  return isNamed || children.some((child) => namesEdgeWorker(child, edgeWorkerId));
}
