import { matchesWildcards } from "../wildcards";
import type { Truth } from "./facts";

export type Options = Readonly<Record<string, unknown>>;

/** The texts of an option: a list, or one. */
export const listOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map(String);

/** Whether a text is one of several, with wildcards or without. */
export function isOneOf(
  text: string,
  values: readonly string[],
  { wildcards, caseSensitive }: { readonly wildcards: boolean; readonly caseSensitive: boolean },
): boolean {
  const fold = (one: string) => (caseSensitive ? one : one.toLowerCase());
  const given = fold(text);
  return values.some((value) => (wildcards ? matchesWildcards(fold(value), given) : fold(value) === given));
}

/** A truth for an operator that has a negation: `IS_ONE_OF` and `IS_NOT_ONE_OF`. Others are unknown. */
export function byOperator(
  operator: unknown,
  operators: { readonly yes: readonly string[]; readonly no: readonly string[] },
  test: () => boolean,
): Truth {
  if (operators.yes.includes(String(operator))) return test();
  if (operators.no.includes(String(operator))) return !test();
  return "unknown";
}

/** Compares a number with the bounds of an operator. */
export function byNumber(operator: unknown, given: number, options: Options): Truth {
  const bound = (name: string) => Number(options[name]);
  const value = bound("value");
  const [low, high] = [bound("lowerBound"), bound("upperBound")];
  if (operator === "IS_LESS_THAN") return given < bound("upperBound");
  if (operator === "IS_MORE_THAN") return given > bound("lowerBound");
  if (operator === "IS_BETWEEN") return given >= low && given <= high;
  if (operator === "IS_NOT_BETWEEN") return !(given >= low && given <= high);
  if (operator === "IS") return given === value;
  if (operator === "IS_NOT") return given !== value;
  return "unknown";
}
