/** Which version the rules are to be in, and what that version lacks: all of it by reading. */

import { listActivations } from "../../../api/property/activations";
import { liveVersion, locateProperty, type Property } from "../../../api/property/properties";
import { findRules, type VersionRules } from "../../../api/property/rules";
import { findHostnames } from "../../../api/property/versions";
import { PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type Merged, merge } from "../../../rules/merge/merge";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { propertyRef } from "../propertyRef";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

/** What is to be done to the property. */
export interface Plan {
  readonly property: Property;
  /** The version whose rules were merged with the wanted ones. */
  readonly start: number;
  /** The version that it is compared with: `start`, unless that is a copy of it already. */
  readonly basedOn: number;
  readonly rules: VersionRules;
  readonly merged: Merged;
  /** `nothing`: the rules are in `start` as they are wanted. */
  readonly write: "nothing" | "into it" | "into a copy";
}

/** What is known of the last time; absent for rules that are new. */
type Old = EdgeWorkerRulesState | undefined;

/** What this run has found out by trying. */
export interface Experience {
  /** Versions that the service refused to change, whatever their activations look like. */
  readonly locked: ReadonlySet<number>;
  /** A version that it has made. */
  readonly own?: { readonly version: number; readonly from: number } | undefined;
  /** A copy that it has made of what was not the latest version any more: it lacks what others did, and is not used. */
  readonly passedOver?: number | undefined;
}

export async function plan(
  news: EdgeWorkerRulesInputs,
  old: Old,
  context: Context,
  { locked, own, passedOver }: Experience = { locked: new Set() },
): Promise<Plan> {
  const property = await theProperty(news, context);
  const last = old?.managedRules ?? [];
  const uuids = old?.uuids ?? {};
  const at = async (version: number): Promise<Found> => {
    const rules = await theRules(property, version, context);
    const merged = merge({ owner: news.owner, live: rules.rules, last, wanted: news.managedRules, uuids });
    return { property, start: version, basedOn: version, rules, merged };
  };
  const editable = async (version: number) => !locked.has(version) && (await isEditable(property, version, context));

  const kept = old === undefined ? undefined : await at(where(property, old, news));
  if (kept !== undefined && isComplete(kept.merged)) return { ...kept, write: "nothing" };
  if (own !== undefined) return into({ ...(await at(own.version)), basedOn: own.from });
  if (passedOver !== undefined) {
    const { latestVersion } = property;
    return { ...(await at(latestVersion === passedOver ? passedOver - 1 : latestVersion)), write: "into a copy" };
  }

  const base = baseOf(property, news, old, kept?.start);
  const isOwnDraft = old !== undefined && (base === old.version || (base === old.basedOn && kept?.start === old.version));
  if (isOwnDraft && (await editable(old.version))) {
    const draft = kept?.start === old.version ? kept : await at(old.version);
    if (draft.rules.etag === old.etag) return into({ ...draft, basedOn: old.basedOn });
  }
  const found = kept?.start === base ? kept : await at(base);
  if (!(await editable(base))) {
    if (isComplete(found.merged)) return into(found);
  } else {
    if (news.reuseDraft) return into(found);
    // Others may have done nothing but copy it; what they saved is theirs, whether the rules are in it or not.
    if (base !== old?.version && (await isUntouchedCopy(found, base - 1, news, old, context))) return into({ ...found, basedOn: base - 1 });
  }
  const { latestVersion } = property;
  if (latestVersion !== base && latestVersion !== old?.version && (await editable(latestVersion))) {
    const latest = await at(latestVersion);
    if (await isUntouchedCopy(latest, base, news, old, context)) return into({ ...latest, basedOn: base });
  }
  return { ...found, write: "into a copy" };
}

export type Found = Omit<Plan, "write">;

/** Whether a version is as a run of this resource leaves it when it is interrupted: a copy that nobody did anything to, but for the own rules in it. */
export async function isUntouchedCopy(
  { property, start, rules }: Found,
  other: number,
  news: EdgeWorkerRulesInputs,
  old: Old,
  context: Context,
): Promise<boolean> {
  if (other < 1) return false;
  const source = await theRules(property, other, context);
  const isUnnoted = !rules.comments || rules.comments === noteOf(news) || rules.comments === source.comments;
  const known = { owner: news.owner, last: old?.managedRules ?? [], uuids: old?.uuids ?? {} };
  const foreign = (tree: VersionRules) => merge({ ...known, live: tree.rules, wanted: [] }).tree;
  if (!isUnnoted || rules.ruleFormat !== source.ruleFormat || !same(foreign(rules), foreign(source))) return false;
  const [one, two] = await Promise.all([start, other].map((version) => hostnamesOf(property, version, context)));
  return one !== undefined && same(one, two);
}

/** What is there is as it is wanted, and there was nothing that could not be had. */
export function isComplete({ changes, problems }: Merged): boolean {
  return changes.length === 0 && problems.length === 0;
}

export function into(found: Found): Plan {
  return { ...found, write: isComplete(found.merged) ? "nothing" : "into it" };
}

/** The note of versions that this resource makes. */
export function noteOf({ note, owner }: EdgeWorkerRulesInputs): string {
  return note ?? `Rules of ${owner}, by Pulumi`;
}

/**
 * Where the rules of the last time are looked for: in the version that they were written into, unless others went on from under it. A base that is live moves
 * when others activate another version. For the latest version that is what is live on production: until then it may be half done.
 */
export function where(property: Property, old: EdgeWorkerRulesState, { baseVersion }: EdgeWorkerRulesInputs): number {
  const { version, basedOn, liveBefore } = old;
  if (typeof baseVersion === "number") return baseVersion === old.baseVersion ? version : baseVersion;
  const network = baseVersion === "staging" ? "staging" : "production";
  const live = liveVersion(property, network) ?? version;
  if (baseVersion !== old.baseVersion) return baseVersion === "latest" ? version : live;
  const known = baseVersion === "latest" ? [version, liveBefore[network]] : [version, basedOn, liveBefore[network]];
  return known.includes(live) ? version : live;
}

/**
 * The number of the version that the rules are merged into.
 * @param went where others went on from, when that is not the version of the last time
 */
function baseOf(property: Property, { baseVersion, managedRules }: EdgeWorkerRulesInputs, old: Old, went: number | undefined): number {
  const { propertyName, latestVersion } = property;
  if (typeof baseVersion === "number") return baseVersion;
  if (baseVersion === "latest") {
    // The latest version is this resource's own, and others have left it behind.
    return old !== undefined && latestVersion === old.version && went !== undefined ? went : latestVersion;
  }
  const live = liveVersion(property, baseVersion) ?? (managedRules.length === 0 ? old?.version : undefined);
  if (live !== undefined) return live;
  throw new PreconditionError(
    `baseVersion is \`${baseVersion}\`, but no version of ${propertyName} is live on ${baseVersion}: use \`latest\`, or the number of a version`,
  );
}

// ---- reads, each once in a run ----

export async function theProperty(inputs: EdgeWorkerRulesInputs, { http, runState }: Context): Promise<Property> {
  const { propertyId } = inputs;
  const property = await runState.read(keyOf("versions", propertyId), () => locateProperty(http, propertyRef(inputs)));
  if (property !== undefined) return property;
  throw new PreconditionError(
    `there is no property ${propertyId}, or the API client may not see it; if it was deleted, \`pulumi refresh\` takes note of that`,
  );
}

export async function theRules(property: Property, version: number, { http, runState }: Context): Promise<VersionRules> {
  const rules = await runState.read(keyOf("rules", property.propertyId, version), () => findRules(http, propertyRef(property), version));
  if (rules !== undefined) return rules;
  throw missingVersion(property, version);
}

export function missingVersion({ propertyName }: Pick<Property, "propertyName">, version: number): PreconditionError {
  return new PreconditionError(
    `there is no version ${version} of property ${propertyName}, or the API client may not see it: run again, and if it stays so, name another \`baseVersion\``,
  );
}

function hostnamesOf(property: Property, version: number, { http, runState }: Context): Promise<string[] | undefined> {
  return runState.read(keyOf("hostnames", property.propertyId, version), () => findHostnames(http, propertyRef(property), version));
}

const withoutEffect: ReadonlySet<string> = new Set(["FAILED", "ABORTED"]);

/** A version that is live, was live or is on its way to a network can't be changed any more. */
export async function isEditable(property: Property, version: number, { http, runState }: Context): Promise<boolean> {
  const all = await runState.read(keyOf("activations", property.propertyId), () => listActivations(http, propertyRef(property)));
  return !all.some(({ propertyVersion, status }) => propertyVersion === version && !withoutEffect.has(status));
}
