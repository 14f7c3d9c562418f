/** What of others is in a tree. */
import { hasMarker, isOwnedBy } from "./ownershipMarker";
import type { Rule } from "../api/property/ruleTree";

/** A tree without the rules that bear a program's mark, and all below those. */
export function withoutManaged(rule: Rule): Rule {
  return { ...rule, children: (rule.children ?? []).filter((child) => !hasMarker(child)).map(withoutManaged) };
}

/** The rules of others in `live` that are not in `tree`, by the names on the way to them; of those below one another, the first. Copies keep their uuids. */
export function missingFrom(tree: Rule, live: Rule, owner: string): string[] {
  const there = new Set(uuidsOf(tree));
  const missing = (rule: Rule, path: readonly string[]): string[] => {
    const here = [...path, rule.name];
    if (rule.uuid !== undefined && !there.has(rule.uuid) && !isOwnedBy(rule, owner)) return [here.join(" > ")];
    return (rule.children ?? []).flatMap((child) => missing(child, here));
  };
  return (live.children ?? []).flatMap((child) => missing(child, []));
}

function uuidsOf({ uuid, children = [] }: Rule): string[] {
  return [...(uuid === undefined ? [] : [uuid]), ...children.flatMap(uuidsOf)];
}
