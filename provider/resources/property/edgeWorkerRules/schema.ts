import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import * as z from "../../../framework/zod";
import { ruleDeclaration } from "../../../rules/declaration";
import type { OwnedRule } from "../../../rules/ownedRule";
import { anId, aVersion } from "../propertyRef";

const noVersion = "must be `latest`, `staging`, `production` or the number of a version";
/** What a program sets. */
export const edgeWorkerRulesArgs = z.strictObject({
  /** The id of the property, with or without `prp_`. Set `propertyId`, `propertyName` or `hostname`. */
  propertyId: replaces(anId.property.optional()),
  /** The full name of the property. It is looked up once. */
  propertyName: updates(z.string("must be text").min(1, "must not be empty").optional()),
  /** A hostname of the property, in its latest version or in a live one. It is looked up once. */
  hostname: updates(z.string("must be text").min(1, "must not be empty").optional()),
  /** The contract of the property, with or without `ctr_`. Default: looked up. */
  contractId: updates(anId.contract.optional()),
  /** The access group of the property: a number, with or without `grp_`. Default: looked up. */
  groupId: updates(anId.group.optional()),
  /**
   * The version that the rules are added to: `latest` (default), `staging` or `production` for the version that is live there, or the number of a version.
   * It is read again on each run. When others activate another version, the rules are added to that one where they are missing.
   */
  baseVersion: updates(
    z.union([z.enum(["latest", "staging", "production"]), aVersion(noVersion)], noVersion).default("latest"),
  ),
  /**
   * Whether to write to a base version that is still editable. Default: false, so a new version is created from it and drafts of others stay as they are.
   * A version that this resource created is always written to, until somebody else saves or activates it.
   */
  reuseDraft: updates(z.boolean("must be true or false").default(false)),
  /**
   * Whether to write to a version whose rule format is `latest`. Default: false, because every release of Property Manager changes the meaning of that
   * format. The rule format itself is never changed.
   */
  allowLatestRuleFormat: updates(z.boolean("must be true or false").optional()),
  /** The note of versions that this resource creates. Default: the name of the resource. A new note alone changes no version. */
  note: updates(z.string("must be text").min(1, "must not be empty").optional()),
  /**
   * The rules that this resource manages, each with a `name` that is unique in the list. `parent` and `position` set where a rule is in the tree.
   * `hostnames`, `paths` and `criteria` select the requests. `edgeWorker`, `failover` and `behaviors` set what happens to them.
   * `papi` is a whole rule in the format of Property Manager instead. An empty list removes all rules of this resource.
   * Rules that you remove from the list leave the latest version too. If that is locked, or a draft of others, a new version is created from it.
   */
  rules: updates(z.array(ruleDeclaration, "must be a list")),
});
/** The computed inputs. */
export const edgeWorkerRulesComputed = z.object({
  /** The rules in the format of Property Manager, each with an ownership marker in its comments. After a refresh: the rules as Property Manager has them. */
  managedRules: updates(z.array(z.custom<OwnedRule>()).readonly()),
});
/** What Property Manager returns. */
export const edgeWorkerRulesOutputs = z.object({
  /** The property version that has the rules. Pass it to an `Activation`. */
  version: z.int(),
  /** The version that `version` was created from. The same number when a draft was changed itself. */
  basedOn: z.int(),
  /** The checksum of the rule tree of `version` after the last run. When it differs, somebody else saved the version. */
  etag: z.string(),
  /** The rule format of `version`, such as `v2026-02-16`. */
  ruleFormat: z.string(),
  /** The warnings of Property Manager about the whole rule tree, rules of others included. */
  warnings: z.array(z.string()),
  /** The id that Property Manager gave each managed rule, by the name of the rule. */
  uuids: z.record(z.string(), z.string()),
  /** The versions that were live when `version` was written. A live version that is none of them was activated by others since. */
  liveBefore: z.object({
    /** The version on staging. */
    staging: z.int().optional(),
    /** The version on production. */
    production: z.int().optional(),
  }),
});

export const edgeWorkerRulesSchema = defineSchema({
  token: "property:EdgeWorkerRules",
  args: edgeWorkerRulesArgs,
  computed: edgeWorkerRulesComputed,
  outputs: edgeWorkerRulesOutputs,
});

export type EdgeWorkerRulesInputs = InputsOf<typeof edgeWorkerRulesSchema> & {
  propertyId: string;
  propertyName: string;
  contractId: string;
  groupId: string;
};
export type EdgeWorkerRulesState = EdgeWorkerRulesInputs & OutputsOf<typeof edgeWorkerRulesSchema>;
