/** Writes the rules into a version, whatever others do at the same time. */

import { findProperty, liveVersion, type Property } from "../../../api/property/properties";
import { findRules, saveRules, type VersionRules } from "../../../api/property/rules";
import { createVersion, findVersion } from "../../../api/property/versions";
import { propagation } from "../../../consistency/propagation";
import { createOnce } from "../../../consistency/write";
import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { nameInProgram } from "../../../framework/resource";
import { merge } from "../../../rules/merge/merge";
import type { Context } from "../../../runtime/context";
import { formatFindings } from "../findings";
import { propertyRef } from "../propertyRef";
import { planCleanup, planLatestCleanup } from "./latest";
import { isEditable, liveVersions, missingVersion, readRules } from "./observe";
import { type Attempts, latestFormatProblem, noteOf, type Old, type Plan, plan } from "./plan";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

/** Others may save the same version meanwhile. So often everything is read and merged again. */
const maxConflicts = 5;

/** The version that has the rules as they are wanted, and its tree. */
interface Saved {
  readonly planned: Plan;
  readonly version: number;
  readonly rules: VersionRules;
}

/** Create and update: the rules are in a version as they are wanted. */
export async function reconcile(
  context: Context,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
): Promise<EdgeWorkerRulesState> {
  return stateOf(context, await writeRules(context, inputs, old), inputs, old);
}

/** Delete: the rules leave the version of the last run, and the latest one. Versions that are live keep them. */
export async function removeRules(
  context: Context,
  state: EdgeWorkerRulesState,
  property: Property,
): Promise<void> {
  const { logger } = context;
  const of = `property ${state.propertyName}: `;
  const { version, planned } = await writeRules(
    context,
    { ...state, managedRules: [], allowLatestRuleFormat: true },
    state,
  );
  if (planned.write !== "nothing")
    logger.info(`${of}version ${version} is without the rules of ${nameInProgram(state.owner)}.`);
  for (const network of ["staging", "production"] as const) {
    const live = liveVersion(property, network);
    if (live === undefined) continue;
    const { rules } = await readRules(context, property, live);
    if (merge({ ...state, live: rules, last: state.managedRules, wanted: [] }).changes.length === 0) continue;
    logger.warn(
      `${of}version ${live} is live on ${network} and still has the rules. They stay in effect until another version is activated, such as ${version}.`,
    );
  }
}

async function writeRules(context: Context, inputs: EdgeWorkerRulesInputs, old: Old): Promise<Saved> {
  // Observe
  const planned = await plan(context, inputs, old);
  assertPossible(planned, inputs);

  // Delete: removed rules leave the latest version first. If the rest fails, the state still names them for the next run.
  if (old !== undefined && (await planLatestCleanup(context, planned, inputs, old)) !== undefined) {
    const latest: EdgeWorkerRulesInputs = { ...inputs, baseVersion: "latest" };
    const saved = await ensureWritten(context, latest, old, (attempts) =>
      planCleanup(context, latest, old, attempts),
    );
    context.logger.info(
      `property ${planned.property.propertyName}: version ${saved.version}, the latest, is without the rules that were removed from ${nameInProgram(inputs.owner)}.`,
    );
  }

  // Ensure, Sync
  return ensureWritten(context, inputs, old, (attempts) => plan(context, inputs, old, attempts));
}

/** Creates a version where the plan needs one, and saves the merged tree. After each change by others it plans anew. */
async function ensureWritten(
  context: Context,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
  planNext: (attempts: Attempts) => Promise<Plan>,
): Promise<Saved> {
  const locked = new Set<number>();
  let ownCopy: Attempts["ownCopy"];
  let outdatedCopy: number | undefined;
  for (let conflicts = 0; ; ) {
    const planned = await planNext({ locked, ownCopy, outdatedCopy });
    assertPossible(planned, inputs);
    const { version, rules, write, property } = planned;
    const inform = (text: string) => context.logger.info(`property ${property.propertyName}: ${text}`);
    if (write === "nothing") return { planned, version, rules };
    try {
      if (write === "to a copy") {
        // Ensure
        ownCopy = { version: await createCopy(context, planned), from: version };
        inform(`version ${ownCopy.version} was made from version ${version}.`);
        outdatedCopy = undefined;
        // The service does not report versions that others created meanwhile. The copy would lack what they did.
        const isOutdated = inputs.baseVersion === "latest" && ownCopy.version > property.latestVersion + 1;
        if (isOutdated && ++conflicts <= maxConflicts) {
          inform("somebody made a version meanwhile; continuing from that one.");
          outdatedCopy = ownCopy.version;
          ownCopy = undefined;
        }
        continue;
      }
      // Sync
      const isOwn = version === ownCopy?.version || version === old?.version;
      const saved = { planned, version, rules: await save(context, planned, inputs, isOwn) };
      const followsLatest = inputs.reuseDraft && inputs.baseVersion === "latest";
      const isOutdated = followsLatest && (await readLatestVersion(context, property)) > version;
      if (!isOutdated || ++conflicts > maxConflicts) return saved;
      inform("somebody made a newer version meanwhile; writing the rules to that one as well.");
      ownCopy = undefined;
    } catch (error) {
      context.runState.forgetReads();
      if (error instanceof ApiError && error.status === 412 && ++conflicts <= maxConflicts) {
        inform(`somebody saved version ${version} meanwhile; reading and merging again.`);
        continue;
      }
      if (write !== "in place" || !isLocked(error)) throw error;
      // A version that this run created, and that nobody activated, is not locked: the API client may not write.
      if (version === ownCopy?.version && (await isEditable(context, property, version))) throw error;
      locked.add(version);
      ownCopy = undefined;
    }
  }
}

/** Activated meanwhile, or locked for a reason that can't be read: a copy can be changed. */
function isLocked(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403 && error.code !== "property-version/lock-error";
}

function assertPossible(
  { merged, rules, property, write }: Plan,
  { allowLatestRuleFormat }: EdgeWorkerRulesInputs,
): void {
  if (write === "nothing") return;
  const problems = merged.problems.map(({ key, reason }) => `rule ${key}: ${reason}`);
  if (problems.length > 0) throw new PreconditionError(problems.join("\n  "));
  const format = latestFormatProblem(rules, allowLatestRuleFormat);
  if (format === undefined || merged.changes.length === 0) return;
  throw new PreconditionError(`property ${property.propertyName}: ${format}`);
}

/** The note of others' versions stays. */
async function save(
  { http }: Context,
  { property, version, merged, rules }: Plan,
  inputs: EdgeWorkerRulesInputs,
  isOwn: boolean,
): Promise<VersionRules> {
  const comments = isOwn || !rules.comments ? noteOf(inputs) : rules.comments;
  return saveRules(http, propertyRef(property), version, { rules: merged.tree, comments, etag: rules.etag });
}

async function readLatestVersion({ http }: Context, property: Property): Promise<number> {
  return (await findProperty(http, propertyRef(property)))?.latestVersion ?? 0;
}

async function createCopy(context: Context, { property, version, rules }: Plan): Promise<number> {
  const { http } = context;
  const ref = propertyRef(property);
  const source = await findVersion(http, ref, version);
  if (source === undefined) throw missingVersion(property, version);
  return createOnce(context, {
    send: () => createVersion(http, ref, { version, etag: source.etag }),
    find: async () => {
      const latest = await readLatestVersion(context, property);
      if (latest <= property.latestVersion) return undefined;
      const made = await findRules(http, ref, latest);
      return made !== undefined && same(made.rules, rules.rules) ? latest : undefined;
    },
    window: propagation.propertyVersionCreated.seconds,
  });
}

/** The state after the rules were saved. Errors in the tree fail the run, and the next one continues with this state. */
function stateOf(
  { logger }: Context,
  { planned, version, rules }: Saved,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
): EdgeWorkerRulesState {
  const { property, write, basedOn, merged } = planned;
  const { managedRules } = inputs;
  const { uuids } =
    write === "nothing"
      ? merged
      : merge({
          ...inputs,
          live: rules.rules,
          last: managedRules,
          wanted: managedRules,
          uuids: merged.uuids,
        });
  const warnings = formatFindings(rules.warnings, rules.rules);
  const isSameVersion = old !== undefined && version === old.version;
  const state = {
    ...inputs,
    version,
    basedOn: isSameVersion ? old.basedOn : basedOn,
    etag: rules.etag,
    ruleFormat: rules.ruleFormat,
    warnings,
    uuids,
    liveBefore: isSameVersion && write === "nothing" ? old.liveBefore : liveVersions(property),
  };
  for (const warning of write === "nothing" ? [] : warnings)
    logger.warn(`property ${property.propertyName}: ${warning}`);
  const errors = formatFindings(rules.errors, rules.rules);
  if (errors.length === 0 || isLive(property, version)) return state;
  const refused = new PreconditionError(
    `version ${version} of property ${property.propertyName} was saved, but can't be activated as it is:\n  ${errors.join("\n  ")}\n  Correct the program and run \`up\` again: it continues with this version.`,
  );
  throw new PartialFailure(inputs.propertyId, state, refused);
}

function isLive({ stagingVersion, productionVersion }: Property, version: number): boolean {
  return stagingVersion === version || productionVersion === version;
}
