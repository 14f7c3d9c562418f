/** What others and the service do to a tree, at random. */
import fc from "fast-check";
import type { Element, Rule } from "../../../../provider/api/property/ruleTree";
import { isOwnedBy } from "../../../../provider/rules/ownershipMarker";
import { comments, fixed, foreignRule, name, options, walk } from "./random";
import { owner } from "./trees";

let given = 0;
const newUuid = () => `uuid-${++given}`;

/** The tree as a service keeps it: lists that were left out, defaults of options at any depth, and a uuid for every rule but the first. */
export function served(tree: Rule): Rule {
  const withDefaults = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(withDefaults);
    if (typeof value !== "object" || value === null) return value;
    return {
      defaulted: false,
      ...Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withDefaults(member)])),
    };
  };
  const keep = (one: Element): Element => ({
    ...one,
    options: withDefaults(one.options) as Element["options"],
  });
  const serve = (rule: Rule, isRoot: boolean): Rule => ({
    ...rule,
    ...(!isRoot && { uuid: rule.uuid ?? newUuid(), criteriaMustSatisfy: rule.criteriaMustSatisfy ?? "all" }),
    criteria: (rule.criteria ?? []).map(keep),
    behaviors: (rule.behaviors ?? []).map(keep),
    children: (rule.children ?? []).map((child) => serve(child, false)),
  });
  return serve(JSON.parse(JSON.stringify(tree)) as Rule, true);
}

const edits = [
  "insert",
  "insert",
  "move",
  "turn",
  "remove",
  "rename",
  "move",
  "turn",
  "option",
  "comments",
  "unmark",
  "respell",
  "add",
  "drop",
  "lock",
  "lockCriteria",
  "copy",
  "give",
  "satisfy",
] as const;
export const edit = fc.record({
  what: fc.constantFrom(...edits),
  ours: fc.boolean(),
  at: fc.nat(),
  to: fc.nat(),
  name,
  rule: foreignRule,
  options,
  fixed,
  comments,
});
export type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** What somebody does in the user interface to some rule, ours or not. */
export function edited(tree: Rule, { what, ours, at, to, ...values }: Edit): Rule {
  const root = JSON.parse(JSON.stringify(tree)) as Rule;
  const all = walk(root).map(({ rule }) => rule);
  const marked = all.slice(1).filter(({ comments }) => isOwnedBy({ name: "", comments }, owner));
  const targets = ours && marked.length > 0 ? marked : all.slice(1);
  const target = targets[at % Math.max(1, targets.length)];
  if (target === undefined) return tree;
  const holder = all.find((one) => one.children?.includes(target));
  const into = (rule: Rule, one: Rule) => {
    const below = rule.children ?? [];
    rule.children = below.toSpliced(to % (below.length + 1), 0, one);
  };
  const leave = () => holder?.children?.splice(holder.children.indexOf(target), 1);
  const behaviors = target.behaviors ?? [];
  target.behaviors = behaviors;
  const some = behaviors[to % Math.max(1, behaviors.length)];
  const acts: Record<(typeof edits)[number], () => unknown> = {
    insert: () => into(to % 3 === 0 ? root : target, values.rule),
    remove: leave,
    rename: () => Object.assign(target, { name: values.name }),
    move: () => {
      const inside = new Set(walk(target).map(({ rule }) => rule));
      const places = all.filter((one) => !inside.has(one));
      leave();
      into(places[to % places.length] ?? root, target);
    },
    turn: () => holder?.children?.reverse(),
    option: () =>
      some !== undefined && Object.assign(some, { options: { ...some.options, ...values.options } }),
    comments: () => Object.assign(target, { comments: `${values.name} ${target.comments ?? ""} ` }),
    unmark: () => Object.assign(target, { comments: to % 2 === 0 ? "No mark" : undefined }),
    respell: () => Object.assign(target, { comments: `${target.comments ?? ""} and more` }),
    add: () =>
      behaviors.splice(to % (behaviors.length + 1), 0, { name: values.name, options: values.options }),
    drop: () => behaviors.splice(to % Math.max(1, behaviors.length), 1),
    lock: () => behaviors.splice(to % (behaviors.length + 1), 0, values.fixed),
    lockCriteria: () => Object.assign(target, { criteriaLocked: to % 2 === 0 }),
    copy: () => {
      const copy = structuredClone(target);
      for (const { rule } of walk(copy)) delete rule.uuid;
      into(all[to % all.length] ?? root, copy);
    },
    give: () => Object.assign(target, { comments: values.comments }),
    satisfy: () => Object.assign(target, { criteriaMustSatisfy: to % 2 === 0 ? "any" : "all" }),
  };
  acts[what]();
  return served(root);
}
