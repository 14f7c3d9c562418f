/** Merges the rules of a resource into a rule tree that others edit too. A pure function that loses no change of others. */

import type { Rule } from "../../api/property/ruleTree";
import type { Detail, RuleChange } from "../changes";
import { formatPath } from "../formatPath";
import type { OwnedRule } from "../ownedRule";
import { markerIn, withoutMarker } from "../ownershipMarker";
import { arrange, byKey, currentPosition, hasMoved, livePosition } from "./arrange";
import type { RuleProblem } from "./attach";
import { containerContent, isRemovalLocked, mergedContent, newContent, newDetails } from "./content/content";
import { livePathOf, type Node, nodesOf, pathOf, walk } from "./nodes";

export interface MergeInput {
  /** The resource: `project/stack/name`. */
  readonly owner: string;
  /** The tree as it is now, from the default rule. Never changed by the merge. */
  readonly live: Rule;
  /** The rules as this resource wrote them last; empty for a new resource. */
  readonly last: readonly OwnedRule[];
  /** Parents before their children. */
  readonly wanted: readonly OwnedRule[];
  /** The uuids of the rules that it wrote last, by key. They find a rule whose ownership marker somebody removed. */
  readonly uuids: Readonly<Record<string, string>>;
}

export interface Merged {
  readonly tree: Rule;
  /** Empty when the tree is up to date; `tree` is `live` then. */
  readonly changes: readonly RuleChange[];
  /** What makes the merge impossible. Nothing may be sent while there is one. */
  readonly problems: readonly RuleProblem[];
  /** Warnings for the user. */
  readonly remarks: readonly string[];
  /** The uuids of the owned rules in `tree`, by key, where they have one. */
  readonly uuids: Readonly<Record<string, string>>;
}

export function merge(input: MergeInput): Merged {
  const root = nodesOf(input.live);
  const before = walk(root);
  const arranged = arrange(root, input);
  const nodes = byKey(root);
  const ours = input.wanted.flatMap((owned) => {
    const node = nodes.get(owned.key);
    return node === undefined ? [] : ensured(node, owned, input.last);
  });
  const removals = before.flatMap((node) => removed(node, input));
  const contents = new Map([...ours, ...removals].map(({ node, rule }) => [node, rule]));
  const moves = ({ key, node }: Outcome) =>
    node.live !== undefined && hasMoved(node, arranged) ? [moveOf(key, node)] : [];
  return {
    tree: rendered(input.live, root, contents),
    changes: [
      ...ours.flatMap((outcome) => [...outcome.changes, ...moves(outcome)]),
      ...removals.flatMap(({ changes }) => changes),
    ],
    problems: arranged.problems,
    remarks: [
      ...arranged.remarks,
      ...[...ours, ...removals].flatMap(({ remarks }) => remarks),
      ...ours.flatMap((outcome) => warnOthers(outcome, moves(outcome).length > 0)),
    ],
    uuids: Object.fromEntries(ours.flatMap(({ key, rule }) => (rule.uuid ? [[key, rule.uuid]] : []))),
  };
}

interface Outcome {
  readonly key: string;
  readonly node: Node;
  /** The rule as it will be, without the rules below it. */
  readonly rule: Rule;
  readonly changes: readonly RuleChange[];
  readonly remarks: readonly string[];
}

function ensured(node: Node, { key, rule: wanted }: OwnedRule, last: readonly OwnedRule[]): Outcome {
  const path = pathOf(node);
  if (node.live === undefined) {
    const changes: RuleChange[] = [{ key, kind: "add", path, details: newDetails(wanted) }];
    return { key, node, rule: newContent(wanted), changes, remarks: [] };
  }
  const { rule, details, notes } = mergedContent(
    last.find((owned) => owned.key === key)?.rule,
    node.live,
    wanted,
  );
  const changes: RuleChange[] = details.length === 0 ? [] : [{ key, kind: "change", path, details }];
  return { key, node, rule, changes, remarks: notes.map((note) => `${formatPath(path)}: ${note}`) };
}

/** Foreign rules below an owned one apply to its requests. When those change, their owners should know. */
function warnOthers({ node, changes }: Outcome, isMoved: boolean): string[] {
  const isForOthers =
    isMoved || changes.some(({ details }) => details.some(({ at }) => at.startsWith("criteria")));
  const names = node.children.flatMap(({ state, live }) =>
    state !== "owned" && state !== "obsolete" && live !== undefined ? [live.name] : [],
  );
  if (node.live === undefined || !isForOthers || names.length === 0) return [];
  return [
    `${formatPath(pathOf(node))} has rules of others in it, which apply to other requests from now on: ${formatPath(names).replaceAll(" > ", ", ")}`,
  ];
}

function removed(node: Node, { last, uuids }: MergeInput): Outcome | [] {
  const { live, state } = node;
  if (live === undefined || state === "foreign" || state === "owned") return [];
  const path = livePathOf(node);
  if (state === "copy") return releaseCopy(node, live, path);
  const byMarker = last.find(({ marker }) => marker === markerIn(live.comments))?.key;
  const key = byMarker ?? Object.keys(uuids).find((one) => uuids[one] === live.uuid) ?? live.name;
  if (state === "obsolete")
    return { key, node, rule: live, changes: [{ key, kind: "remove", path, details: [] }], remarks: [] };
  const reason = isRemovalLocked(live)
    ? "has something that only Akamai can take away"
    : "has rules of others in it";
  const { rule, details } = containerContent(live);
  const changes: RuleChange[] = details.length === 0 ? [] : [{ key, kind: "remove", path, details }];
  return {
    key,
    node,
    rule,
    changes,
    remarks: [
      `${formatPath(path)} is removed, but ${reason}: it stays with its criteria, without the behaviors of this program`,
    ],
  };
}

/** Others copied a rule that is removed. The copy is theirs. Its marker would make the next merge take it for the rule. */
function releaseCopy(node: Node, live: Rule, path: readonly string[]): Outcome {
  const { comments, ...rest } = live;
  const unmarked = withoutMarker(comments);
  const details = [{ at: "comments", live: comments, wanted: unmarked }];
  return {
    key: live.name,
    node,
    rule: { ...rest, ...(unmarked !== undefined && { comments: unmarked }) } as Rule,
    changes: [{ key: live.name, kind: "change", path, details }],
    remarks: [`${formatPath(path)} is a copy of a removed rule: it stays, without the ownership marker`],
  };
}

function moveOf(key: string, node: Node): RuleChange {
  const move = (detail: Detail): RuleChange => ({ key, kind: "move", path: pathOf(node), details: [detail] });
  const { liveParent, parent } = node;
  if (liveParent !== undefined && parent !== undefined && liveParent !== parent)
    return move({ at: "parent", live: livePathOf(liveParent), wanted: pathOf(parent) });
  return move({ at: "position", live: livePosition(node), wanted: currentPosition(node) });
}

/** The rule with the rules that are below it now. An unchanged rule is the same object. */
function rendered(rule: Rule, node: Node, contents: ReadonlyMap<Node, Rule>): Rule {
  const children = node.children.flatMap((child) => {
    const content = contents.get(child) ?? child.live;
    return child.state === "obsolete" || content === undefined ? [] : rendered(content, child, contents);
  });
  const before = rule.children ?? [];
  const isUnchanged =
    children.length === before.length && children.every((child, index) => child === before[index]);
  return isUnchanged ? rule : { ...rule, children };
}
