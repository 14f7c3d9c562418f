import { type AttributeSelector, parse, type Selector } from "css-what";

/** An element that is open while its children are read. */
export interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly parent: OpenElement | undefined;
}

export type Matcher = (element: OpenElement) => boolean;

/** A function that matches elements by a selector. Throws for a selector that Akamai's rewriter does not have. */
export function matcherOf(selector: string): Matcher {
  const alternatives = parsed(selector).map((tokens) => chain(tokens, selector));
  return (element) => alternatives.some((matches) => matches(element));
}

/** What stands behind a whole selector is passed over: published code has such selectors, and is answered. */
function parsed(selector: string): Selector[][] {
  try {
    return parse(selector);
  } catch (error) {
    const rest = /^Unmatched selector: (.+)$/s.exec(error instanceof Error ? error.message : "")?.[1];
    if (rest === undefined || !selector.endsWith(rest) || rest.length === selector.length) throw error;
    return parse(selector.slice(0, -rest.length));
  }
}

const isCombinator = ({ type }: Selector): boolean => type === "child" || type === "descendant";

/** The last compound must match the element, and what stands before its combinator an ancestor. */
function chain(tokens: readonly Selector[], selector: string): Matcher {
  const at = tokens.findLastIndex(isCombinator);
  const compound = tokens.slice(at + 1).map((token) => simple(token, selector));
  const own: Matcher = (element) => compound.every((matches) => matches(element));
  if (at < 0) return own;
  const before = chain(tokens.slice(0, at), selector);
  const isChild = tokens[at]?.type === "child";
  return (element) => {
    if (!own(element)) return false;
    for (let { parent } = element; parent !== undefined; parent = parent.parent) {
      if (before(parent)) return true;
      if (isChild) return false;
    }
    return false;
  };
}

function simple(token: Selector, selector: string): Matcher {
  if (token.type === "universal") return () => true;
  if (token.type === "tag") {
    const name = token.name.toLowerCase();
    return (element) => element.name === name;
  }
  if (token.type === "attribute") return attribute(token);
  if (token.type === "pseudo" && token.name === "not" && Array.isArray(token.data)) {
    const inner = token.data.map((tokens) => chain(tokens, selector));
    return (element) => !inner.some((matches) => matches(element));
  }
  const name = "name" in token ? token.name : token.type;
  throw new TypeError(`The selector "${selector}" has ${name}, which html-rewriter does not support`);
}

function attribute({ name, action, value, ignoreCase }: AttributeSelector): Matcher {
  const fold = (text: string) => (ignoreCase === true ? text.toLowerCase() : text);
  const wanted = fold(value);
  const key = name.toLowerCase();
  return ({ attributes }) => {
    const given = attributes.get(key);
    if (given === undefined) return false;
    const text = fold(given);
    if (action === "exists") return true;
    if (action === "equals") return text === wanted;
    if (action === "element") return text.split(/\s+/).includes(wanted);
    if (action === "start") return wanted !== "" && text.startsWith(wanted);
    if (action === "end") return wanted !== "" && text.endsWith(wanted);
    if (action === "any") return wanted !== "" && text.includes(wanted);
    if (action === "hyphen") return text === wanted || text.startsWith(`${wanted}-`);
    return false;
  };
}
