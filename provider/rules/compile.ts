/** Compiles declarations to rules in the format of Property Manager. A pure function; unknown values stay where they are. */

import type { Element, Rule } from "../api/property/ruleTree";
import type { RuleDeclaration } from "./declaration";
import type { FailAction } from "./failAction";
import type { OwnedRule } from "./ownedRule";
import { markerOf, withMarker } from "./ownershipMarker";
import type { PapiRule } from "./papiRule";

/** The rules of a list, parents before their children. */
export function compile(declarations: readonly RuleDeclaration[], owner: string): OwnedRule[] {
  const markerFor = (key: string) => markerOf(owner, key);
  return parentsFirst(declarations).flatMap((declared) => {
    const { name, position, adopt, papi } = declared;
    const content = papi === undefined ? typedRule(declared) : withoutChildren(papi, name);
    const comments = withMarker(declared.comments ?? papi?.comments, markerFor(name));
    const root: OwnedRule = {
      key: name,
      marker: markerFor(name),
      parent: parentOf(declared, declarations),
      ...(position === undefined ? {} : { position: position === "first" ? { first: true } : position }),
      ...(adopt === undefined ? {} : { adopt }),
      rule: { ...content, comments },
    };
    const below =
      papi?.children ?? (declared.failover === undefined ? [] : failoverRules(declared, declared.failover));
    return [root, ...descendants(root, below, markerFor)];
  });
}

/** The indexes of declarations with a name that an earlier one has. */
export function duplicateIndexes(declarations: readonly RuleDeclaration[], owner: string): number[] {
  const markers = declarations.map((declared) => compile([declared], owner).map(({ marker }) => marker));
  const seen = new Set<string>();
  return markers.flatMap((own, index) => {
    const isTaken = own.some((markerFor) => seen.has(markerFor));
    for (const markerFor of own) seen.add(markerFor);
    return isTaken ? [index] : [];
  });
}

const pathOf = ({ parent, name }: RuleDeclaration): string => JSON.stringify([...parent, name]);

function parentOf({ parent }: RuleDeclaration, all: readonly RuleDeclaration[]): OwnedRule["parent"] {
  const owned = all.find((other) => pathOf(other) === JSON.stringify(parent));
  return owned === undefined ? { path: parent } : { owned: owned.name };
}

/** A parent has a shorter path than its children. */
function parentsFirst(declarations: readonly RuleDeclaration[]): RuleDeclaration[] {
  return [...declarations].sort((a, b) => a.parent.length - b.parent.length);
}

function typedRule({
  name,
  hostnames,
  paths,
  criteria,
  criteriaMustSatisfy,
  edgeWorker,
  behaviors,
}: RuleDeclaration): Rule {
  return {
    name,
    criteriaMustSatisfy: criteriaMustSatisfy ?? "all",
    criteria: [
      ...(hostnames === undefined
        ? []
        : [{ name: "hostname", options: { matchOperator: "IS_ONE_OF", values: hostnames } }]),
      ...(paths === undefined
        ? []
        : [{ name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: paths } }]),
      ...(criteria ?? []),
    ],
    behaviors: [...(edgeWorker === undefined ? [] : [edgeWorkerBehavior(edgeWorker)]), ...(behaviors ?? [])],
  };
}

/** The service wants the id as text. It fills in missing options. */
function edgeWorkerBehavior({
  edgeWorkerId,
  ...options
}: NonNullable<RuleDeclaration["edgeWorker"]>): Element {
  return { name: "edgeWorker", options: defined({ ...options, edgeWorkerId: String(edgeWorkerId) }) };
}

/** The rules are below the one of the EdgeWorker, so they apply to the same requests. `failAction` needs one of the two criteria beside it. */
function failoverRules(
  { name }: RuleDeclaration,
  { execStatus, responseCodes, originTimeout, failAction }: NonNullable<RuleDeclaration["failover"]>,
): (PapiRule & { name: string })[] {
  const ruleOn = (suffix: string, criterion: Element) => ({
    name: `${name} ${suffix}`,
    criteriaMustSatisfy: "all" as const,
    criteria: [{ name: "edgeWorkersFailure", options: { execStatus } }, criterion],
    behaviors: [{ name: "failAction", options: { enabled: true, ...defined<FailAction>(failAction) } }],
  });
  const values = responseCodes.map(String);
  return [
    ...(values.length === 0
      ? []
      : [ruleOn("failover", { name: "matchResponseCode", options: { matchOperator: "IS_ONE_OF", values } })]),
    ...(originTimeout === true
      ? [
          ruleOn("failover on origin timeout", {
            name: "originTimeout",
            options: { matchOperator: "ORIGIN_TIMED_OUT" },
          }),
        ]
      : []),
  ];
}

function descendants(
  { key: above, adopt }: OwnedRule,
  children: readonly (PapiRule & { name: string })[],
  markerFor: (key: string) => string,
): OwnedRule[] {
  const used = new Map<string, number>();
  return children.flatMap((child) => {
    const count = (used.get(child.name) ?? 0) + 1;
    used.set(child.name, count);
    const key = `${above}/${child.name}${count === 1 ? "" : ` (${count})`}`;
    const rule = {
      ...withoutChildren(child, child.name),
      comments: withMarker(child.comments, markerFor(key)),
    };
    const owned = {
      key,
      marker: markerFor(key),
      parent: { owned: above },
      ...(adopt === undefined ? {} : { adopt }),
      rule,
    };
    return [owned, ...descendants(owned, child.children ?? [], markerFor)];
  });
}

/** Without what Property Manager alone writes: a rule that was copied from there may have it. */
function withoutChildren(
  { children: _, templateUuid: _uuid, templateLink: _link, ...rule }: PapiRule,
  name: string,
): Rule {
  return { ...rule, name } as Rule;
}

function defined<T extends object>(values: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
