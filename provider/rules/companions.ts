/** What behaviors of managed rules need around them: the service would save the version, and refuse to activate it. */
import type { Rule } from "../api/property/ruleTree";
import type { OwnedRule } from "./ownedRule";
import { markerIn } from "./ownershipMarker";

export interface MissingCompanion {
  /** The managed rule that has the behavior. */
  readonly key: string;
  /** The member of its declaration. */
  readonly about: string;
  readonly reason: string;
}

/** A `failAction` applies to a response that failed: one of these has to select it. */
const failures = ["originTimeout", "matchResponseCode", "edgeWorkersFailure"];

/** @param tree all rules as they would be saved */
export function missingCompanions(tree: Rule, managed: readonly OwnedRule[]): MissingCompanion[] {
  const hasMPulse = hasBehavior(tree, "mPulse");
  const keys = new Map(managed.map(({ marker, key }) => [marker, key]));
  const walk = (rule: Rule, above: readonly string[]): MissingCompanion[] => {
    const criteria = [...above, ...(rule.criteria ?? []).map(({ name }) => name)];
    const key = keys.get(markerIn(rule.comments) ?? "");
    const own = key === undefined ? [] : problemsOf(rule, key, criteria);
    return [...own, ...(rule.children ?? []).flatMap((child) => walk(child, criteria))];
  };
  const problemsOf = (
    { behaviors = [] }: Rule,
    key: string,
    criteria: readonly string[],
  ): MissingCompanion[] =>
    behaviors.flatMap(({ name, options }) => {
      if (name === "edgeWorker" && options.mPulse === true && !hasMPulse)
        return [
          {
            key,
            about: "edgeWorker.mPulse",
            reason:
              "needs the behavior `mPulse` in the property, and no rule has it: add it, or leave out `mPulse`",
          },
        ];
      if (name === "failAction" && !criteria.some((one) => failures.includes(one)))
        return [
          {
            key,
            about: "behaviors",
            reason: `has \`failAction\`, which needs a match on a failure: one of the criteria ${failures.join(", ")} in its rule or in one above. \`failover\` adds it`,
          },
        ];
      return [];
    });
  return walk(tree, []);
}

/** The EdgeWorkers that managed rules name, each with its rule. */
export function edgeWorkersNamed(managed: readonly OwnedRule[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const { key, rule } of managed) {
    for (const { name, options } of rule.behaviors ?? []) {
      const id = name === "edgeWorker" ? Number(options.edgeWorkerId) : Number.NaN;
      if (Number.isInteger(id) && id > 0 && !found.has(id)) found.set(id, key);
    }
  }
  return found;
}

function hasBehavior({ behaviors = [], children = [] }: Rule, wanted: string): boolean {
  return (
    behaviors.some(({ name }) => name === wanted) || children.some((child) => hasBehavior(child, wanted))
  );
}
