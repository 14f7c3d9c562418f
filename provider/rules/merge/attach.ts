/** Attaches each wanted rule to its parent. An existing rule stays or moves, an adopted one is assigned, a missing one is inserted. */

import { formatPath } from "../formatPath";
import type { OwnedRule } from "../ownedRule";
import { hasMarker, isOwnedBy } from "../ownershipMarker";
import { assignOwner } from "./match";
import { isBelow, livePathOf, type Node, pathOf } from "./nodes";
import { resolvePath, type Target } from "./resolvePath";

/** Why a wanted rule is impossible. */
export interface RuleProblem {
  readonly key: string;
  readonly about: "parent" | "position" | "name";
  readonly reason: string;
}

export interface Attached {
  /** The wanted rules by their parent, in the order of the program, without those whose parent does not exist. */
  readonly below: ReadonlyMap<Node, readonly Node[]>;
  readonly problems: readonly RuleProblem[];
  readonly remarks: readonly string[];
}

export function attach(
  root: Node,
  found: ReadonlyMap<string, Node>,
  wanted: readonly OwnedRule[],
  owner: string,
): Attached {
  const done = new Map<string, Node | "refused">();
  const below = new Map<Node, Node[]>();
  const problems: RuleProblem[] = [];
  const remarks: string[] = [];
  const immovable: { readonly node: Node; readonly owned: OwnedRule; readonly reason: string }[] = [];
  for (const owned of wanted) {
    const { key } = owned;
    const node = found.get(key);
    const target = targetOf(root, owned, done);
    const outcome = node === undefined ? insert(target, owned, owner) : move(node, target);
    done.set(key, node ?? ("node" in outcome ? outcome.node : "refused"));
    if ("node" in outcome) below.set(outcome.parent, [...(below.get(outcome.parent) ?? []), outcome.node]);
    else if (node !== undefined) immovable.push({ node, owned, reason: outcome.reason });
    else if (outcome.about !== undefined)
      problems.push({ key, about: outcome.about, reason: outcome.reason });
    if ("remark" in outcome) remarks.push(outcome.remark);
  }
  for (const { node, owned, reason } of immovable) {
    const obsolete = obsoleteAbove(node);
    if (obsolete === undefined) remarks.push(`${formatPath(pathOf(node))} stays where it is: ${reason}`);
    else
      problems.push({
        key: owned.key,
        about: "parent",
        reason: `${reason}; ${formatPath(livePathOf(obsolete))}, where it is now, is removed`,
      });
  }
  return { below, problems, remarks };
}

type Outcome =
  | { readonly node: Node; readonly parent: Node; readonly remark?: string }
  /** Without `about`: the problem of the rule above it explains it. */
  | { readonly about?: RuleProblem["about"]; readonly reason: string };

function targetOf(
  root: Node,
  { parent }: OwnedRule,
  done: ReadonlyMap<string, Node | "refused">,
): Target | "refused" {
  if ("path" in parent) return resolvePath(root, parent.path, new Set(done.values()));
  const node = done.get(parent.owned);
  if (node === undefined)
    return { reason: `there is no rule ${JSON.stringify(parent.owned)} of this resource before it` };
  return node === "refused" ? node : { node };
}

function move(node: Node, target: Target | "refused"): Outcome {
  if (target === "refused") return { reason: "its parent rule has a problem" };
  if (!("node" in target)) return target;
  if (target.node === node || isBelow(target.node, node)) return { reason: "its parent rule is below it" };
  return moveBelow(node, target.node);
}

function insert(target: Target | "refused", owned: OwnedRule, owner: string): Outcome {
  if (target === "refused") return { reason: "its parent rule has a problem" };
  if (!("node" in target)) return { about: "parent", ...target };
  const parent = target.node;
  const { name } = owned.rule;
  const where = `${JSON.stringify(name)} ${parent.parent === undefined ? "at the top level" : `below ${formatPath(pathOf(parent))}`}`;
  const named = parent.children.filter(({ state, live }) => state !== "owned" && live?.name === name);
  const [one, another] = named.filter(({ live }) => live !== undefined && !hasMarker(live));
  if (owned.adopt && another !== undefined)
    return { about: "name", reason: `there are several rules ${where}: \`adopt: true\` needs exactly one` };
  if (owned.adopt && one !== undefined) {
    assignOwner(one, owned);
    return { node: one, parent, remark: `${formatPath(livePathOf(one))} is adopted` };
  }
  const others = named.filter(
    ({ state, live }) => state === "foreign" && live !== undefined && !isOwnedBy(live, owner),
  );
  if (others.length === 0) return moveBelow(newNode(owned), parent);
  const hint =
    one === undefined
      ? "it has the ownership marker of another resource. If that is an earlier name of this resource, set Pulumi's option `aliases`; otherwise use another name"
      : "set `adopt: true` to adopt it, or use another name";
  return { about: "name", reason: `there is a rule ${where} already: ${hint}` };
}

function moveBelow(node: Node, parent: Node): Outcome {
  if (node.parent !== parent) {
    if (node.parent !== undefined)
      node.parent.children = node.parent.children.filter((child) => child !== node);
    parent.children.push(node);
    node.parent = parent;
  }
  return { node, parent };
}

function newNode(owned: OwnedRule): Node {
  return {
    live: undefined,
    liveParent: undefined,
    index: -1,
    parent: undefined,
    children: [],
    state: "owned",
    owned,
  };
}

function obsoleteAbove({ parent }: Node): Node | undefined {
  return parent === undefined || parent.state === "obsolete" ? parent : obsoleteAbove(parent);
}
