/** The content of a rule, without the rules below it: what the program sets, and what the service and Akamai add. */

import type { Element, Rule } from "../../../api/property/ruleTree";
import { markerIn, withoutMarker } from "../../ownershipMarker";
import { changedLeaves, type Detail } from "./details";
import { isLockedElement, mergedElements, projectedElements } from "./elements";
import { mergedTable, projected, type Table } from "./values";

export interface MergedContent {
  /** The live rule itself when nothing changes. */
  readonly rule: Rule;
  readonly details: readonly Detail[];
  /** What differs from the wanted rule and can't be changed. */
  readonly notes: readonly string[];
}

const lists = ["criteria", "behaviors"] as const;
type List = (typeof lists)[number];
/** Members that are merged elsewhere: the service sets the uuid, and the rules below are nodes of their own. */
const mergedApart = ["uuid", "children", ...lists];

export function mergedContent(last: Rule | undefined, live: Rule, wanted: Rule): MergedContent {
  const before = last === undefined ? {} : alignedWith(live, last);
  const members = mergedTable(before, live, alignedWith(live, wanted)) as Rule;
  const merged = lists.map((list) => ({
    list,
    ...mergedElements(list, last && listOf(last, list), live[list], listOf(wanted, list)),
  }));
  const free = merged.filter(({ list }) => !isLocked(live, list));
  const locked = merged.some(({ list, details }) => isLocked(live, list) && details.length > 0);
  const changed = free.filter(({ list, elements }) => elements !== live[list]);
  return {
    rule:
      changed.length === 0
        ? members
        : { ...members, ...Object.fromEntries(changed.map(({ list, elements }) => [list, elements])) },
    details: [...changedLeaves("", before, live, members), ...free.flatMap(({ details }) => details)],
    notes: [
      ...(locked ? ["the criteria are not as wanted, but they are locked: only Akamai can change them"] : []),
      ...free.flatMap(({ blocked }) =>
        blocked.map((what) => `${what} is not as wanted, but only Akamai can change it`),
      ),
    ],
  };
}

/** The content of a new rule, as it is sent. */
export function newContent(wanted: Rule): Rule {
  return without(wanted, ["uuid", "children"]) as Rule;
}

/** The content of a new rule, for people. */
export function newDetails(wanted: Rule): Detail[] {
  const satisfy =
    wanted.criteriaMustSatisfy === "any"
      ? [{ at: "criteriaMustSatisfy", live: undefined, wanted: "any" }]
      : [];
  return [
    ...satisfy,
    ...lists.flatMap((list) => mergedElements(list, undefined, [], listOf(wanted, list)).details),
  ];
}

/** The members of the live rule that `last` has, with criteria and behaviors that others added. */
export function projectedContent(last: Rule, live: Rule): Rule {
  const { criteriaMustSatisfy, ...seen } = alignedWith(last, live);
  const found = lists.map(
    (list) => [list, projectedElements(listOf(last, list), listOf(live, list))] as const,
  );
  return {
    ...(projected(seen, without(last, [...mergedApart, "criteriaMustSatisfy"])) as Rule),
    ...(criteriaMustSatisfy !== undefined && { criteriaMustSatisfy }),
    ...Object.fromEntries(
      found.filter(([list, elements]) => elements.length > 0 || last[list] !== undefined),
    ),
  };
}

/** Whether only Akamai can remove the rule. */
export function isRemovalLocked(live: Rule): boolean {
  return (
    Boolean(live.criteriaLocked) ||
    Boolean(live.advancedOverride) ||
    lists.some((list) => listOf(live, list).some(isLockedElement))
  );
}

/** The content of a container: its criteria stay for the foreign rules in it. Its marker and the behaviors of this program are removed. */
export function containerContent(live: Rule): { readonly rule: Rule; readonly details: readonly Detail[] } {
  const isOurs = markerIn(live.comments) !== undefined;
  const comments = isOurs ? withoutMarker(live.comments) : live.comments;
  const { elements, details } = mergedElements("behaviors", undefined, live.behaviors, []);
  const all = [...(isOurs ? [{ at: "comments", live: live.comments, wanted: comments }] : []), ...details];
  const changed = {
    ...(comments !== undefined && { comments }),
    ...(elements !== undefined && { behaviors: elements }),
  };
  return {
    rule: all.length === 0 ? live : ({ ...without(live, ["comments", "behaviors"]), ...changed } as Rule),
    details: all,
  };
}

const satisfyOf = ({ criteriaMustSatisfy }: Rule) => criteriaMustSatisfy ?? "all";
const textOf = ({ comments }: Rule) => (comments ?? "").trimEnd();

/** The members of a rule, in the spelling of the other one where both mean the same. */
function alignedWith(other: Rule, rule: Rule): Table & Pick<Rule, "criteriaMustSatisfy"> {
  return {
    ...without(rule, mergedApart),
    ...(textOf(rule) === textOf(other) && { comments: other.comments }),
    criteriaMustSatisfy: satisfyOf(rule) === satisfyOf(other) ? other.criteriaMustSatisfy : satisfyOf(rule),
  };
}

function listOf(rule: Rule, list: List): readonly Element[] {
  return rule[list] ?? [];
}

function isLocked(live: Rule, list: List): boolean {
  return list === "criteria" && Boolean(live.criteriaLocked);
}

function without(rule: Rule, names: readonly string[]): Table {
  return Object.fromEntries(Object.entries(rule).filter(([name]) => !names.includes(name)));
}
