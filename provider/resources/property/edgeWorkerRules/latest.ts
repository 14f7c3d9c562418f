/**
 * Rules that the program removed must leave the latest version too. Whoever continues from it would bring them back.
 * An EdgeWorker that they name would seem to be in use. The version of the plan need not be the latest, so this covers it.
 */

import { compile } from "../../../rules/compile";
import { merge } from "../../../rules/merge/merge";
import { readBack } from "../../../rules/merge/readBack";
import type { Context } from "../../../runtime/context";
import { isEditable, readProperty, readRules } from "./observe";
import {
  type Attempts,
  isUntouchedCopy,
  type MergedVersion,
  noAttempts,
  type Old,
  type Plan,
  updateInPlace,
} from "./plan";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

/** The change of the latest version besides the plan; undefined when it needs none. */
export async function planLatestCleanup(
  context: Context,
  planned: Plan,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
): Promise<Plan | undefined> {
  if (old === undefined || !removesRules(inputs, old)) return undefined;
  // The version that the plan writes will be the latest.
  if (planned.write === "to a copy" || planned.version === planned.property.latestVersion) return undefined;
  const cleanup = await planCleanup(context, inputs, old);
  return cleanup.write === "nothing" ? undefined : cleanup;
}

/** Removes rules from the latest version that are no longer wanted. It adds none. */
export async function planCleanup(
  context: Context,
  inputs: EdgeWorkerRulesInputs,
  old: EdgeWorkerRulesState,
  { locked, ownCopy, outdatedCopy }: Attempts = noAttempts,
): Promise<Plan> {
  const property = await readProperty(context, inputs);
  const { latestVersion } = property;
  const mergedAt = async (version: number): Promise<MergedVersion> => {
    const rules = await readRules(context, property, version);
    const observed = { owner: inputs.owner, live: rules.rules, uuids: old.uuids };
    const present = new Set(readBack({ ...observed, last: inputs.managedRules }).map(({ key }) => key));
    const wanted = inputs.managedRules.filter(({ key }) => present.has(key));
    return {
      property,
      version,
      basedOn: version,
      rules,
      merged: merge({ ...observed, last: old.managedRules, wanted }),
    };
  };
  if (ownCopy !== undefined)
    return updateInPlace({ ...(await mergedAt(ownCopy.version)), basedOn: ownCopy.from });
  if (latestVersion === outdatedCopy) return { ...(await mergedAt(outdatedCopy - 1)), write: "to a copy" };
  const found = await mergedAt(latestVersion);
  if (!found.merged.changes.some(({ kind }) => kind === "remove")) return { ...found, write: "nothing" };
  const canEdit =
    !locked.has(latestVersion) &&
    (await isEditable(context, property, latestVersion)) &&
    (await isOwn(found));
  return canEdit ? updateInPlace(found) : { ...found, write: "to a copy" };

  /** Drafts of others are left alone, as everywhere. */
  async function isOwn({ rules }: MergedVersion): Promise<boolean> {
    const isOwnDraft = latestVersion === old.version && rules.etag === old.etag;
    return inputs.reuseDraft || isOwnDraft || isUntouchedCopy(context, found, latestVersion - 1, inputs, old);
  }
}

/** Whether there are no rules any more, or fewer than before. After a refresh, only the program's list shows which there were. */
function removesRules({ managedRules }: EdgeWorkerRulesInputs, old: EdgeWorkerRulesState): boolean {
  const wanted = new Set(managedRules.map(({ key }) => key));
  return (
    wanted.size === 0 ||
    [...old.managedRules, ...compile(old.rules, old.owner)].some(({ key }) => !wanted.has(key))
  );
}
