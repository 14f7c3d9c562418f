/** Brings rules into a version, whatever others do at the same time. */

import { findProperty, liveVersion, type Property } from "../../../api/property/properties";
import { findRules, saveRules, type VersionRules } from "../../../api/property/rules";
import { createVersion, findVersion } from "../../../api/property/versions";
import { createOnce } from "../../../consistency/write";

import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { nameInProgram } from "../../../framework/resource";
import { merge } from "../../../rules/merge/merge";
import type { Context } from "../../../runtime/context";
import { formatFindings } from "../findings";
import { propertyRef } from "../propertyRef";
import { planLatest, planLatestBeside } from "./latest";
import { type Experience, isEditable, missingVersion, noteOf, type Plan, plan } from "./plan";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

/** Others may save the same version meanwhile: so often everything is read and merged again. */
const mostConflicts = 5;
/** Seconds within which a version that was made is the latest for everybody. */
const versionShowsWithin = 30;

/** The version that has the rules as they are wanted, and its tree. */
export interface Saved {
  readonly planned: Plan;
  readonly version: number;
  readonly rules: VersionRules;
}

type Old = EdgeWorkerRulesState | undefined;

/** Rules that are not wanted any more leave the latest version first: should the rest fail, the state still tells the next run to look for them. */
export async function ensureRules(news: EdgeWorkerRulesInputs, old: Old, context: Context): Promise<Saved> {
  const planned = await plan(news, old, context);
  refuse(planned, news);
  if (old !== undefined && (await planLatestBeside(planned, news, old, context)) !== undefined) {
    const ofLatest: EdgeWorkerRulesInputs = { ...news, baseVersion: "latest" };
    const saved = await carryOut(ofLatest, old, context, (experience) => planLatest(ofLatest, old, context, experience));
    context.logger.info(
      `property ${planned.property.propertyName}: version ${saved.version}, the latest, is without the rules that were taken out of ${nameInProgram(news.owner)}.`,
    );
  }
  return carryOut(news, old, context, (experience) => plan(news, old, context, experience));
}

async function carryOut(
  news: EdgeWorkerRulesInputs,
  old: Old,
  context: Context,
  planning: (experience: Experience) => Promise<Plan>,
): Promise<Saved> {
  const locked = new Set<number>();
  let own: Experience["own"];
  let passedOver: number | undefined;
  for (let conflicts = 0; ; ) {
    const planned = await planning({ locked, own, passedOver });
    refuse(planned, news);
    const { start, rules, write, property } = planned;
    if (write === "nothing") return { planned, version: start, rules };
    try {
      if (write === "into it") {
        const isOurs = start === own?.version || start === old?.version;
        const saved = { planned, version: start, rules: await save(planned, news, isOurs, context) };
        const isLeftBehind = news.reuseDraft && news.baseVersion === "latest" && (await latestOf(planned, context)) > start;
        if (!isLeftBehind || ++conflicts > mostConflicts) return saved;
        context.logger.info(`property ${property.propertyName}: somebody made a newer version meanwhile; the rules go into that as well.`);
        own = undefined;
        continue;
      }
      own = { version: await copyOf(planned, context), from: start };
      context.logger.info(`property ${property.propertyName}: version ${own.version} was made from version ${start}.`);
      passedOver = undefined;
      // The service takes no notice of versions that others make: the copy would leave out what they did.
      if (news.baseVersion === "latest" && own.version > property.latestVersion + 1 && ++conflicts <= mostConflicts) {
        context.logger.info(`property ${property.propertyName}: somebody made a version meanwhile, which is gone on from instead.`);
        passedOver = own.version;
        own = undefined;
      }
    } catch (error) {
      context.runState.forgetReads();
      if (error instanceof ApiError && error.status === 412 && ++conflicts <= mostConflicts) {
        context.logger.info(`property ${property.propertyName}: somebody saved version ${start} meanwhile; reading and merging again.`);
        continue;
      }
      if (write !== "into it" || !isLocked(error)) throw error;
      // One that this run has made, and that nobody activated, is not locked: the API client may not write.
      if (start === own?.version && (await isEditable(property, start, context))) throw error;
      locked.add(start);
      own = undefined;
    }
  }
}

/** Activated meanwhile, or locked for a reason that can't be read: a copy can be changed. */
function isLocked(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403 && error.code !== "property-version/lock-error";
}

function refuse({ merged, rules, property, write }: Plan, { allowLatestRuleFormat }: EdgeWorkerRulesInputs): void {
  if (write === "nothing") return;
  const problems = merged.problems.map(({ key, reason }) => `rule ${key}: ${reason}`);
  if (problems.length > 0) throw new PreconditionError(problems.join("\n  "));
  const format = latestFormat(rules, allowLatestRuleFormat);
  if (format !== undefined && merged.changes.length > 0) throw new PreconditionError(`property ${property.propertyName}: ${format}`);
}

/** Why a tree in the format `latest` is not written to. */
export function latestFormat({ ruleFormat }: VersionRules, allowed: boolean | undefined): string | undefined {
  if (ruleFormat !== "latest" || allowed === true) return undefined;
  return "the rule format of the version is `latest`, which changes with every release of Property Manager, and rules with it. Freeze the version to a format in Property Manager, or say `allowLatestRuleFormat: true`";
}

async function save(
  { property, start, merged, rules }: Plan,
  news: EdgeWorkerRulesInputs,
  isOurs: boolean,
  { http }: Context,
): Promise<VersionRules> {
  const comments = isOurs || !rules.comments ? noteOf(news) : rules.comments;
  return saveRules(http, propertyRef(property), start, { rules: merged.tree, comments, etag: rules.etag });
}

async function latestOf({ property }: Pick<Plan, "property">, { http }: Context): Promise<number> {
  return (await findProperty(http, propertyRef(property)))?.latestVersion ?? 0;
}

async function copyOf({ property, start, rules }: Plan, context: Context): Promise<number> {
  const { http } = context;
  const place = propertyRef(property);
  const source = await findVersion(http, place, start);
  if (source === undefined) throw missingVersion(property, start);
  return createOnce(context, {
    send: () => createVersion(http, place, { version: start, etag: source.etag }),
    find: async () => {
      const latest = await latestOf({ property }, context);
      if (latest <= property.latestVersion) return undefined;
      const made = await findRules(http, place, latest);
      return made !== undefined && same(made.rules, rules.rules) ? latest : undefined;
    },
    window: versionShowsWithin,
  });
}

/** The state after the rules were saved; with errors in the tree, it is one that the next run goes on from. */
export function stateOf({ planned, version, rules }: Saved, news: EdgeWorkerRulesInputs, old: Old, context: Context): EdgeWorkerRulesState {
  const { property, write, basedOn } = planned;
  const { uuids } =
    write === "nothing"
      ? planned.merged
      : merge({ ...news, live: rules.rules, last: news.managedRules, wanted: news.managedRules, uuids: planned.merged.uuids });
  const warnings = formatFindings(rules.warnings, rules.rules);
  const isKept = old !== undefined && version === old.version;
  const state = {
    ...news,
    version,
    basedOn: isKept ? old.basedOn : basedOn,
    etag: rules.etag,
    ruleFormat: rules.ruleFormat,
    warnings,
    uuids,
    liveBefore: isKept && write === "nothing" ? old.liveBefore : liveVersions(property),
  };
  for (const warning of write === "nothing" ? [] : warnings) context.logger.warn(`property ${property.propertyName}: ${warning}`);
  const errors = formatFindings(rules.errors, rules.rules);
  if (errors.length === 0 || isLive(property, version)) return state;
  const refused = new PreconditionError(
    `version ${version} of property ${property.propertyName} was saved, but can't be activated as it is:\n  ${errors.join("\n  ")}\n  Put the program right and run \`up\` again: it goes on with this version.`,
  );
  throw new PartialFailure(news.propertyId, state, refused);
}

export function liveVersions(property: Property): EdgeWorkerRulesState["liveBefore"] {
  return { staging: liveVersion(property, "staging"), production: liveVersion(property, "production") };
}

function isLive({ stagingVersion, productionVersion }: Property, version: number): boolean {
  return stagingVersion === version || productionVersion === version;
}
