/** Which version the rules are to be in, and what that version lacks: all of it by reading. */
import { listActivations } from "../../api/papi/activations";
import { findProperty, type Property } from "../../api/papi/properties";
import { findRules, tryRules, type VersionRules } from "../../api/papi/rules";
import { same } from "../../core/canonical";
import type { Context } from "../../core/context";
import { RefusedError } from "../../core/errors";
import { hasUnknown, unknownValue } from "../../core/unknown";
import { inLines } from "../../rules/changes";
import { type Merged, merge } from "../../rules/merge";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./edgeWorkerRules";
import { findingsInWords } from "./findings";
import { propertyPlace } from "./place";

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
}

export async function plan(
  news: EdgeWorkerRulesInputs,
  old: Old,
  context: Context,
  { locked, own }: Experience = { locked: new Set() },
): Promise<Plan> {
  const property = await theProperty(news, context);
  const last = old?.ownRules ?? [];
  const uuids = old?.uuids ?? {};
  const at = async (version: number) => {
    const rules = await theRules(news, version, context);
    return {
      property,
      start: version,
      basedOn: version,
      rules,
      merged: merge({ owner: news.owner, live: rules.rules, last, wanted: news.ownRules, uuids }),
    };
  };

  const kept = old === undefined ? undefined : await at(where(property, old, news));
  if (kept !== undefined && kept.merged.changes.length === 0) return { ...kept, write: "nothing" };

  const into = (one: Omit<Plan, "write">): Plan => ({ ...one, write: one.merged.changes.length === 0 ? "nothing" : "into it" });
  const editable = async (version: number) => !locked.has(version) && (await isEditable(news, version, context));
  if (own !== undefined) return into({ ...(await at(own.version)), basedOn: own.from });

  const base = baseOf(property, news);
  if (old !== undefined && [old.version, old.basedOn].includes(base) && (await editable(old.version))) {
    const draft = kept?.start === old.version ? kept : await at(old.version);
    if (draft.rules.etag === old.etag) return into({ ...draft, basedOn: old.basedOn });
  }
  const found = kept?.start === base ? kept : await at(base);
  if (found.merged.changes.length === 0) return into(found);
  if (await editable(base)) {
    if (news.reuseEditable) return into(found);
    if (await isLeftBehind(found, base - 1)) return into({ ...found, basedOn: base - 1 });
  }
  const { latestVersion } = property;
  if (latestVersion !== base && (await editable(latestVersion))) {
    const latest = await at(latestVersion);
    if (await isLeftBehind(latest, base)) return into({ ...latest, basedOn: base });
  }
  return { ...found, write: "into a copy" };

  /** Whether a version differs from another one in nothing but rules of this resource: a copy that an interrupted run made. */
  async function isLeftBehind({ rules }: { rules: VersionRules }, other: number): Promise<boolean> {
    if (other < 1) return false;
    const foreign = (tree: VersionRules) => merge({ owner: news.owner, live: tree.rules, last, wanted: [], uuids }).tree;
    const [one, two] = [rules, await theRules(news, other, context)];
    return one.ruleFormat === two.ruleFormat && same(foreign(one), foreign(two));
  }
}

/**
 * Where the rules of the last time are looked for: in the version that they were written into, unless the base has moved on from under it. A base that is
 * live moves when others activate a version; the latest version counts only once it is live on production, since until then it may be half done.
 */
export function where(
  { stagingVersion, productionVersion }: Property,
  old: EdgeWorkerRulesState,
  { baseVersion }: EdgeWorkerRulesInputs,
): number {
  const { version, basedOn } = old;
  const moved =
    baseVersion === "staging"
      ? stagingVersion
      : baseVersion === "latest"
        ? Math.max(productionVersion ?? 0, version)
        : baseVersion === "production"
          ? productionVersion
          : old.baseVersion === baseVersion
            ? version
            : baseVersion;
  return moved === undefined || moved === null || moved === basedOn ? version : moved;
}

/** The number of the version that new rules are merged into. */
export function baseOf(
  { propertyName, latestVersion, stagingVersion, productionVersion }: Property,
  { baseVersion }: EdgeWorkerRulesInputs,
): number {
  if (typeof baseVersion === "number") return baseVersion;
  if (baseVersion === "latest") return latestVersion;
  const live = baseVersion === "staging" ? stagingVersion : productionVersion;
  if (live) return live;
  throw new RefusedError(
    `baseVersion is \`${baseVersion}\`, but no version of ${propertyName} is live on ${baseVersion}: use \`latest\`, or the number of a version`,
  );
}

async function theProperty(inputs: EdgeWorkerRulesInputs, { http, memory }: Context): Promise<Property> {
  const { propertyId } = inputs;
  const property = await memory.read(`versions of ${propertyId}`, () => findProperty(http, propertyPlace(inputs)));
  if (property !== undefined) return property;
  throw new RefusedError(
    `there is no property ${propertyId} in ${inputs.contractId}, ${inputs.groupId}, or the API client may not see it; if it was deleted, \`pulumi refresh\` takes note of that`,
  );
}

async function theRules(inputs: EdgeWorkerRulesInputs, version: number, { http, memory }: Context): Promise<VersionRules> {
  const rules = await memory.read(`rules of ${inputs.propertyId}/${version}`, () => findRules(http, propertyPlace(inputs), version));
  if (rules !== undefined) return rules;
  throw new RefusedError(`there is no version ${version} of the property`);
}

const withoutEffect: ReadonlySet<string> = new Set(["FAILED", "ABORTED"]);

/** A version that is live, was live or is on its way to a network can't be changed any more. */
export async function isEditable(inputs: EdgeWorkerRulesInputs, version: number, { http, memory }: Context): Promise<boolean> {
  const all = await memory.read(`activations of ${inputs.propertyId}`, () => listActivations(http, propertyPlace(inputs)));
  return !all.some(({ propertyVersion, status }) => propertyVersion === version && !withoutEffect.has(status));
}

// ---- what is told of a plan ----

/** Says what `up` will write, and has the service validate it. */
export async function announce(planned: Plan, news: EdgeWorkerRulesInputs, context: Context): Promise<void> {
  const { property, start, rules, merged, write } = planned;
  for (const remark of merged.remarks) context.notices.warn(`property ${property.propertyName}: ${remark}`);
  if (write === "nothing") return;
  const into =
    write === "into it" ? `version ${start} will be changed` : `version ${property.latestVersion + 1} will be made from version ${start}`;
  const lines = inLines(merged.changes).map((line) => `  ${line.replaceAll(new RegExp(`"?${unknownValue}"?`, "g"), "(known after up)")}`);
  context.notices.info([`property ${property.propertyName}: ${into}${statusOf(property, start)}`, ...lines].join("\n"));
  if (hasUnknown(news.ownRules)) return;
  const tried = await tryRules(context.http, propertyPlace(news), start, {
    rules: merged.tree,
    comments: rules.comments ?? undefined,
    etag: rules.etag,
  });
  if (tried === undefined) return;
  for (const warning of findingsInWords(tried.warnings, tried.rules)) context.notices.warn(`property ${property.propertyName}: ${warning}`);
  const errors = findingsInWords(tried.errors, tried.rules);
  if (errors.length > 0) throw new RefusedError(`Property Manager finds errors in the rules as they would be:\n  ${errors.join("\n  ")}`);
}

function statusOf({ latestVersion, stagingVersion, productionVersion }: Property, version: number): string {
  const is = [
    version === latestVersion ? "the latest" : undefined,
    version === stagingVersion ? "live on staging" : undefined,
    version === productionVersion ? "live on production" : undefined,
  ].filter((one) => one !== undefined);
  return is.length === 0 ? "" : ` (${is.join(", ")})`;
}
