/** The rules of others in a tree. */

import type { Rule } from "../api/property/ruleTree";
import { hasMarker, isOwnedBy } from "./ownershipMarker";

/** A tree without the rules that have an ownership marker, and without all rules below those. */
export function withoutManaged(rule: Rule): Rule {
  return {
    ...rule,
    children: (rule.children ?? []).filter((child) => !hasMarker(child)).map(withoutManaged),
  };
}

/** The paths of foreign rules in `live` that `tree` lacks; a rule below a missing one is not named. Copies of a version have the same uuids. */
export function missingFrom(tree: Rule, live: Rule, owner: string): string[] {
  const there = new Set(uuidsOf(tree));
  const missing = (rule: Rule, path: readonly string[]): string[] => {
    const here = [...path, rule.name];
    if (rule.uuid !== undefined && !there.has(rule.uuid) && !isOwnedBy(rule, owner))
      return [here.join(" > ")];
    return (rule.children ?? []).flatMap((child) => missing(child, here));
  };
  return (live.children ?? []).flatMap((child) => missing(child, []));
}

function uuidsOf({ uuid, children = [] }: Rule): string[] {
  return [...(uuid === undefined ? [] : [uuid]), ...children.flatMap(uuidsOf)];
}
