/** Merges the rules of a resource into a rule tree that others edit too. A function of values; nothing of others is lost. */

import type { Detail, RuleChange } from "../changes";
import { markerIn, withoutMarker } from "../ownershipMarker";
import type { Rule } from "../../api/property/ruleTree";
import type { OwnedRule } from "../ownedRule";
import { arrange, byKey, hasMoved, livePosition, positionNow } from "./arrange";
import { isHeld, mergedContent, newContent, newDetails, shellContent } from "./content/content";
import { livePathOf, type Node, nodesOf, pathOf, pathText, walk } from "./nodes";
import type { RuleProblem } from "./attach";

export type { RuleProblem } from "./attach";

export interface MergeInput {
  /** Of the resource: `project/stack/name`. */
  readonly owner: string;
  /** The tree as it is now, from the default rule. Never changed by the merge. */
  readonly live: Rule;
  /** What this resource wrote last; empty when it never did. */
  readonly last: readonly OwnedRule[];
  /** Parents before their children. */
  readonly wanted: readonly OwnedRule[];
  /** Of the rules that it wrote last, by key: finds a rule whose mark somebody removed. */
  readonly uuids: Readonly<Record<string, string>>;
}

export interface Merged {
  readonly tree: Rule;
  /** Empty: the tree is as wanted, and `tree` is `live`. */
  readonly changes: readonly RuleChange[];
  /** What can't be done: to be refused before anything is sent. */
  readonly problems: readonly RuleProblem[];
  /** Worth knowing, not in the way. */
  readonly remarks: readonly string[];
  /** Of the owned rules in `tree` by key, where they have one. */
  readonly uuids: Readonly<Record<string, string>>;
}

export function merge(input: MergeInput): Merged {
  const root = nodesOf(input.live);
  const before = walk(root);
  const arranged = arrange(root, input);
  const nodes = byKey(root);
  const ours = input.wanted.flatMap((owned) => {
    const node = nodes.get(owned.key);
    return node === undefined ? [] : written(node, owned, input.last);
  });
  const gone = before.flatMap((node) => takenAway(node, input));
  const contents = new Map([...ours, ...gone].map(({ node, rule }) => [node, rule]));
  const moves = ({ key, node }: Outcome) => (node.live !== undefined && hasMoved(node, arranged) ? [moveOf(key, node)] : []);
  return {
    tree: rendered(input.live, root, contents),
    changes: [...ours.flatMap((outcome) => [...outcome.changes, ...moves(outcome)]), ...gone.flatMap(({ changes }) => changes)],
    problems: arranged.problems,
    remarks: [
      ...arranged.remarks,
      ...[...ours, ...gone].flatMap(({ remarks }) => remarks),
      ...ours.flatMap((outcome) => others(outcome, moves(outcome).length > 0)),
    ],
    uuids: Object.fromEntries(ours.flatMap(({ key, rule }) => (rule.uuid ? [[key, rule.uuid]] : []))),
  };
}

interface Outcome {
  readonly key: string;
  readonly node: Node;
  /** The rule as it will be, but for those below it. */
  readonly rule: Rule;
  readonly changes: readonly RuleChange[];
  readonly remarks: readonly string[];
}

function written(node: Node, { key, rule: wanted }: OwnedRule, last: readonly OwnedRule[]): Outcome {
  const path = pathOf(node);
  if (node.live === undefined) {
    const changes: RuleChange[] = [{ key, kind: "add", path, details: newDetails(wanted) }];
    return { key, node, rule: newContent(wanted), changes, remarks: [] };
  }
  const { rule, details, notes } = mergedContent(last.find((owned) => owned.key === key)?.rule, node.live, wanted);
  const changes: RuleChange[] = details.length === 0 ? [] : [{ key, kind: "change", path, details }];
  return { key, node, rule, changes, remarks: notes.map((note) => `${pathText(path)}: ${note}`) };
}

/** Rules of others in an own one are for whom it is for: that changes with it. */
function others({ node, changes }: Outcome, isMoved: boolean): string[] {
  const isForOthers = isMoved || changes.some(({ details }) => details.some(({ at }) => at.startsWith("criteria")));
  const names = node.children.flatMap(({ state, live }) =>
    state !== "owned" && state !== "going" && live !== undefined ? [live.name] : [],
  );
  if (node.live === undefined || !isForOthers || names.length === 0) return [];
  return [
    `${pathText(pathOf(node))} has rules of others in it, which are for other requests from now on: ${pathText(names).replaceAll(" > ", ", ")}`,
  ];
}

function takenAway(node: Node, { last, uuids }: MergeInput): Outcome | [] {
  const { live, state } = node;
  if (live === undefined || state === "foreign" || state === "owned") return [];
  const path = livePathOf(node);
  if (state === "copy") return letGo(node, live, path);
  const byMark = last.find(({ marker }) => marker === markerIn(live.comments))?.key;
  const key = byMark ?? Object.keys(uuids).find((one) => uuids[one] === live.uuid) ?? live.name;
  if (state === "going") return { key, node, rule: live, changes: [{ key, kind: "remove", path, details: [] }], remarks: [] };
  const why = isHeld(live) ? "has something that only Akamai can take away" : "has rules of others in it";
  const { rule, details } = shellContent(live);
  const changes: RuleChange[] = details.length === 0 ? [] : [{ key, kind: "remove", path, details }];
  return {
    key,
    node,
    rule,
    changes,
    remarks: [`${pathText(path)} goes, but ${why}: it stays with its criteria, without behaviors of ours`],
  };
}

/** A copy of a rule that goes: what others made of it is theirs, and the mark on it would only be taken for the rule the next time. */
function letGo(node: Node, live: Rule, path: readonly string[]): Outcome {
  const { comments, ...rest } = live;
  const bare = withoutMarker(comments);
  const details = [{ at: "comments", live: comments, wanted: bare }];
  return {
    key: live.name,
    node,
    rule: { ...rest, ...(bare !== undefined && { comments: bare }) } as Rule,
    changes: [{ key: live.name, kind: "change", path, details }],
    remarks: [`${pathText(path)} is a copy of a rule that goes: it stays, without the mark`],
  };
}

function moveOf(key: string, node: Node): RuleChange {
  const place = (detail: Detail): RuleChange => ({ key, kind: "move", path: pathOf(node), details: [detail] });
  const { home, parent } = node;
  if (home !== undefined && parent !== undefined && home !== parent)
    return place({ at: "parent", live: livePathOf(home), wanted: pathOf(parent) });
  return place({ at: "position", live: livePosition(node), wanted: positionNow(node) });
}

/** The rule with the rules that are below it now. What nothing happens to is passed on as it is. */
function rendered(rule: Rule, node: Node, contents: ReadonlyMap<Node, Rule>): Rule {
  const children = node.children.flatMap((child) => {
    const content = contents.get(child) ?? child.live;
    return child.state === "going" || content === undefined ? [] : rendered(content, child, contents);
  });
  const before = rule.children ?? [];
  const asItWas = children.length === before.length && children.every((child, index) => child === before[index]);
  return asItWas ? rule : { ...rule, children };
}
