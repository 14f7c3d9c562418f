/** Random rule trees, and random wishes of a program. */
import fc from "fast-check";
import type { Element, Rule } from "../../../../provider/api/property/ruleTree";
import type { OwnedRule } from "../../../../provider/rules/ownedRule";
import { markerOf } from "../../../../provider/rules/ownershipMarker";
import { owner } from "./trees";

const names = ["Sites", "Images", "Fonts", "A"];
export const name = fc.constantFrom(...names);
const option = fc.constantFrom("values", "ttl", "defaulted", "__proto__", "constructor");
const leaf = fc.constantFrom<unknown>(0, 1, "", "1", "/a/*", false, true);

/** Members as JSON has them: one may be called `__proto__`. */
const table = <T>(names: fc.Arbitrary<string>, values: fc.Arbitrary<T>, maxLength = 3) =>
  fc
    .array(fc.tuple(names, values), { maxLength })
    .map((entries): Record<string, T> => Object.fromEntries(entries));
const list = fc.array(fc.oneof(leaf, table(option, leaf, 2)), { maxLength: 2 });
export const options = table(
  option,
  fc.oneof({ weight: 3, arbitrary: leaf }, list, table(option, fc.oneof(leaf, list), 2)),
);

const elements = fc.array(
  fc.record<Element>({ name: fc.constantFrom("path", "caching", "edgeWorker"), options }),
  { maxLength: 3 },
);
/** What only Akamai's people write; some of it bears names that a program uses too. */
export const fixed: fc.Arbitrary<Element> = fc.oneof(
  fc.record({ name: fc.constantFrom("advanced", "matchAdvanced"), options }),
  fc.record({ name: fc.constantFrom("special", "caching"), options, locked: fc.constant(true) }),
  fc.record({ name: fc.constant("special"), options, uuid: fc.constantFrom("x", "y") }),
);
export const comments = fc.constantFrom(
  "By hand",
  `Theirs ${markerOf("another/resource", "Sites")}`,
  "[pulumi of a later version]",
  `${markerOf(owner, "K0")} is what a mark looks like`,
  ` ${markerOf(owner, "K1").slice(0, -1)}`,
);
const foreignContent = {
  name,
  comments,
  criteria: fc.oneof(elements, fc.array(fixed, { maxLength: 1 })),
  behaviors: fc.tuple(elements, fc.array(fixed, { maxLength: 1 })).map(([some, more]) => [...some, ...more]),
  criteriaMustSatisfy: fc.constantFrom("all" as const, "any" as const),
  variables: fc.constant([{ name: "PMUSER_A", hidden: false }]),
  customOverride: fc.constant({ name: "a", overrideId: "cbo_1" }),
  criteriaLocked: fc.boolean(),
  advancedOverride: fc.constant("<a/>"),
};
const strange = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as object;
/** A rule of others with so many levels of rules below it. */
const ruleOf = (levels: number): fc.Arbitrary<Rule> =>
  fc
    .tuple(fc.record(foreignContent, { requiredKeys: ["name"] }), childrenOf(levels), fc.boolean())
    .map(
      ([content, children, isStrange]) =>
        ({ ...content, ...(children.length > 0 && { children }), ...(isStrange && strange) }) as Rule,
    );
const childrenOf = (levels: number): fc.Arbitrary<Rule[]> =>
  levels === 0 ? fc.constant([]) : fc.array(ruleOf(levels - 1), { maxLength: 3 });
export const foreignRule = ruleOf(1);
export const foreignTree: fc.Arbitrary<Rule> = fc
  .record({ children: childrenOf(3), behaviors: elements, options })
  .map((root) => ({ name: "default", ...root }) as Rule);

/** A wish for a rule, in terms that get their meaning from a tree and from the wishes before it. */
const wish = fc.record({
  called: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, name),
  parent: fc.record({
    kind: fc.constantFrom(
      "root",
      "root",
      "root",
      "path",
      "path",
      "path",
      "owned",
      "owned",
      "owned",
      "nowhere",
    ),
    pick: fc.nat(),
  }),
  position: fc.record({
    kind: fc.constantFrom("none", "none", "first", "before", "after", "after"),
    pick: fc.nat(),
  }),
  adopt: fc.boolean(),
  comments: fc.option(fc.constantFrom("Ask us", "Ask them"), { nil: undefined }),
  criteria: fc.option(elements, { nil: undefined }),
  behaviors: fc.option(elements, { nil: undefined }),
  criteriaMustSatisfy: fc.option(fc.constantFrom("all" as const, "any" as const), { nil: undefined }),
  customOverride: fc.option(fc.constant({ name: "mine" }), { nil: undefined }),
});
export type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;
export const wishes = fc.array(fc.option(wish, { nil: undefined, freq: 4 }), { minLength: 1, maxLength: 5 });
/** Those of before, some of them no longer, some of them other ones. */
export const newWishes = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.constant("same" as const) }, fc.constant(undefined), wish),
  {
    minLength: 3,
    maxLength: 5,
  },
);

export const walk = (rule: Rule, path: string[] = []): { rule: Rule; path: string[] }[] => [
  { rule, path },
  ...(rule.children ?? []).flatMap((child) => walk(child, [...path, child.name])),
];

export function wantedFrom(
  tree: Rule,
  wishes: readonly (Wish | "same" | undefined)[],
  before: readonly OwnedRule[] = [],
): OwnedRule[] {
  const wanted: OwnedRule[] = [];
  for (const [index, wish] of wishes.entries()) {
    const key = `K${index}`;
    const same = before.find((one) => one.key === key);
    const next = wish === "same" ? same : wish && wantedOne(tree, wanted, key, wish);
    if (
      next !== undefined &&
      ("path" in next.parent || wanted.some((one) => "owned" in next.parent && one.key === next.parent.owned))
    )
      wanted.push(next);
  }
  return wanted;
}

function wantedOne(tree: Rule, before: readonly OwnedRule[], key: string, wish: Wish): OwnedRule {
  const { called = key.replace("K", "own"), parent, position, adopt, comments, ...content } = wish;
  const mark = markerOf(owner, key);
  const all = walk(tree);
  const above = all[parent.pick % all.length] ?? { rule: tree, path: [] };
  const ours = before[parent.pick % Math.max(1, before.length)];
  const kinds = { root: [], nowhere: ["Nowhere"], path: above.path, owned: above.path };
  const into: OwnedRule["parent"] =
    parent.kind === "owned" && ours !== undefined ? { owned: ours.key } : { path: kinds[parent.kind] };
  const beside = before
    .filter((one) => JSON.stringify(one.parent) === JSON.stringify(into))
    .map(({ rule }) => rule.name);
  if ("path" in into)
    beside.push(...((into.path.length === 0 ? tree : above.rule).children?.map(({ name }) => name) ?? []));
  const anchor = position.pick % 9 === 0 ? "Nowhere" : beside[position.pick % Math.max(1, beside.length)];
  const positions = {
    none: undefined,
    first: { first: true as const },
    before: anchor && { before: anchor },
    after: anchor && { after: anchor },
  };
  return {
    key,
    marker: mark,
    parent: into,
    position: positions[position.kind] || undefined,
    adopt,
    rule: {
      name: called,
      ...defined(content),
      comments: comments === undefined ? mark : `${comments} ${mark}`,
    },
  };
}

const defined = (values: object) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
