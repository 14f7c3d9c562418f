/** Rules of a property that name EdgeWorkers. Pure. */
import type { Rule } from "../../provider/api/property/ruleTree";

/** A rule as `EdgeWorkerRules` declares one. */
export interface FoundRule {
  readonly name: string;
  /** The names of the rules above it, from below the default rule. */
  readonly parent: readonly string[];
  /** The rule with all rules below it, in the format of Property Manager. */
  readonly rule: Readonly<Record<string, unknown>>;
}

/** The uppermost rules with the behavior `edgeWorker`, below the default rule. */
export function rulesWithEdgeWorkers(tree: Rule, parent: readonly string[] = []): FoundRule[] {
  return (tree.children ?? []).flatMap((child) => {
    const { name, ...rule } = withoutIds(child);
    if ((child.behaviors ?? []).some((behavior) => behavior.name === "edgeWorker"))
      return [{ name: child.name, parent, rule }];
    return rulesWithEdgeWorkers(child, [...parent, child.name]);
  });
}

/** Property Manager gives the ids anew. */
function withoutIds({ uuid: _, children, ...rule }: Rule): Record<string, unknown> {
  return { ...rule, ...(children && children.length > 0 ? { children: children.map(withoutIds) } : {}) };
}
