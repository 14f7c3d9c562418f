/** Brings every wanted rule below the rule that it belongs into: one that is there stays or is moved, else one is taken over, else it is new. */

import { hasMarker, isOwnedBy } from "../ownershipMarker";
import type { OwnedRule } from "../ownedRule";
import { assignOwner } from "./match";
import { isBelow, livePathOf, type Node, pathOf, pathText } from "./nodes";
import { follow, type Target } from "./resolvePath";

/** Why a wanted rule can't be had. */
export interface RuleProblem {
  readonly key: string;
  readonly about: "parent" | "position" | "name";
  readonly reason: string;
}

export interface Placed {
  /** The wanted rules by the rule that they are below, in the order of the program; without those whose place is not there. */
  readonly below: ReadonlyMap<Node, readonly Node[]>;
  readonly problems: readonly RuleProblem[];
  readonly remarks: readonly string[];
}

export function place(root: Node, found: ReadonlyMap<string, Node>, wanted: readonly OwnedRule[], owner: string): Placed {
  const done = new Map<string, Node | "refused">();
  const below = new Map<Node, Node[]>();
  const problems: RuleProblem[] = [];
  const remarks: string[] = [];
  const staying: { readonly node: Node; readonly owned: OwnedRule; readonly reason: string }[] = [];
  for (const owned of wanted) {
    const { key } = owned;
    const node = found.get(key);
    const target = targetOf(root, owned, done);
    const arrival = node === undefined ? insert(target, owned, owner) : stayOrMove(node, target);
    done.set(key, node ?? ("node" in arrival ? arrival.node : "refused"));
    if ("node" in arrival) below.set(arrival.parent, [...(below.get(arrival.parent) ?? []), arrival.node]);
    else if (node !== undefined) staying.push({ node, owned, reason: arrival.reason });
    else if (arrival.about !== undefined) problems.push({ key, about: arrival.about, reason: arrival.reason });
    if ("remark" in arrival) remarks.push(arrival.remark);
  }
  for (const { node, owned, reason } of staying) {
    const goes = goingAbove(node);
    if (goes === undefined) remarks.push(`${pathText(pathOf(node))} stays where it is: ${reason}`);
    else problems.push({ key: owned.key, about: "parent", reason: `${reason}; ${pathText(livePathOf(goes))}, where it is now, goes away` });
  }
  return { below, problems, remarks };
}

type Arrival =
  | { readonly node: Node; readonly parent: Node; readonly remark?: string }
  /** Without `about`: nothing to say beside what is said of the rule above. */
  | { readonly about?: RuleProblem["about"]; readonly reason: string };

function targetOf(root: Node, { parent }: OwnedRule, done: ReadonlyMap<string, Node | "refused">): Target | "refused" {
  if ("path" in parent) return follow(root, parent.path, new Set(done.values()));
  const node = done.get(parent.owned);
  if (node === undefined) return { reason: `there is no rule ${JSON.stringify(parent.owned)} of this resource before it` };
  return node === "refused" ? node : { node };
}

function stayOrMove(node: Node, target: Target | "refused"): Arrival {
  if (target === "refused") return { reason: "the rule that it belongs into can't be had" };
  if (!("node" in target)) return target;
  if (target.node === node || isBelow(target.node, node)) return { reason: "the rule that it belongs into is below it" };
  return settle(node, target.node);
}

function insert(target: Target | "refused", owned: OwnedRule, owner: string): Arrival {
  if (target === "refused") return { reason: "the rule that it belongs into can't be had" };
  if (!("node" in target)) return { about: "parent", ...target };
  const parent = target.node;
  const { name } = owned.rule;
  const where = `${JSON.stringify(name)} ${parent.parent === undefined ? "at the top level" : `below ${pathText(pathOf(parent))}`}`;
  const named = parent.children.filter(({ state, live }) => state !== "owned" && live?.name === name);
  const [one, another] = named.filter(({ live }) => live !== undefined && !hasMarker(live));
  if (owned.adopt && another !== undefined) return { about: "name", reason: `there are several rules ${where}: which one to take over?` };
  if (owned.adopt && one !== undefined) {
    assignOwner(one, owned);
    return { node: one, parent, remark: `${pathText(livePathOf(one))} is taken over` };
  }
  const others = named.filter(({ state, live }) => state === "foreign" && live !== undefined && !isOwnedBy(live, owner));
  if (others.length === 0) return settle(newNode(owned), parent);
  const way =
    one === undefined
      ? "it bears the mark of another resource. If that is this one under an earlier name, say so with Pulumi's `aliases`; else another name leaves it alone"
      : "`adopt: true` takes it over, another name leaves it alone";
  return { about: "name", reason: `there is a rule ${where} already: ${way}` };
}

function settle(node: Node, parent: Node): Arrival {
  if (node.parent !== parent) {
    if (node.parent !== undefined) node.parent.children = node.parent.children.filter((child) => child !== node);
    parent.children.push(node);
    node.parent = parent;
  }
  return { node, parent };
}

function newNode(owned: OwnedRule): Node {
  return { live: undefined, home: undefined, index: -1, parent: undefined, children: [], state: "owned", owned };
}

function goingAbove({ parent }: Node): Node | undefined {
  return parent === undefined || parent.state === "going" ? parent : goingAbove(parent);
}
