import { findProperty, liveVersion } from "../../provider/api/property/properties";
import { ofProperty } from "../../provider/api/property/request";
import { findRules, saveRules } from "../../provider/api/property/rules";
import type { Rule } from "../../provider/api/property/ruleTree";
import { createVersion, findVersion } from "../../provider/api/property/versions";
import { realClock } from "../../provider/runtime/clock";
import type { HttpClient } from "../../provider/runtime/httpClient";

/** The property of a fresh account of the emulator, and the web team that works on it. */
export interface Site {
  /** The number of the version that is live. */
  live(network: "staging" | "production"): Promise<number>;
  tree(version: number): Promise<Rule>;
  /**
   * The web team creates a version with one more rule, and activates it on production. Returns its number.
   */
  activateTheirs(from: number): Promise<number>;
}

const ref = { propertyId: "prp_173136", contractId: "ctr_1-3CV382", groupId: "grp_72297" };
const theirs: Rule = {
  name: "Press releases",
  comments: "New, by the web team",
  criteria: [{ name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: ["/press/*"] } }],
  behaviors: [{ name: "caching", options: { behavior: "MAX_AGE", mustRevalidate: false, ttl: "1h" } }],
};

export function site(http: HttpClient): Site {
  const property = async () => {
    const found = await findProperty(http, ref);
    if (found === undefined) throw new Error("the property is gone");
    return found;
  };
  const rules = async (version: number) => {
    const found = await findRules(http, ref, version);
    if (found === undefined) throw new Error(`the property has no version ${version}`);
    return found;
  };
  return {
    live: async (network) => liveVersion(await property(), network) ?? 0,
    tree: async (version) => (await rules(version)).rules,
    async activateTheirs(from) {
      const source = await findVersion(http, ref, from);
      const version = await createVersion(http, ref, { version: from, etag: source?.etag ?? "" });
      const { rules: tree, etag } = await rules(version);
      const more = { ...tree, children: [...(tree.children ?? []), theirs] };
      await saveRules(http, ref, version, { rules: more, comments: "Press releases", etag });
      const json = {
        propertyVersion: version,
        network: "PRODUCTION",
        notifyEmails: ["web-team@example.com"],
        acknowledgeAllWarnings: true,
      };
      await http.send(ofProperty(ref, { method: "POST", path: "/activations", json }));
      while ((await property()).productionVersion !== version) await realClock.sleep(100);
      return version;
    },
  };
}

/** How many rules a tree has. */
export const count = (rule: Rule): number =>
  1 + (rule.children ?? []).reduce((sum, child) => sum + count(child), 0);
