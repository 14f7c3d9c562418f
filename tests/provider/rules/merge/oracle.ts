/** What a merge has to do and to leave alone, implemented a second time and in another way. */

import type { Rule } from "../../../../provider/api/property/ruleTree";
import { same } from "../../../../provider/framework/canonical";
import type { Merged, MergeInput } from "../../../../provider/rules/merge/merge";
import type { OwnedRule } from "../../../../provider/rules/ownedRule";
import { isOwnedBy, markerOf } from "../../../../provider/rules/ownershipMarker";

interface Place {
  readonly rule: Rule;
  readonly above: readonly Rule[];
}
const places = (rule: Rule, above: readonly Rule[] = []): Place[] => [
  { rule, above },
  ...(rule.children ?? []).flatMap((child) => places(child, [...above, rule])),
];
export const rulesBelow = (root: Rule): Rule[] =>
  places(root)
    .slice(1)
    .map(({ rule }) => rule);
const content = ({ children: _, ...rule }: Rule): object => rule;
const idOf = ({ rule, above }: Place) => (above.length === 0 ? "root" : (rule.uuid ?? "new"));
const asText = (value: unknown) => JSON.stringify(value);

const markAtEnd = (rule: Rule) =>
  /\[pulumi [0-9a-f]{12}\/[0-9a-f]{6}\]\s*$/.exec(rule.comments ?? "")?.[0].trim();
export const bears = (rule: Rule, mark: string) => markAtEnd(rule) === mark;
const isFixed = ({ name, uuid, locked }: { name: string; uuid?: unknown; locked?: unknown }) =>
  /dvanced$/.test(name) || Boolean(uuid || locked);
const isHeld = (rule: Rule) =>
  Boolean(rule.criteriaLocked || rule.advancedOverride) ||
  [...(rule.criteria ?? []), ...(rule.behaviors ?? [])].some(isFixed);

/** Which rules of the live tree are ours, by key; those that are to go; and all the rest. */
export interface Parts {
  readonly ours: ReadonlyMap<string, Rule>;
  readonly going: ReadonlySet<Rule>;
  readonly foreign: ReadonlySet<Rule>;
  /** Those of them that are copies of rules that go, and lose the mark. */
  readonly copies: ReadonlySet<Rule>;
  /** Those of ours that were of others. */
  readonly takenOver: ReadonlySet<Rule>;
}

export function partsOf({ live, wanted, uuids, owner }: MergeInput, result: Merged): Parts {
  const all = rulesBelow(live);
  const ours = new Map<string, Rule>();
  const free = (rule: Rule) => ![...ours.values()].includes(rule);
  for (const { key, marker } of wanted) {
    const copies = all.filter((rule) => bears(rule, marker));
    const one = copies.find(({ uuid }) => uuid === uuids[key]) ?? copies[0];
    if (one !== undefined) ours.set(key, one);
  }
  for (const { key } of wanted) {
    const one = all.find(
      (rule) =>
        rule.uuid !== undefined && rule.uuid === uuids[key] && markAtEnd(rule) === undefined && free(rule),
    );
    if (one !== undefined && !ours.has(key)) ours.set(key, one);
  }
  const takenOver = new Set<Rule>();
  // The result shows what was adopted. Whether it may be adopted is decided here.
  for (const { key, adopt, rule } of wanted) {
    const one = all.find(({ uuid }) => uuid !== undefined && uuid === result.uuids[key]);
    if (one === undefined || ours.has(key)) continue;
    const may =
      adopt && one.name === rule.name && !/\[pulumi [^[\]]*\]\s*$/.test(one.comments ?? "") && free(one);
    if (!may) throw new Error(`${key} took over what it must not: ${asText(one)}`);
    ours.set(key, one);
    takenOver.add(one);
  }
  const ownMark = markerOf(owner, "").slice(0, -7);
  const going = all.filter((rule) => {
    const mark = markAtEnd(rule);
    const isKnown = Object.entries(uuids).some(
      ([key, uuid]) => uuid === rule.uuid && !wanted.some((one) => one.key === key),
    );
    return (
      free(rule) &&
      (mark === undefined ? isKnown : mark.startsWith(ownMark) && !wanted.some((one) => one.marker === mark))
    );
  });
  // Of several with one mark, one goes: the known one, or else the first. The others are copies that somebody made.
  const known = Object.values(uuids);
  const copies = going.filter((rule) => {
    const mark = markAtEnd(rule);
    const alike = going.filter((other) => mark !== undefined && bears(other, mark));
    return (
      mark !== undefined &&
      rule !== (alike.find(({ uuid }) => uuid !== undefined && known.includes(uuid)) ?? alike[0])
    );
  });
  const foreign = all.filter((rule) => free(rule) && (!going.includes(rule) || copies.includes(rule)));
  return {
    ours,
    going: new Set(going.filter((rule) => !copies.includes(rule))),
    foreign: new Set(foreign),
    copies: new Set(copies),
    takenOver,
  };
}

/** Rules that have to be below the same rule after a merge: those of others, and those that stay for them. */
function staying(live: Rule, { going, foreign, takenOver }: Parts): Set<Rule> {
  const stays = new Set(foreign);
  const shells = (rule: Rule): void => {
    for (const child of rule.children ?? []) shells(child);
    if (
      going.has(rule) &&
      (isHeld(rule) || (rule.children ?? []).some((child) => stays.has(child) || takenOver.has(child)))
    )
      stays.add(rule);
  };
  shells(live);
  return stays;
}

/** Everything of others is where it was, as it was, and in the order in which it was. */
export function expectForeignKept({ live, wanted }: MergeInput, { tree }: Merged, parts: Parts): void {
  const stays = staying(live, parts);
  const after = new Map(places(tree).map((place) => [idOf(place), place]));
  expect(asText(content(tree))).toBe(asText(content(live)));
  for (const { rule, above } of places(live).slice(1)) {
    if (!stays.has(rule)) continue;
    const now = after.get(rule.uuid ?? "");
    expect(now?.above.at(-1)?.uuid).toBe(above.at(-1)?.uuid);
    if (parts.copies.has(rule)) expectCopy(rule, now?.rule);
    else if (parts.foreign.has(rule)) expect(asText(now && content(now.rule))).toBe(asText(content(rule)));
    else expectShell(rule, now?.rule);
  }
  const order = (root: Rule, isOne: (rule: Rule) => boolean) =>
    new Map(
      places(root).map((place) => [
        idOf(place),
        (place.rule.children ?? []).filter(isOne).map(({ uuid }) => uuid),
      ]),
    );
  const kept = new Set([...stays].map(({ uuid }) => uuid));
  const [was, is] = [order(live, (rule) => stays.has(rule)), order(tree, ({ uuid }) => kept.has(uuid))];
  for (const [id, children] of was) if (children.length > 0) expect(is.get(id)).toEqual(children);
  const marks = wanted.map(({ marker }) => marker);
  for (const rule of rulesBelow(tree))
    expect(kept.has(rule.uuid) || marks.some((mark) => bears(rule, mark))).toBe(true);
  expect(rulesBelow(tree).length).toBe(kept.size + wanted.length);
}

function expectCopy(rule: Rule, now: Rule | undefined): void {
  const { comments = "", ...rest } = content(rule) as Rule;
  const { comments: bare = "", ...after } = content(now ?? rule) as Rule;
  expect(asText(after)).toBe(asText(rest));
  expect(comments.startsWith(bare)).toBe(true);
  expect(comments.slice(bare.length).trim()).toMatch(/^\[pulumi [0-9a-f]{12}\/[0-9a-f]{6}\]$/);
}

function expectShell(rule: Rule, now: Rule | undefined): void {
  const { comments: _, behaviors, children: __, ...rest } = rule;
  expect(now).toMatchObject(rest);
  expect(now && markAtEnd(now)).toBe(undefined);
  expect(now?.behaviors).toEqual(behaviors?.filter(isFixed));
}

/** In a rule of ours, what is neither the program's nor was stays: unknown members, and what only Akamai's people may write. */
export function expectAdditionsKept({ last, wanted }: MergeInput, { tree }: Merged, { ours }: Parts): void {
  for (const { key, rule } of wanted) {
    const before = ours.get(key);
    if (before === undefined) continue;
    const after = rulesBelow(tree).find(({ uuid }) => uuid === before.uuid);
    const declared = new Set([
      "name",
      "comments",
      "criteria",
      "behaviors",
      "criteriaMustSatisfy",
      "children",
    ]);
    for (const one of [rule, last.find((other) => other.key === key)?.rule ?? {}])
      for (const name of Object.keys(one)) declared.add(name);
    const rest = (one: Rule | undefined) => Object.entries(one ?? {}).filter(([name]) => !declared.has(name));
    expect(asText(rest(after))).toBe(asText(rest(before)));
    if (before.criteriaLocked) expect(asText(after?.criteria)).toBe(asText(before.criteria));
    for (const list of ["criteria", "behaviors"] as const)
      expect(after?.[list]?.filter(isFixed)).toEqual(before[list]?.filter(isFixed));
  }
}

/** Every rule that is wanted is there once, and where it has to be. */
export function expectPlaced(
  { live, wanted, owner }: MergeInput,
  { tree, remarks }: Merged,
  { ours, foreign }: Parts,
): void {
  const own = (rule: Rule) => wanted.find(({ marker }) => bears(rule, marker));
  const found = new Map(
    wanted.map((one) => [one.key, places(tree).filter(({ rule }) => bears(rule, one.marker))]),
  );
  const before = new Map(places(live).map(({ rule, above }) => [rule, above.at(-1)]));
  const groups = new Map<Rule, Map<string, number[]>>();
  for (const one of wanted) {
    const copies = found.get(one.key) ?? [];
    // A copy that somebody made is left alone: it has no place.
    const [place] = copies.filter(({ rule }) => copies.length === 1 || rule.uuid === ours.get(one.key)?.uuid);
    if (place === undefined) throw new Error(`${one.key} is not there`);
    const siblings = place.above.at(-1)?.children ?? [];
    const at = siblings.indexOf(place.rule);
    const there = ours.get(one.key);
    const names = siblings
      .filter(({ uuid }) => [...foreign].some((other) => other.uuid === uuid && !isOwnedBy(other, owner)))
      .map(({ name }) => name);
    if (there === undefined) expect(names).not.toContain(one.rule.name);
    const path = pathOf(place);
    // Remarks name rules by their paths.
    if (wanted.filter((other) => found.get(other.key)?.some((copy) => pathOf(copy) === path)).length > 1)
      continue;
    if (there !== undefined && remarks.some((remark) => remark.startsWith(`${path} stays where it is: `))) {
      expect(place.above.at(-1)?.uuid).toBe(before.get(there)?.uuid);
      continue;
    }
    if ("path" in one.parent) expect(place.above.slice(1).map(({ name }) => name)).toEqual(one.parent.path);
    else expect(own(place.above.at(-1) as Rule)?.key).toBe(one.parent.owned);
    if (
      there !== undefined &&
      remarks.some((remark) => remark.startsWith(`the position of ${path} can't be met: `))
    )
      continue;
    expectPosition(one, siblings, at, (rule) => own(rule) === undefined || isCopy(rule, ours, own(rule)));
    const parent = place.above.at(-1) ?? tree;
    const group = groups.get(parent) ?? new Map<string, number[]>();
    const position = String(asText(one.position));
    groups.set(parent, group.set(position, [...(group.get(position) ?? []), at]));
  }
  for (const indexes of [...groups.values()].flatMap((group) => [...group.values()]))
    expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
}

const pathOf = ({ rule, above }: Place) => [...above.slice(1), rule].map(({ name }) => name).join(" > ");

const isCopy = (rule: Rule, ours: ReadonlyMap<string, Rule>, owned: OwnedRule | undefined) => {
  const there = ours.get(owned?.key ?? "");
  return there !== undefined && there.uuid !== rule.uuid;
};

function expectPosition(
  { position }: OwnedRule,
  siblings: readonly Rule[],
  at: number,
  isForeign: (rule: Rule) => boolean,
): void {
  if (position === undefined) return;
  if ("first" in position) {
    expect(siblings.slice(0, at).filter(isForeign)).toEqual([]);
    return;
  }
  const anchor = "before" in position ? position.before : position.after;
  const indexes = siblings.flatMap(({ name }, index) => (name === anchor && index !== at ? index : []));
  expect(indexes).toHaveLength(1);
  expect(at < (indexes[0] ?? -1)).toBe("before" in position);
}

/** What a refresh sees is what is wanted; but for what only Akamai's people can change. */
export function expectSeen(wanted: readonly OwnedRule[], seen: readonly OwnedRule[], tree: Rule): void {
  expect(seen.map(({ key }) => key)).toEqual(wanted.map(({ key }) => key));
  for (const [index, one] of wanted.entries()) {
    const { rule, ...rest } = seen[index] ?? { rule: undefined };
    const { rule: expected, ...place } = one;
    expect(asText(rest)).toBe(asText(place));
    const now = rulesBelow(tree).filter((live) => bears(live, one.marker));
    const isStuck = now.some((live) => isStuckIn(live, expected));
    if (!isStuck) expect(same(rule, expected)).toBe(true);
  }
}

/** Whether the program may want something of a rule that only Akamai's people can change. */
export function isStuckIn(live: Rule, wanted: Rule): boolean {
  const names = [...(wanted.criteria ?? []), ...(wanted.behaviors ?? [])].map(({ name }) => name);
  const elements = [...(live.criteria ?? []), ...(live.behaviors ?? [])];
  return (
    Boolean(live.criteriaLocked) ||
    elements.some((element) => isFixed(element) && names.includes(element.name))
  );
}
