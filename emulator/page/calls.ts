import { type Element, type Rule, rulesOf } from "../property/rules/ruleTree";

/** A rule that calls an EdgeWorker, and when. */
export interface Call {
  /** Names from the default rule down. */
  readonly rule: string;
  readonly edgeWorkerId: string;
  readonly isOn: boolean;
  /** The criteria of the rule and of those above it, outermost first. */
  readonly when: readonly string[];
}

/** The rules of a tree that call an EdgeWorker. */
export function callsIn(root: Rule): Call[] {
  return rulesOf(root).flatMap(({ rule, ancestors }) =>
    (rule.behaviors ?? [])
      .filter(({ name }) => name === "edgeWorker")
      .map(({ options }) => ({
        rule: [...ancestors, rule].map(({ name }) => name).join(" > "),
        edgeWorkerId: String(options.edgeWorkerId ?? ""),
        isOn: options.enabled !== false,
        when: [...ancestors, rule].flatMap(criteriaOf),
      })),
  );
}

function criteriaOf({ criteria = [], criteriaMustSatisfy = "all" }: Rule): string[] {
  if (criteria.length === 0) return [];
  return [criteria.map(textOf).join(criteriaMustSatisfy === "any" ? " or " : " and ")];
}

/** A criterion in words: its operator and its values, not every option. */
function textOf({ name, options }: Element): string {
  const { matchOperator, values, value } = options;
  const operator =
    typeof matchOperator === "string" ? ` ${matchOperator.toLowerCase().replaceAll("_", " ")}` : "";
  const given = Array.isArray(values) ? values : value === undefined || value === null ? [] : [value];
  return `${name}${operator}${given.length === 0 ? "" : ` ${given.map(String).join(", ")}`}`;
}
