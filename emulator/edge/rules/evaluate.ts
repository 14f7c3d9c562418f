import type { Element, Rule } from "../../property/rules/ruleTree";
import { CRITERIA } from "./criteria";
import type { Facts, Truth } from "./facts";

/** The behaviors that decide what answers a request. Rules without one of them, in them or below, are not looked at. */
const REQUEST_STAGE = ["edgeWorker", "origin", "setVariable", "constructResponse", "denyAccess", "redirect"];
const RESPONSE_STAGE = ["failAction", "setVariable"];

/** What a rule's criteria gave, for the person who asks why. */
export interface Explained {
  readonly rule: string;
  readonly matched: Truth;
  readonly criteria: readonly { readonly name: string; readonly matched: Truth }[];
  readonly behaviors: readonly string[];
}

/** A behavior of a rule that matched. */
export interface Matched {
  readonly rule: string;
  readonly behavior: Element;
}

/** The outcome depends on what is not evaluated here. */
export class Undecidable extends Error {
  constructor(
    readonly rule: string,
    readonly element: string,
    reason: string,
  ) {
    super(reason);
  }
}

/** Answers for rules that the person gives, by path: they replace the criteria. */
export type Overrides = ReadonlyMap<string, boolean>;

export interface Evaluation {
  readonly facts: Facts;
  readonly overrides: Overrides;
  readonly explained: Explained[];
  /** Applies a behavior as it is reached: later rules see its effects. */
  apply(matched: Matched): void;
}

const isRelevant = (rule: Rule, names: readonly string[]): boolean =>
  (rule.behaviors ?? []).some(({ name }) => names.includes(name)) ||
  (rule.children ?? []).some((child) => isRelevant(child, names));

/** Goes through a tree from top to bottom: criteria first, then behaviors, then children. */
export function evaluate(root: Rule, evaluation: Evaluation): void {
  const names = evaluation.facts.stage === "client-request" ? REQUEST_STAGE : RESPONSE_STAGE;
  walk(root, root.name, evaluation, names);
}

function walk(rule: Rule, path: string, evaluation: Evaluation, names: readonly string[]): void {
  if (!isRelevant(rule, names)) return;
  const override = evaluation.overrides.get(path);
  const criteria = (rule.criteria ?? []).map(({ name, options }) => ({
    name,
    matched: CRITERIA.get(name)?.(options, evaluation.facts, path) ?? ("unknown" as const),
  }));
  const isAny = rule.criteriaMustSatisfy === "any";
  const matched = override ?? combined(criteria, isAny);
  const behaviors = (rule.behaviors ?? []).filter(({ name }) => names.includes(name));
  const behaviorNames = behaviors.map(({ name }) => name);
  evaluation.explained.push({ rule: path, matched, criteria, behaviors: behaviorNames });
  if (matched === "unknown") {
    const name = criteria.find((one) => one.matched === "unknown")?.name ?? "";
    throw new Undecidable(path, name, "it is not evaluated by the local edge");
  }
  if (!matched) return;
  if (typeof rule.advancedOverride === "string" && rule.advancedOverride !== "" && override === undefined)
    throw new Undecidable(path, "advancedOverride", "it is not evaluated by the local edge");
  for (const behavior of behaviors) evaluation.apply({ rule: path, behavior });
  for (const child of rule.children ?? []) walk(child, `${path} > ${child.name}`, evaluation, names);
}

/** `all`: one false is enough. `any`: one true is enough. Without criteria a rule matches. */
function combined(criteria: readonly { readonly matched: Truth }[], isAny: boolean): Truth {
  if (criteria.length === 0) return true;
  const decisive = isAny;
  if (criteria.some(({ matched }) => matched === decisive)) return decisive;
  return criteria.some(({ matched }) => matched === "unknown") ? "unknown" : !decisive;
}
