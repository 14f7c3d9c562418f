/** What a plan means, for the person who reads a preview, and what stops it. */

import { liveVersion, type Network, type Property } from "../../../api/property/properties";
import { validateRules } from "../../../api/property/rules";
import { PreconditionError } from "../../../errors";
import type { CheckFailure } from "../../../framework/resource";
import { hasUnknown, unknownValue } from "../../../framework/unknown";
import { formatChanges } from "../../../rules/changes";
import { missingCompanions } from "../../../rules/companions";
import { missingFrom } from "../../../rules/foreignRules";
import type { Context } from "../../../runtime/context";
import { formatFindings } from "../findings";
import { propertyRef } from "../propertyRef";
import { planLatestCleanup } from "./latest";
import { missingEdgeWorkers } from "./missingEdgeWorkers";
import { inputPath, readRules } from "./observe";
import { latestFormatProblem, type Old, type Plan, plan } from "./plan";
import type { EdgeWorkerRulesInputs } from "./schema";

/** Shows what `up` will write, or returns what stops it. */
export async function preflight(
  context: Context,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
): Promise<CheckFailure[]> {
  try {
    const planned = await plan(context, inputs, old);
    const cleanup = await planLatestCleanup(context, planned, inputs, old);
    const failures = [planned, cleanup].flatMap((one) => (one === undefined ? [] : failuresOf(one, inputs)));
    if (planned.write !== "nothing") failures.push(...(await missingEdgeWorkers(context, planned, inputs)));
    if (failures.length > 0) return failures;
    await announce(context, planned, inputs, old);
    if (cleanup !== undefined) announceCleanup(context, cleanup);
    return [];
  } catch (error) {
    if (error instanceof PreconditionError) return [{ property: "rules", reason: error.message }];
    throw error;
  }
}

function failuresOf({ merged, rules, write }: Plan, inputs: EdgeWorkerRulesInputs): CheckFailure[] {
  if (write === "nothing") return [];
  const failures = merged.problems.map(({ key, about, reason }) => ({
    property: inputPath(inputs, key, about),
    reason,
  }));
  for (const { key, about, reason } of missingCompanions(merged.tree, inputs.managedRules))
    failures.push({ property: inputPath(inputs, key, about), reason });
  const format = latestFormatProblem(rules, inputs.allowLatestRuleFormat);
  return format === undefined
    ? failures
    : [...failures, { property: "allowLatestRuleFormat", reason: format }];
}

/** Shows what `up` will write, and lets the service validate it. */
async function announce(
  context: Context,
  planned: Plan,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
): Promise<void> {
  const { property, version, rules, merged, write } = planned;
  const { logger } = context;
  const of = `property ${property.propertyName}: `;
  for (const remark of merged.remarks) logger.warn(of + remark);
  if (write === "nothing") {
    if (old === undefined || version === old.version) return;
    const which = `version ${version}${formatStatus(property, version)}, which others made,`;
    const has =
      inputs.managedRules.length === 0
        ? "has none of the rules: `up`"
        : "has the rules: `up` writes nothing and";
    return logger.info(`${of}${which} ${has} uses that version.`);
  }
  logger.info(formatPatch(planned));
  for (const network of ["staging", "production"] as const) {
    const lost = await findLostRules(context, planned, network, inputs);
    if (lost !== undefined) logger.warn(of + lost);
  }
  if (hasUnknown(inputs.managedRules)) return;
  const validated = await validateRules(context.http, propertyRef(property), version, {
    rules: merged.tree,
    comments: rules.comments ?? undefined,
    etag: rules.etag,
  });
  if (validated === undefined) return;
  for (const warning of formatFindings(validated.warnings, validated.rules)) logger.warn(of + warning);
  const errors = formatFindings(validated.errors, validated.rules);
  if (errors.length > 0) {
    throw new PreconditionError(
      `Property Manager finds errors in the rules as they would be:\n  ${errors.join("\n  ")}`,
    );
  }
}

/** Shows what `up` removes from the latest version, besides what it does elsewhere. */
function announceCleanup({ logger }: Context, cleanup: Plan): void {
  for (const remark of cleanup.merged.remarks)
    logger.warn(`property ${cleanup.property.propertyName}: ${remark}`);
  logger.info(formatPatch(cleanup));
}

const unknownText = new RegExp(`"?${unknownValue}"?`, "g");

/** Which version is written, from which one, and how it differs from that. */
function formatPatch({ property, version, merged, write }: Plan): string {
  const target =
    write === "in place"
      ? `version ${version} will be changed`
      : `version ${property.latestVersion + 1} will be made from version ${version}`;
  const lines = formatChanges(merged.changes).map(
    (line) => `  ${line.replaceAll(unknownText, "(known after up)")}`,
  );
  return [`property ${property.propertyName}: ${target}${formatStatus(property, version)}`, ...lines].join(
    "\n",
  );
}

const maxNames = 5;

/** Foreign rules that are live now and missing in the planned version: activating it removes them. */
async function findLostRules(
  context: Context,
  { property, version, merged }: Plan,
  network: Network,
  { owner }: EdgeWorkerRulesInputs,
): Promise<string | undefined> {
  const live = liveVersion(property, network);
  if (live === undefined || live === version) return undefined;
  const missing = missingFrom(merged.tree, (await readRules(context, property, live)).rules, owner);
  if (missing.length === 0) return undefined;
  const more = missing.length > maxNames ? `; and ${missing.length - maxNames} more` : "";
  const names = missing.slice(0, maxNames).join("; ") + more;
  return `version ${live} is live on ${network} and has rules that will not be in it: ${names}. Activating it there takes them off; another \`baseVersion\` may have them.`;
}

function formatStatus(
  { latestVersion, stagingVersion, productionVersion }: Property,
  version: number,
): string {
  const status = [
    version === latestVersion ? "the latest" : undefined,
    version === stagingVersion ? "live on staging" : undefined,
    version === productionVersion ? "live on production" : undefined,
  ].filter((one) => one !== undefined);
  return status.length === 0 ? "" : ` (${status.join(", ")})`;
}
