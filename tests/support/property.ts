import { findRules, saveRules, type VersionRules } from "../../provider/api/property/rules";
import type { Rule } from "../../provider/api/property/ruleTree";
import { createVersion, findVersion } from "../../provider/api/property/versions";
import type { HttpClient } from "../../provider/runtime/httpClient";

/** The property of every fresh account: version 2 is live on production, version 3 on staging and the latest. */
export const place = { propertyId: "prp_173136", contractId: "ctr_1-3CV382", groupId: "grp_72297" };

/** The end of the comments of a rule that a program made. */
const anyMark = /\[pulumi [0-9a-f/]+\]\s*$/;

/** Other people who work on the property. */
export class Others {
  constructor(private readonly http: HttpClient) {}

  async rules(version: number): Promise<VersionRules> {
    const rules = await findRules(this.http, place, version);
    if (rules === undefined) throw new Error(`there is no version ${version}`);
    return rules;
  }

  async tree(version: number): Promise<Rule> {
    return (await this.rules(version)).rules;
  }

  /** The tree without every rule that bears a mark. */
  async foreign(version: number): Promise<Rule> {
    return without(await this.tree(version), (rule) => anyMark.test(rule.comments ?? ""));
  }

  async rule(version: number, wanted: string): Promise<Rule> {
    return named(await this.tree(version), wanted);
  }

  /** A version made from another one. */
  async copy(from: number): Promise<number> {
    const { etag } = (await findVersion(this.http, place, from)) ?? { etag: "" };
    return createVersion(this.http, place, { version: from, etag });
  }

  /** A version saved with a change. */
  async edit(version: number, change: (tree: Rule) => void, note?: string): Promise<void> {
    const { rules, etag, comments } = await this.rules(version);
    const tree = structuredClone(rules);
    change(tree);
    await saveRules(this.http, place, version, {
      rules: tree,
      comments: note ?? comments ?? undefined,
      etag,
    });
  }

  async cancel(activationId: string): Promise<void> {
    await this.http.send({
      method: "DELETE",
      path: `/papi/v1/properties/${place.propertyId}/activations/${activationId}`,
      query: { contractId: place.contractId, groupId: place.groupId },
    });
  }

  async activate(
    version: number,
    network: "STAGING" | "PRODUCTION",
    activationType = "ACTIVATE",
  ): Promise<void> {
    await this.http.send({
      method: "POST",
      path: `/papi/v1/properties/${place.propertyId}/activations`,
      query: { contractId: place.contractId, groupId: place.groupId },
      json: {
        propertyVersion: version,
        network,
        activationType,
        notifyEmails: ["web@example.com"],
        acknowledgeAllWarnings: true,
      },
    });
  }
}

export const all = (rule: Rule): Rule[] => [rule, ...(rule.children ?? []).flatMap(all)];

export function named(tree: Rule, name: string): Rule {
  const found = all(tree).find((rule) => rule.name === name);
  if (found === undefined) throw new Error(`there is no rule ${name}`);
  return found;
}

function without(rule: Rule, unwanted: (rule: Rule) => boolean): Rule {
  return {
    ...rule,
    children: (rule.children ?? [])
      .filter((child) => !unwanted(child))
      .map((child) => without(child, unwanted)),
  };
}

/** The names of the rules right below one. */
export const below = (rule: Rule): string[] => (rule.children ?? []).map(({ name }) => name);
