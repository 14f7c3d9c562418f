import { findPropertyById, liveVersion, type Property } from "../../../api/property/properties";
import { prefixed } from "../../../api/property/request";
import { findRules } from "../../../api/property/rules";
import type { Rule } from "../../../api/property/ruleTree";
import { findEventually } from "../../../consistency/read";
import type { ImportHooks } from "../../../framework/resource";
import { compile } from "../../../rules/compile";
import { type RuleDeclaration, ruleDeclaration } from "../../../rules/declaration";
import { isOwnedBy, withoutMarker } from "../../../rules/ownershipMarker";
import type { Context } from "../../../runtime/context";
import { anId, propertyRef } from "../propertyRef";
import { liveVersions, observeRules } from "./observe";
import type { EdgeWorkerRulesState } from "./schema";

export const importEdgeWorkerRules: ImportHooks<EdgeWorkerRulesState> = {
  form: "PROPERTY-ID",
  example: "prp_173136",

  identify: (id) =>
    anId.property.safeParse(id).success ? { propertyId: prefixed("property", id) } : undefined,

  /** The rules with the ownership marker of the resource. Others are not its own, whatever they do. */
  async find(context, known) {
    const state = known as EdgeWorkerRulesState;
    const property = await findEventually(context, () => findPropertyById(context.http, state.propertyId));
    if (property === undefined) return undefined;
    for (const version of versionsOf(property)) {
      const rules = await declaredRules(context, property, version, state.owner);
      if (rules.length === 0) continue;
      const located = {
        ...state,
        ...propertyRef(property),
        propertyName: property.propertyName,
        rules,
        managedRules: compile(rules, state.owner),
        uuids: {},
      };
      const { outputs } = await observeRules(context, located, version);
      return { ...located, ...outputs, basedOn: version, liveBefore: liveVersions(property) };
    }
    return undefined;
  },
};

/** Where the rules may be: in the latest version, or in a live one. */
function versionsOf(property: Property): number[] {
  const live = (["production", "staging"] as const).map((network) => liveVersion(property, network));
  return [...new Set([property.latestVersion, ...live])].filter((one) => one !== undefined);
}

async function declaredRules(
  { http }: Context,
  property: Property,
  version: number,
  owner: string,
): Promise<RuleDeclaration[]> {
  const tree = await findRules(http, propertyRef(property), version);
  return tree === undefined ? [] : ownedBelow(tree.rules, [], owner);
}

/** The uppermost rules of the owner, each with those of the owner below it. */
function ownedBelow(rule: Rule, path: readonly string[], owner: string): RuleDeclaration[] {
  return (rule.children ?? []).flatMap((child) => {
    if (!isOwnedBy(child, owner)) return ownedBelow(child, [...path, child.name], owner);
    const { name, ...papi } = asDeclared(child, owner);
    return [ruleDeclaration.parse({ name, parent: path, papi })];
  });
}

/** A rule as a program sets it. */
function asDeclared({ uuid: _, comments, children, ...rule }: Rule, owner: string): Rule {
  const text = withoutMarker(comments);
  const own = (children ?? []).filter((child) => isOwnedBy(child, owner));
  return {
    ...rule,
    ...(text === undefined ? {} : { comments: text }),
    ...(own.length === 0 ? {} : { children: own.map((child) => asDeclared(child, owner)) }),
  };
}
