/** What a rule says, without the rules below it: what the program says of it, and what the service and Akamai's people put beside that. */
import { type Detail, leaves } from "./details";
import { markerIn, withoutMarker } from "../../ownershipMarker";
import type { Element, Rule } from "../../../api/property/ruleTree";
import { isFixed, mergedElements, projectedElements } from "./elements";
import { mergedTable, projected, type Table } from "./values";

export interface MergedContent {
  /** The live rule itself when nothing becomes another. */
  readonly rule: Rule;
  readonly details: readonly Detail[];
  /** What stays as it is although it is not as wanted. */
  readonly notes: readonly string[];
}

const lists = ["criteria", "behaviors"] as const;
type List = (typeof lists)[number];
/** The service gives the uuid, and the rules below have places of their own. */
const apart = ["uuid", "children", ...lists];

export function mergedContent(last: Rule | undefined, live: Rule, wanted: Rule): MergedContent {
  const before = last === undefined ? {} : inTheWordsOf(live, last);
  const members = mergedTable(before, live, inTheWordsOf(live, wanted)) as Rule;
  const merged = lists.map((list) => ({ list, ...mergedElements(list, last && listOf(last, list), live[list], listOf(wanted, list)) }));
  const free = merged.filter(({ list }) => !isLocked(live, list));
  const locked = merged.some(({ list, details }) => isLocked(live, list) && details.length > 0);
  const changed = free.filter(({ list, elements }) => elements !== live[list]);
  return {
    rule: changed.length === 0 ? members : { ...members, ...Object.fromEntries(changed.map(({ list, elements }) => [list, elements])) },
    details: [...leaves("", before, live, members), ...free.flatMap(({ details }) => details)],
    notes: [
      ...(locked ? ["the criteria are not as wanted, but they are locked: only Akamai can change them"] : []),
      ...free.flatMap(({ stuck }) => stuck.map((what) => `${what} is not as wanted, but only Akamai can change it`)),
    ],
  };
}

/** A rule that is not there yet, as it is sent. */
export function newContent(wanted: Rule): Rule {
  return without(wanted, ["uuid", "children"]) as Rule;
}

/** For people: what a new rule consists of. */
export function newDetails(wanted: Rule): Detail[] {
  const satisfy = wanted.criteriaMustSatisfy === "any" ? [{ at: "criteriaMustSatisfy", live: undefined, wanted: "any" }] : [];
  return [...satisfy, ...lists.flatMap((list) => mergedElements(list, undefined, [], listOf(wanted, list)).details)];
}

/** The live rule as far as `last` says anything, with the criteria and behaviors that others added. */
export function projectedContent(last: Rule, live: Rule): Rule {
  const { criteriaMustSatisfy, ...seen } = inTheWordsOf(last, live);
  const found = lists.map((list) => [list, projectedElements(listOf(last, list), listOf(live, list))] as const);
  return {
    ...(projected(seen, without(last, [...apart, "criteriaMustSatisfy"])) as Rule),
    ...(criteriaMustSatisfy !== undefined && { criteriaMustSatisfy }),
    ...Object.fromEntries(found.filter(([list, elements]) => elements.length > 0 || last[list] !== undefined)),
  };
}

/** Whether Property Manager lets nobody but Akamai's people take the rule away. */
export function isHeld(live: Rule): boolean {
  return Boolean(live.criteriaLocked) || Boolean(live.advancedOverride) || lists.some((list) => listOf(live, list).some(isFixed));
}

/** What stays of a rule that is not ours any more, for the rules of others in it: who comes there, and nothing of what we did to them. */
export function shellContent(live: Rule): { readonly rule: Rule; readonly details: readonly Detail[] } {
  const isOurs = markerIn(live.comments) !== undefined;
  const comments = isOurs ? withoutMarker(live.comments) : live.comments;
  const { elements, details } = mergedElements("behaviors", undefined, live.behaviors, []);
  const all = [...(isOurs ? [{ at: "comments", live: live.comments, wanted: comments }] : []), ...details];
  const changed = { ...(comments !== undefined && { comments }), ...(elements !== undefined && { behaviors: elements }) };
  return { rule: all.length === 0 ? live : ({ ...without(live, ["comments", "behaviors"]), ...changed } as Rule), details: all };
}

const satisfyOf = ({ criteriaMustSatisfy }: Rule) => criteriaMustSatisfy ?? "all";
const textOf = ({ comments }: Rule) => (comments ?? "").trimEnd();

/** The members of a rule, in the words of the other one where they mean the same. */
function inTheWordsOf(other: Rule, rule: Rule): Table & Pick<Rule, "criteriaMustSatisfy"> {
  return {
    ...without(rule, apart),
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
