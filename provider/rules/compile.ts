/** From what a program says to rules as Property Manager writes them. A function of values; what is not known yet stays where it is. */
import type { FailAction, PapiRule, RuleDeclaration } from "./declaration";
import { markerOf, withMarker } from "./ownershipMarker";
import type { Element, Rule } from "../api/property/ruleTree";
import type { OwnedRule } from "./ownedRule";

/** The rules of a list, those above before those below them. */
export function compile(declarations: readonly RuleDeclaration[], owner: string): OwnedRule[] {
  const mark = (key: string) => markerOf(owner, key);
  return parentsFirst(declarations).flatMap((declared) => {
    const { name, position, adopt, papi } = declared;
    const content = papi === undefined ? typedRule(declared) : withoutChildren(papi, name);
    const comments = withMarker(declared.comments ?? papi?.comments, mark(name));
    const root: OwnedRule = {
      key: name,
      marker: mark(name),
      parent: parentOf(declared, declarations),
      ...(position === undefined ? {} : { position: position === "first" ? { first: true } : position }),
      ...(adopt === undefined ? {} : { adopt }),
      rule: { ...content, comments },
    };
    const below = papi?.children ?? (declared.failover === undefined ? [] : [failoverRule(declared, declared.failover)]);
    return [root, ...descendants(root, below, mark)];
  });
}

/** Rules of the list whose mark another one has: each has to be known by its name. */
export function knownTwice(declarations: readonly RuleDeclaration[], owner: string): number[] {
  const marks = declarations.map((declared) => compile([declared], owner).map(({ marker }) => marker));
  const seen = new Set<string>();
  return marks.flatMap((own, index) => {
    const isTaken = own.some((mark) => seen.has(mark));
    for (const mark of own) seen.add(mark);
    return isTaken ? [index] : [];
  });
}

const pathOf = ({ parent, name }: RuleDeclaration): string => JSON.stringify([...parent, name]);

function parentOf({ parent }: RuleDeclaration, all: readonly RuleDeclaration[]): OwnedRule["parent"] {
  const owned = all.find((other) => pathOf(other) === JSON.stringify(parent));
  return owned === undefined ? { path: parent } : { owned: owned.name };
}

/** A longer path is below a shorter one, if it is below it at all. */
function parentsFirst(declarations: readonly RuleDeclaration[]): RuleDeclaration[] {
  return [...declarations].sort((a, b) => a.parent.length - b.parent.length);
}

function typedRule({ name, hostnames, paths, criteria, criteriaMustSatisfy, edgeWorker, behaviors }: RuleDeclaration): Rule {
  return {
    name,
    criteriaMustSatisfy: criteriaMustSatisfy ?? "all",
    criteria: [
      ...(hostnames === undefined ? [] : [{ name: "hostname", options: { matchOperator: "IS_ONE_OF", values: hostnames } }]),
      ...(paths === undefined ? [] : [{ name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: paths } }]),
      ...(criteria ?? []),
    ],
    behaviors: [...(edgeWorker === undefined ? [] : [edgeWorkerBehavior(edgeWorker)]), ...(behaviors ?? [])],
  };
}

/** The id is a text in a rule; what is left out is left to the service. */
function edgeWorkerBehavior({ edgeWorkerId, ...options }: NonNullable<RuleDeclaration["edgeWorker"]>): Element {
  return { name: "edgeWorker", options: defined({ ...options, edgeWorkerId: String(edgeWorkerId) }) };
}

/** Below the rule of the EdgeWorker, so that it is for the same requests. `failAction` has to stand under a response code. */
function failoverRule({ name }: RuleDeclaration, failover: NonNullable<RuleDeclaration["failover"]>): PapiRule & { name: string } {
  const { execStatus, responseCodes, failAction } = failover;
  return {
    name: `${name} failover`,
    criteriaMustSatisfy: "all",
    criteria: [
      { name: "edgeWorkersFailure", options: { execStatus } },
      { name: "matchResponseCode", options: { matchOperator: "IS_ONE_OF", values: responseCodes.map(String) } },
    ],
    behaviors: [{ name: "failAction", options: { enabled: true, ...defined<FailAction>(failAction) } }],
  };
}

function descendants(
  { key: above, adopt }: OwnedRule,
  children: readonly (PapiRule & { name: string })[],
  mark: (key: string) => string,
): OwnedRule[] {
  const used = new Map<string, number>();
  return children.flatMap((child) => {
    const count = (used.get(child.name) ?? 0) + 1;
    used.set(child.name, count);
    const key = `${above}/${child.name}${count === 1 ? "" : ` (${count})`}`;
    const rule = { ...withoutChildren(child, child.name), comments: withMarker(child.comments, mark(key)) };
    const owned = { key, marker: mark(key), parent: { owned: above }, ...(adopt === undefined ? {} : { adopt }), rule };
    return [owned, ...descendants(owned, child.children ?? [], mark)];
  });
}

function withoutChildren({ children: _, ...rule }: PapiRule, name: string): Rule {
  return { ...rule, name } as Rule;
}

function defined<T extends object>(values: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
