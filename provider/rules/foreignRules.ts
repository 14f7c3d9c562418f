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

/**
 * The paths of foreign rules in `live` that `tree` lacks; a rule below a missing one is not named. Copies of a version have the same
 * uuids. A rule without one, as most are, is there when a rule has its names.
 */
export function missingFrom(tree: Rule, live: Rule, owner: string): string[] {
  const uuids = new Set(uuidsOf(tree));
  const paths = new Set((tree.children ?? []).flatMap((child) => pathsOf(child, [])));
  const isThere = ({ uuid }: Rule, path: string) => (uuid === undefined ? paths.has(path) : uuids.has(uuid));
  const missing = (rule: Rule, above: readonly string[]): string[] => {
    const here = [...above, rule.name];
    const path = here.join(" > ");
    if (!isThere(rule, path) && !isOwnedBy(rule, owner)) return [path];
    return (rule.children ?? []).flatMap((child) => missing(child, here));
  };
  return (live.children ?? []).flatMap((child) => missing(child, []));
}

function pathsOf({ name, children = [] }: Rule, above: readonly string[]): string[] {
  const here = [...above, name];
  return [here.join(" > "), ...children.flatMap((child) => pathsOf(child, here))];
}

function uuidsOf({ uuid, children = [] }: Rule): string[] {
  return [...(uuid === undefined ? [] : [uuid]), ...children.flatMap(uuidsOf)];
}
