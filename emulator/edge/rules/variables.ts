import type { Facts, Truth } from "./facts";
import { byNumber, byOperator, isOneOf, listOf, type Options } from "./matching";

type Lookup = (facts: Facts, name: string) => string | undefined;

/** The criterion `matchVariable`, with its twelve operators. A variable of the user's that is not set is empty. */
export function matchVariable(options: Options, facts: Facts, lookup: Lookup): Truth {
  const name = String(options.variableName).replace(/^(?:builtin|user)\./, "");
  const found = lookup(facts, name);
  if (found === undefined && !name.startsWith("PMUSER_")) return "unknown";
  const value = found ?? "";
  const { matchOperator, variableValues, variableExpression, matchWildcard, matchCaseSensitive } = options;
  const how = { wildcards: matchWildcard === true, caseSensitive: matchCaseSensitive === true };
  const expression = String(variableExpression ?? "");
  const isKnown = !/\{\{/.test(expression + listOf(variableValues).join(""));
  switch (matchOperator) {
    case "IS_EMPTY":
      return value === "";
    case "IS_NOT_EMPTY":
      return value !== "";
    case "IS":
    case "IS_NOT":
      if (!isKnown) return "unknown";
      return byOperator(matchOperator, { yes: ["IS"], no: ["IS_NOT"] }, () =>
        isOneOf(value, [expression], how),
      );
    case "IS_ONE_OF":
    case "IS_NOT_ONE_OF":
      if (!isKnown) return "unknown";
      return byOperator(matchOperator, { yes: ["IS_ONE_OF"], no: ["IS_NOT_ONE_OF"] }, () =>
        isOneOf(value, listOf(variableValues), how),
      );
    case "IS_LESS_THAN":
    case "IS_LESS_THAN_OR_EQUAL":
    case "IS_MORE_THAN":
    case "IS_MORE_THAN_OR_EQUAL": {
      if (!isKnown) return "unknown";
      const [given, bound] = [value === "" ? Number.NaN : Number(value), Number(expression)];
      if (matchOperator === "IS_LESS_THAN") return given < bound;
      if (matchOperator === "IS_LESS_THAN_OR_EQUAL") return given <= bound;
      return matchOperator === "IS_MORE_THAN" ? given > bound : given >= bound;
    }
    case "IS_BETWEEN":
    case "IS_NOT_BETWEEN":
      return byNumber(matchOperator, value === "" ? Number.NaN : Number(value), options);
    default:
      return "unknown";
  }
}
