import { z } from "zod";
import { defineSchema, type InputsOf, type OutputsOf, replaces, updates } from "../../../framework/resource";
import { ruleDeclaration } from "../../../rules/declaration";
import type { OwnedRule } from "../../../rules/ownedRule";
import { anId, aVersion } from "../propertyRef";

const noVersion = "must be `latest`, `staging`, `production` or the number of a version";
/** What a program says of its rules in a property. */
export const edgeWorkerRulesArgs = z.strictObject({
  /** The property, with or without `prp_`. One of `propertyId`, `propertyName` and `hostname` is needed. */
  propertyId: replaces(anId.property.optional()),
  /** The property by its whole name; it is looked up once. */
  propertyName: updates(z.string("must be text").min(1, "must not be empty").optional()),
  /** The property by a hostname that its latest or a live version answers to; it is looked up once. */
  hostname: updates(z.string("must be text").min(1, "must not be empty").optional()),
  /** The contract of the property, with or without `ctr_`. Default: looked up. */
  contractId: updates(anId.contract.optional()),
  /** The access group of the property: a number, with or without `grp_`. Default: looked up. */
  groupId: updates(anId.group.optional()),
  /**
   * The version whose rules the own ones are added to: `latest` (default), the one live on `staging` or on `production`, or a number. It is read again on each
   * run: when others activate a newer version, the rules are looked for there, and added where they are missing.
   */
  baseVersion: updates(z.union([z.enum(["latest", "staging", "production"]), aVersion(noVersion)], noVersion).default("latest")),
  /**
   * Whether a base version that can still be edited is changed itself. Default: false; a new version is made from it, so that nobody's draft is touched. A
   * version that this resource made, and that nobody else saved or activated since, is always changed itself.
   */
  reuseDraft: updates(z.boolean("must be true or false").default(false)),
  /** Whether to write to a version whose rule format is `latest`, which changes with every release of Property Manager. Default: false. The format itself is never changed. */
  allowLatestRuleFormat: updates(z.boolean("must be true or false").optional()),
  /** The note of versions that are made. Default: the name of the resource. A change of it alone writes nothing. */
  note: updates(z.string("must be text").min(1, "must not be empty").optional()),
  /**
   * The rules, each known by its `name`. `parent` names the rules above it, `position` says where it is among those beside it. `hostnames`, `paths` and
   * `criteria` say for which requests it is; `edgeWorker`, `failover` and `behaviors` what it does. `papi` is a whole rule as Property Manager writes it instead.
   * An empty list takes all of them out. Rules that go leave the latest version as well. Where that is locked, or others' draft, a new version is made from it.
   */
  rules: updates(z.array(ruleDeclaration, "must be a list")),
});
/** What check adds. */
export const edgeWorkerRulesComputed = z.object({
  /** The rules as Property Manager is to have them, each with the mark in its comments by which it is found again. After a refresh: as it has them. */
  managedRules: updates(z.array(z.custom<OwnedRule>()).readonly()),
});
/** What Property Manager tells. */
export const edgeWorkerRulesOutputs = z.object({
  /** The property version that has the rules: what an `Activation` is to activate. */
  version: z.number(),
  /** The version that it was made from. */
  basedOn: z.number(),
  /** Of the rule tree of that version as this resource saved it, or found it with its rules. By it the resource knows that nobody else saved the version since. */
  etag: z.string(),
  /** Of that version, such as `v2026-02-16`. */
  ruleFormat: z.string(),
  /** What the validation of the tree warns of, other people's rules included. */
  warnings: z.array(z.string()),
  /** The ids of the rules in the tree, by their names. */
  uuids: z.record(z.string(), z.string()),
  /** The versions that were live when that version was written: what is live besides it and them, others have activated since. */
  liveBefore: z.object({ staging: z.number().optional(), production: z.number().optional() }),
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
