import type { Element, Rule } from "../../../../provider/api/property/ruleTree";
import { type Merged, merge } from "../../../../provider/rules/merge/merge";
import type { OwnedRule } from "../../../../provider/rules/ownedRule";
import { markerOf } from "../../../../provider/rules/ownershipMarker";

export const owner = "shop/prod/edge";

export const element = (name: string, options: Record<string, unknown> = {}, more: object = {}): Element => ({
  name,
  options,
  ...more,
});
export const path = (...values: string[]) => element("path", { matchOperator: "MATCHES_ONE_OF", values });
export const caching = (ttl: string) => element("caching", { behavior: "MAX_AGE", ttl });
export const edgeWorker = (edgeWorkerId: string, more: object = {}) =>
  element("edgeWorker", { enabled: true, edgeWorkerId, ...more });

let given = 0;
/** A rule as the service has it. */
export const live = (name: string, parts: Partial<Rule> = {}, children: Rule[] = []): Rule => ({
  name,
  criteria: [],
  behaviors: [],
  criteriaMustSatisfy: "all",
  uuid: `uuid-${++given}`,
  ...parts,
  children,
});

export const root = (...children: Rule[]): Rule => ({
  name: "default",
  criteria: [],
  behaviors: [
    element("origin", { hostname: "origin.example.com" }),
    element("cpCode", { value: { id: 1234, name: "shop" } }),
  ],
  options: { is_secure: true },
  variables: [{ name: "PMUSER_DEBUG", value: "0", description: "", hidden: false, sensitive: false }],
  comments: "The behaviors in the default rule apply to all requests.",
  customOverride: { name: "log-format", overrideId: "cbo_12345" },
  advancedOverride: "<!-- by Akamai -->",
  children,
});

/** What the program wants, with the marker of its key, which is the name by default. */
export function wanted(name: string, parts: Partial<OwnedRule> = {}, content: Partial<Rule> = {}): OwnedRule {
  const { key = name } = parts;
  const marker = markerOf(owner, key);
  const { comments, ...rest } = content;
  const rule = {
    name,
    comments: comments === undefined ? marker : `${comments} ${marker}`,
    behaviors: [edgeWorker("1")],
    ...rest,
  };
  return { key, marker, parent: { path: [] }, rule, ...parts };
}

/** As if the resource had written it: its live form, with what a service adds. */
export const asLive = ({ rule }: OwnedRule, parts: Partial<Rule> = {}, children: Rule[] = []): Rule =>
  live(rule.name, { ...structuredClone(rule), ...parts }, children);

interface Before {
  readonly last?: readonly OwnedRule[];
  readonly uuids?: Record<string, string>;
}

export const merged = (
  tree: Rule,
  wanted: readonly OwnedRule[],
  { last = [], uuids = {} }: Before = {},
): Merged => merge({ owner, live: tree, last, wanted, uuids });

export const names = (rule: Rule | undefined): string[] => (rule?.children ?? []).map(({ name }) => name);

/** The rule at the end of the names. */
export const at = (rule: Rule, ...path: string[]): Rule => {
  const [name, ...rest] = path;
  if (name === undefined) return rule;
  const child = rule.children?.find((one) => one.name === name);
  if (child === undefined)
    throw new Error(`no rule ${name} below ${rule.name}, only ${names(rule).join(", ")}`);
  return at(child, ...rest);
};

/** The tree, after it was sent and read again. */
export const sent = (tree: Rule): Rule => JSON.parse(JSON.stringify(tree)) as Rule;

/** Rules side by side: capitals are ours, each by its name; `A<x` is to be before x, `A>x` after x, `^A` first. */
export const declare = (texts: string): OwnedRule[] =>
  texts
    .split(" ")
    .filter(Boolean)
    .map((text) => {
      const [, first, name = "", word, anchor = ""] = /^(\^?)(\w+)([<>]?)(\w*)$/.exec(text) ?? [];
      const position: OwnedRule["position"] = first
        ? { first: true }
        : word === "<"
          ? { before: anchor }
          : { after: anchor };
      return wanted(name, first || word ? { position } : {});
    });
export const lay = (texts: string): Rule =>
  root(
    ...texts
      .split(" ")
      .filter(Boolean)
      .map((name) => (/^[A-Z]/.test(name) ? asLive(wanted(name)) : live(name))),
  );
