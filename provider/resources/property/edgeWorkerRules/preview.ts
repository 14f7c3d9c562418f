/** What a plan means, for the person who reads a preview. */

import { liveVersion, type Property } from "../../../api/property/properties";
import { tryRules } from "../../../api/property/rules";
import { PreconditionError } from "../../../errors";
import { hasUnknown, unknownValue } from "../../../framework/unknown";
import { inLines } from "../../../rules/changes";
import { missingFrom } from "../../../rules/foreignRules";
import type { Context } from "../../../runtime/context";
import { formatFindings } from "../findings";
import { propertyRef } from "../propertyRef";
import { type Plan, theRules } from "./plan";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

/** Says what `up` will write, and has the service validate it. */
export async function announce(
  planned: Plan,
  news: EdgeWorkerRulesInputs,
  old: EdgeWorkerRulesState | undefined,
  context: Context,
): Promise<void> {
  const { property, start, rules, merged, write } = planned;
  const { logger } = context;
  const of = `property ${property.propertyName}: `;
  for (const remark of merged.remarks) logger.warn(of + remark);
  if (write === "nothing") {
    const which = `version ${start}${statusOf(property, start)}, which others made,`;
    const why = news.managedRules.length === 0 ? "has none of the rules: `up` takes" : "has the rules: `up` writes nothing and takes";
    if (old !== undefined && start !== old.version) logger.info(`${of}${which} ${why} that one.`);
    return;
  }
  logger.info(patchOf(planned));
  for (const network of ["staging", "production"] as const) {
    const missing = await leftOut(planned, network, news, context);
    if (missing !== undefined) logger.warn(of + missing);
  }
  if (hasUnknown(news.managedRules)) return;
  const tried = await tryRules(context.http, propertyRef(property), start, {
    rules: merged.tree,
    comments: rules.comments ?? undefined,
    etag: rules.etag,
  });
  if (tried === undefined) return;
  for (const warning of formatFindings(tried.warnings, tried.rules)) logger.warn(of + warning);
  const errors = formatFindings(tried.errors, tried.rules);
  if (errors.length > 0)
    throw new PreconditionError(`Property Manager finds errors in the rules as they would be:\n  ${errors.join("\n  ")}`);
}

/** Shows what `up` takes out of the latest version, besides what it does elsewhere. */
export function announceLatest(latest: Plan, { logger }: Context): void {
  for (const remark of latest.merged.remarks) logger.warn(`property ${latest.property.propertyName}: ${remark}`);
  logger.info(patchOf(latest));
}

/** Which version is written, from which one, and how it differs from that. */
function patchOf({ property, start, merged, write }: Plan): string {
  const into =
    write === "into it" ? `version ${start} will be changed` : `version ${property.latestVersion + 1} will be made from version ${start}`;
  const lines = inLines(merged.changes).map((line) => `  ${line.replaceAll(new RegExp(`"?${unknownValue}"?`, "g"), "(known after up)")}`);
  return [`property ${property.propertyName}: ${into}${statusOf(property, start)}`, ...lines].join("\n");
}

const mostNames = 5;

/** Rules of others that are live now and would not be in the version: whoever activates it takes them off. */
async function leftOut(
  { property, start, merged }: Plan,
  network: "staging" | "production",
  { owner }: EdgeWorkerRulesInputs,
  context: Context,
): Promise<string | undefined> {
  const live = liveVersion(property, network);
  if (live === undefined || live === start) return undefined;
  const missing = missingFrom(merged.tree, (await theRules(property, live, context)).rules, owner);
  if (missing.length === 0) return undefined;
  const names = missing.slice(0, mostNames).join("; ") + (missing.length > mostNames ? `; and ${missing.length - mostNames} more` : "");
  return `version ${live} is live on ${network} and has rules that will not be in it: ${names}. To activate it there takes them off; another \`baseVersion\` may have them.`;
}

function statusOf({ latestVersion, stagingVersion, productionVersion }: Property, version: number): string {
  const is = [
    version === latestVersion ? "the latest" : undefined,
    version === stagingVersion ? "live on staging" : undefined,
    version === productionVersion ? "live on production" : undefined,
  ].filter((one) => one !== undefined);
  return is.length === 0 ? "" : ` (${is.join(", ")})`;
}
