import type { Rule } from "../../property/rules/ruleTree";
import { setVariable } from "./decision";
import { type Explained, evaluate, type Matched, type Overrides, Undecidable } from "./evaluate";
import { expanded, type Facts } from "./facts";

/** What takes the place of a response. */
export type FailAction =
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  | { readonly kind: "content"; readonly hostname: string; readonly path: string };

/** The `failAction` that applies to a response, if one does. */
export function failActionFor(
  root: Rule,
  facts: Facts,
  overrides: Overrides,
  explained: Explained[],
): FailAction | undefined {
  let action: FailAction | undefined;
  evaluate(root, {
    facts,
    overrides,
    explained,
    apply(matched) {
      const { name, options } = matched.behavior;
      if (name === "setVariable") setVariable(matched, facts);
      if (name === "failAction") action = options.enabled === false ? undefined : actionOf(matched, facts);
    },
  });
  return action;
}

function actionOf({ rule, behavior }: Matched, facts: Facts): FailAction {
  const { options } = behavior;
  const text = (value: unknown): string => {
    const result = expanded(facts, String(value ?? ""));
    if (result === undefined)
      throw new Undecidable(rule, "failAction", `there is no value for ${String(value)}`);
    return result;
  };
  const { actionType } = options;
  const query = options.preserveQueryString === false || facts.query === "" ? "" : `?${facts.query}`;
  if (actionType === "REDIRECT") {
    const host = options.redirectHostnameType === "ORIGINAL" ? facts.host : text(options.redirectHostname);
    const path = options.redirectCustomPath === true ? text(options.redirectPath) : facts.path;
    return {
      kind: "redirect",
      status: Number(options.redirectMethod ?? 302),
      location: `${facts.scheme}://${host}${path}${query}`,
    };
  }
  if (actionType === "RECREATED_CO" || actionType === "RECREATED_CEX") {
    const isOriginal = options.contentHostname === undefined || options.contentHostname === "";
    const hostname = isOriginal ? text(options.cexHostname) : text(options.contentHostname);
    const isCustom = options.contentCustomPath === true || options.cexCustomPath === true;
    const path = isCustom ? text(options.contentPath ?? options.cexPath) : facts.path;
    return { kind: "content", hostname: hostname || facts.host, path: `${path}${query}` };
  }
  throw new Undecidable(rule, "failAction", `the action ${String(actionType)} is not emulated`);
}
