/** Decides which version gets the rules, and how it changes. It only reads. */

import { liveVersion, type Property } from "../../../api/property/properties";
import type { VersionRules } from "../../../api/property/rules";
import { PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type Merged, merge } from "../../../rules/merge/merge";
import type { Context } from "../../../runtime/context";
import { isEditable, isUpToDate, readHostnames, readProperty, readRules } from "./observe";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

/** A version, and the wanted rules merged into it. */
export interface MergedVersion {
  readonly property: Property;
  readonly version: number;
  /** The version that it is compared with: itself, unless it is a copy. */
  readonly basedOn: number;
  readonly rules: VersionRules;
  readonly merged: Merged;
}

export interface Plan extends MergedVersion {
  /** `nothing`: the version has the rules as they are wanted. `to a copy`: the version is locked or belongs to others. */
  readonly write: "nothing" | "in place" | "to a copy";
}

/** The state of the last run; undefined for new rules. */
export type Old = EdgeWorkerRulesState | undefined;

/** What this run learned from its writes so far. */
export interface Attempts {
  /** Versions that the service refused to change, whatever their activations look like. */
  readonly locked: ReadonlySet<number>;
  /** The version that this run created. */
  readonly ownCopy?: { readonly version: number; readonly from: number } | undefined;
  /** A version that this run created from one that was no longer the latest. It lacks what others did, so it is not used. */
  readonly outdatedCopy?: number | undefined;
}

export const noAttempts: Attempts = { locked: new Set() };

export async function plan(
  context: Context,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
  { locked, ownCopy, outdatedCopy }: Attempts = noAttempts,
): Promise<Plan> {
  const property = await readProperty(context, inputs);
  const last = old?.managedRules ?? [];
  const uuids = old?.uuids ?? {};
  const mergedAt = async (version: number): Promise<MergedVersion> => {
    const rules = await readRules(context, property, version);
    const merged = merge({
      owner: inputs.owner,
      live: rules.rules,
      last,
      wanted: inputs.managedRules,
      uuids,
    });
    return { property, version, basedOn: version, rules, merged };
  };
  const canEdit = async (version: number) =>
    !locked.has(version) && (await isEditable(context, property, version));

  const current = old === undefined ? undefined : await mergedAt(currentVersion(property, old, inputs));
  if (current !== undefined && isUpToDate(current.merged)) return { ...current, write: "nothing" };

  // This run goes on with the version that it created.
  if (ownCopy !== undefined)
    return updateInPlace({ ...(await mergedAt(ownCopy.version)), basedOn: ownCopy.from });
  if (outdatedCopy !== undefined) {
    const { latestVersion } = property;
    return {
      ...(await mergedAt(latestVersion === outdatedCopy ? outdatedCopy - 1 : latestVersion)),
      write: "to a copy",
    };
  }

  // The version of the last run is changed itself while nobody else saved it.
  const base = baseOf(property, inputs, old, current?.version);
  const isOwnDraft =
    old !== undefined && (base === old.version || (base === old.basedOn && current?.version === old.version));
  if (isOwnDraft && (await canEdit(old.version))) {
    const draft = current?.version === old.version ? current : await mergedAt(old.version);
    if (draft.rules.etag === old.etag) return updateInPlace({ ...draft, basedOn: old.basedOn });
  }

  const found = current?.version === base ? current : await mergedAt(base);
  if (!(await canEdit(base))) {
    if (isUpToDate(found.merged)) return updateInPlace(found);
  } else {
    if (inputs.reuseDraft) return updateInPlace(found);
    // What others saved is theirs, even if the rules are in it. A mere copy is not.
    if (base !== old?.version && (await isUntouchedCopy(context, found, base - 1, inputs, old))) {
      return updateInPlace({ ...found, basedOn: base - 1 });
    }
  }

  // An interrupted run may have left a copy of the base.
  const { latestVersion } = property;
  if (latestVersion !== base && latestVersion !== old?.version && (await canEdit(latestVersion))) {
    const latest = await mergedAt(latestVersion);
    if (await isUntouchedCopy(context, latest, base, inputs, old))
      return updateInPlace({ ...latest, basedOn: base });
  }
  return { ...found, write: "to a copy" };
}

/** Whether a version is a copy of `other` in which only managed rules differ: as an interrupted run of this resource leaves it. */
export async function isUntouchedCopy(
  context: Context,
  { property, version, rules }: MergedVersion,
  other: number,
  inputs: EdgeWorkerRulesInputs,
  old: Old,
): Promise<boolean> {
  if (other < 1) return false;
  const source = await readRules(context, property, other);
  const hasOwnNote =
    !rules.comments || rules.comments === noteOf(inputs) || rules.comments === source.comments;
  const known = { owner: inputs.owner, last: old?.managedRules ?? [], uuids: old?.uuids ?? {} };
  const foreign = (tree: VersionRules) => merge({ ...known, live: tree.rules, wanted: [] }).tree;
  if (!hasOwnNote || rules.ruleFormat !== source.ruleFormat || !same(foreign(rules), foreign(source)))
    return false;
  const [hostnames, sourceHostnames] = await Promise.all(
    [version, other].map((one) => readHostnames(context, property, one)),
  );
  return hostnames !== undefined && same(hostnames, sourceHostnames);
}

export function updateInPlace(found: MergedVersion): Plan {
  return { ...found, write: isUpToDate(found.merged) ? "nothing" : "in place" };
}

/** Why a tree in the rule format `latest` is not written; undefined when it may be. */
export function latestFormatProblem(
  { ruleFormat }: VersionRules,
  isAllowed: boolean | undefined,
): string | undefined {
  if (ruleFormat !== "latest" || isAllowed === true) return undefined;
  return "the rule format of the version is `latest`: its meaning changes with every release of Property Manager. Freeze the version to a format in Property Manager, or set `allowLatestRuleFormat: true`";
}

/** The note of versions that this resource creates. */
export function noteOf({ note, owner }: EdgeWorkerRulesInputs): string {
  return note ?? `Rules of ${owner}, by Pulumi`;
}

/**
 * The version that should have the rules now: the one of the last run, unless others activated a newer one.
 * A base that is live moves with each activation. With `latest`, the version on production counts: a newer draft may be unfinished.
 */
export function currentVersion(
  property: Property,
  old: EdgeWorkerRulesState,
  { baseVersion }: EdgeWorkerRulesInputs,
): number {
  const { version, basedOn, liveBefore } = old;
  if (typeof baseVersion === "number") return baseVersion === old.baseVersion ? version : baseVersion;
  const network = baseVersion === "staging" ? "staging" : "production";
  const live = liveVersion(property, network) ?? version;
  if (baseVersion !== old.baseVersion) return baseVersion === "latest" ? version : live;
  const known =
    baseVersion === "latest" ? [version, liveBefore[network]] : [version, basedOn, liveBefore[network]];
  return known.includes(live) ? version : live;
}

/**
 * The version that the rules are merged into.
 * @param movedTo the version that others activated, if it is not the one of the last run
 */
function baseOf(
  property: Property,
  { baseVersion, managedRules }: EdgeWorkerRulesInputs,
  old: Old,
  movedTo: number | undefined,
): number {
  const { propertyName, latestVersion } = property;
  if (typeof baseVersion === "number") return baseVersion;
  if (baseVersion === "latest") {
    // The latest version is this resource's own, and others activated another one.
    return old !== undefined && latestVersion === old.version && movedTo !== undefined
      ? movedTo
      : latestVersion;
  }
  const live = liveVersion(property, baseVersion) ?? (managedRules.length === 0 ? old?.version : undefined);
  if (live !== undefined) return live;
  throw new PreconditionError(
    `baseVersion is \`${baseVersion}\`, but no version of ${propertyName} is live on ${baseVersion}: set \`latest\` or the number of a version`,
  );
}
