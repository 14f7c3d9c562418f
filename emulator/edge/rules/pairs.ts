import { expanded, type Facts, type Truth } from "./facts";
import { byNumber, byOperator, isOneOf, listOf, type Options } from "./matching";

/** Evaluates one criterion. `rulePath` names the rule. */
export type Criterion = (options: Options, facts: Facts, rulePath: string) => Truth;

/** Operators with a negation. */
export const IS = { yes: ["IS", "IS_ONE_OF", "EXISTS"], no: ["IS_NOT", "IS_NOT_ONE_OF", "DOES_NOT_EXIST"] };

/** The values of an option with their variables filled in; `undefined` when one is not known. */
function valuesOf(facts: Facts, value: unknown): string[] | undefined {
  const values = listOf(value).map((text) => expanded(facts, text));
  return values.some((text) => text === undefined) ? undefined : (values as string[]);
}

interface Named {
  readonly names: unknown;
  readonly nameCase: boolean;
  readonly nameWildcard: boolean;
}

/** A criterion about pairs of name and value: headers, cookies, arguments of the query. */
export function pairs(options: Options, facts: Facts, all: readonly [string, string][], named: Named): Truth {
  const { matchOperator, values = options.value, matchCaseSensitive, matchCaseSensitiveValue } = options;
  const { matchWildcard, matchWildcardValue } = options;
  const names = listOf(named.names);
  const matching = all.filter(([name]) =>
    isOneOf(name, names, { wildcards: named.nameWildcard, caseSensitive: named.nameCase }),
  );
  if (matchOperator === "EXISTS") return matching.length > 0;
  if (matchOperator === "DOES_NOT_EXIST") return matching.length === 0;
  const wanted = valuesOf(facts, values);
  if (wanted === undefined) return "unknown";
  if (/LESS|MORE|BETWEEN/.test(String(matchOperator))) {
    const [first] = matching;
    return byNumber(matchOperator, first === undefined ? Number.NaN : Number(first[1]), options);
  }
  const how = {
    wildcards: (matchWildcardValue ?? matchWildcard) === true,
    caseSensitive: (matchCaseSensitiveValue ?? matchCaseSensitive) === true,
  };
  return byOperator(matchOperator, IS, () => matching.some(([, text]) => isOneOf(text, wanted, how)));
}

export const headerPairs = (headers: Facts["headers"]): [string, string][] =>
  Object.entries(headers).flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
