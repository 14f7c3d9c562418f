/**
 * Rules that were taken out of the program must not stay in the latest version. Whoever goes on from there would bring them back. An EdgeWorker that they
 * name would look as if it were in use. The version that the plan chooses need not be the latest, so this looks there as well.
 */

import { compile } from "../../../rules/compile";
import { merge } from "../../../rules/merge/merge";
import { readBack } from "../../../rules/merge/readBack";
import type { Context } from "../../../runtime/context";
import { type Experience, type Found, into, isEditable, isUntouchedCopy, type Plan, theProperty, theRules } from "./plan";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

/** What is to be done to the latest version besides the plan; undefined when there is nothing to do. */
export async function planLatestBeside(
  planned: Plan,
  news: EdgeWorkerRulesInputs,
  old: EdgeWorkerRulesState | undefined,
  context: Context,
): Promise<Plan | undefined> {
  if (old === undefined || !takesOut(news, old)) return undefined;
  // What the plan writes is the latest version then.
  if (planned.write === "into a copy" || planned.start === planned.property.latestVersion) return undefined;
  const latest = await planLatest(news, old, context);
  return latest.write === "nothing" ? undefined : latest;
}

/** Takes rules that are not wanted any more out of the latest version. Wanted ones that are not in it are not added. */
export async function planLatest(
  news: EdgeWorkerRulesInputs,
  old: EdgeWorkerRulesState,
  context: Context,
  { locked, own, passedOver }: Experience = { locked: new Set() },
): Promise<Plan> {
  const property = await theProperty(news, context);
  const { latestVersion } = property;
  const at = async (version: number): Promise<Found> => {
    const rules = await theRules(property, version, context);
    const seen = { owner: news.owner, live: rules.rules, uuids: old.uuids };
    const there = new Set(readBack({ ...seen, last: news.managedRules }).map(({ key }) => key));
    const wanted = news.managedRules.filter(({ key }) => there.has(key));
    return { property, start: version, basedOn: version, rules, merged: merge({ ...seen, last: old.managedRules, wanted }) };
  };
  if (own !== undefined) return into({ ...(await at(own.version)), basedOn: own.from });
  if (latestVersion === passedOver) return { ...(await at(passedOver - 1)), write: "into a copy" };
  const found = await at(latestVersion);
  if (!found.merged.changes.some(({ kind }) => kind === "remove")) return { ...found, write: "nothing" };
  const mayChange = !locked.has(latestVersion) && (await isEditable(property, latestVersion, context)) && (await isFree(found));
  return mayChange ? into(found) : { ...found, write: "into a copy" };

  /** Others' drafts are left alone, as everywhere. */
  async function isFree({ rules }: Found): Promise<boolean> {
    const isOwnDraft = latestVersion === old.version && rules.etag === old.etag;
    return news.reuseDraft || isOwnDraft || isUntouchedCopy(found, latestVersion - 1, news, old, context);
  }
}

/** Whether there are no rules any more, or fewer than before. After a refresh, only the program's list shows which there were. */
function takesOut({ managedRules }: EdgeWorkerRulesInputs, old: EdgeWorkerRulesState): boolean {
  const wanted = new Set(managedRules.map(({ key }) => key));
  return wanted.size === 0 || [...old.managedRules, ...compile(old.rules, old.owner)].some(({ key }) => !wanted.has(key));
}
