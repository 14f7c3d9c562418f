import { propertyRulesKey } from "../../../api/property/keys";
import { liveVersion, locateProperty } from "../../../api/property/properties";
import { findRules } from "../../../api/property/rules";
import { findEventually } from "../../../consistency/read";

import { PreconditionError } from "../../../errors";
import { type CheckFailure, type Draft, defineResource, nameInProgram } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { compile, knownTwice } from "../../../rules/compile";
import { merge } from "../../../rules/merge/merge";
import { readBack } from "../../../rules/merge/readBack";
import type { OwnedRule } from "../../../rules/ownedRule";
import type { Context } from "../../../runtime/context";
import { formatFindings } from "../findings";
import { propertyRef, resolveProperty } from "../propertyRef";
import { announce, announceLatest } from "./preview";
import { planLatestBeside } from "./latest";
import { isComplete, missingVersion, type Plan, plan, theRules, where } from "./plan";
import { ensureRules, latestFormat, liveVersions, stateOf } from "./reconcile";
import { type EdgeWorkerRulesInputs, type EdgeWorkerRulesState, edgeWorkerRulesSchema } from "./schema";

export const edgeWorkerRules = defineResource<EdgeWorkerRulesInputs, EdgeWorkerRulesState>(edgeWorkerRulesSchema, {
  displayName: ({ propertyName, propertyId, hostname }) =>
    `rules in property ${propertyName ?? propertyId ?? (hostname === undefined ? "(not known yet)" : `of ${hostname}`)}`,

  check: {
    async computeInputs({ known, partiallyKnown, unknown, oldInputs }, context) {
      const which = ["propertyId", "propertyName", "hostname", "contractId", "groupId"] as const;
      const place = which.some((field) => unknown.has(field)) ? undefined : await resolveProperty(known, oldInputs, context);
      const managedRules = partiallyKnown.rules === undefined ? unknownValue : compile(partiallyKnown.rules, partiallyKnown.owner ?? "");
      return { ...place, managedRules };
    },

    validate(draft, context) {
      const { known, partiallyKnown, unknown } = draft;
      const failures = knownTwice(partiallyKnown.rules ?? [], partiallyKnown.owner ?? "").map((index) => ({
        property: `rules.${index}.name`,
        reason: "is the name of another rule in the list already, or of one below it",
      }));
      const names = ["propertyId", "propertyName", "hostname"] as const;
      if (names.every((field) => known[field] === undefined && !unknown.has(field))) {
        failures.push({ property: "propertyId", reason: "is required, or `propertyName`, or `hostname`" });
      }
      return [...failures, ...declaredTwice(draft, context)];
    },

    async preflight({ partiallyKnown, oldInputs }, context) {
      // With a state there is more to tell: see `foresee`.
      if (oldInputs.owner !== undefined && oldInputs.propertyId === partiallyKnown.propertyId) return [];
      if (partiallyKnown.propertyId === undefined || partiallyKnown.managedRules === undefined) return [];
      return preflight(partiallyKnown as EdgeWorkerRulesInputs, undefined, context);
    },
  },

  diff: {
    deleteBeforeReplace: () => false,

    async hasDrift(old, context) {
      if (!context.settings.previewReads) return false;
      const { start, write } = await plan(old, old, context);
      return write !== "nothing" || start !== old.version;
    },

    async preflightUpdate(old, news, context) {
      // Known only as a whole, or not at all.
      if (typeof news.managedRules === "string") return;
      const failures = await preflight(news, old, context);
      if (failures.length > 0) throw new PreconditionError(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n  "));
    },
  },

  async create(inputs, context) {
    return { id: inputs.propertyId, state: stateOf(await ensureRules(inputs, undefined, context), inputs, undefined, context) };
  },

  async read(state, context) {
    const property = await findEventually(context, () => locateProperty(context.http, propertyRef(state)));
    if (property === undefined) return undefined;
    const here = { ...state, ...propertyRef(property), propertyName: property.propertyName };
    const version = where(property, state, state);
    const found = await observeRules(here, version, context);
    if (version === state.version) return { ...here, ...found.state, etag: state.etag, managedRules: found.managedRules };
    // A newer version without the rules does not take their place: the difference is for `up` to put right.
    if (!found.hasAll) return { ...here, managedRules: found.managedRules };
    return { ...here, ...found.state, liveBefore: liveVersions(property), managedRules: found.managedRules };
  },

  update: async (old, news, context) => stateOf(await ensureRules(news, old, context), news, old, context),

  async delete(state, context) {
    const { http, logger } = context;
    const of = `property ${state.propertyName}: `;
    const property = await findEventually(context, () => locateProperty(http, propertyRef(state)));
    if (property === undefined)
      return logger.warn(`${of}it is not there any more, or the API client may not see it; nothing was taken out of it.`);
    const { version, planned } = await ensureRules({ ...state, managedRules: [], allowLatestRuleFormat: true }, state, context);
    if (planned.write !== "nothing") logger.info(`${of}version ${version} is without the rules of ${nameInProgram(state.owner)}.`);
    for (const network of ["staging", "production"] as const) {
      const live = liveVersion(property, network);
      if (live === undefined) continue;
      const { rules } = await theRules(property, live, context);
      if (merge({ ...state, live: rules, last: state.managedRules, wanted: [] }).changes.length === 0) continue;
      logger.warn(
        `${of}version ${live} is live on ${network} and has the rules still. They stay in effect until another version is activated, such as ${version}.`,
      );
    }
  },
});

interface Found {
  readonly managedRules: readonly OwnedRule[];
  readonly hasAll: boolean;
  readonly state: Pick<EdgeWorkerRulesState, "version" | "etag" | "ruleFormat" | "warnings" | "uuids">;
}

/** The rules as a version has them. */
async function observeRules(state: EdgeWorkerRulesState, version: number, { http }: Context): Promise<Found> {
  const rules = await findRules(http, propertyRef(state), version);
  if (rules === undefined) throw missingVersion(state, version);
  const seen = { owner: state.owner, live: rules.rules, last: state.managedRules, uuids: state.uuids };
  const merged = merge({ ...seen, wanted: state.managedRules });
  const warnings = formatFindings(rules.warnings, rules.rules);
  return {
    managedRules: isComplete(merged) ? state.managedRules : readBack(seen),
    hasAll: isComplete(merged),
    state: { version, etag: rules.etag, ruleFormat: rules.ruleFormat, warnings, uuids: merged.uuids },
  };
}

// ---- preview ----

/** What `up` would write, told; and what is in its way. */
async function preflight(news: EdgeWorkerRulesInputs, old: EdgeWorkerRulesState | undefined, context: Context): Promise<CheckFailure[]> {
  try {
    const planned = await plan(news, old, context);
    const latest = await planLatestBeside(planned, news, old, context);
    const failures = [planned, latest].flatMap((one) => (one === undefined ? [] : failuresOf(one, news)));
    if (failures.length > 0) return failures;
    await announce(planned, news, old, context);
    if (latest !== undefined) announceLatest(latest, context);
    return [];
  } catch (error) {
    if (error instanceof PreconditionError) return [{ property: "rules", reason: error.message }];
    throw error;
  }
}

/** What is in the way of a plan. */
function failuresOf({ merged, rules, write }: Plan, news: EdgeWorkerRulesInputs): CheckFailure[] {
  if (write === "nothing") return [];
  const failures = merged.problems.map(({ key, about, reason }) => ({ property: propertyOf(news, key, about), reason }));
  const format = latestFormat(rules, news.allowLatestRuleFormat);
  return format === undefined ? failures : [...failures, { property: "allowLatestRuleFormat", reason: format }];
}

/** The input that a rule comes from; those below it come from the same. */
function propertyOf({ rules }: EdgeWorkerRulesInputs, key: string, about: string): string {
  const exact = rules.findIndex(({ name }) => key === name);
  const index = exact >= 0 ? exact : rules.findIndex(({ name }) => key.startsWith(`${name}/`));
  return index < 0 ? "rules" : `rules.${index}.${about}`;
}

/** Each makes versions of its own, and only one version can be live. */
function declaredTwice({ known }: Draft<EdgeWorkerRulesInputs>, { runState }: Context): CheckFailure[] {
  const { propertyId, owner = "" } = known;
  if (propertyId === undefined) return [];
  const other = runState.claim(propertyRulesKey(propertyId), owner);
  if (other === undefined) return [];
  const name = nameInProgram(other);
  return [
    { property: "propertyId", reason: `the program has rules for this property already: ${name}. One list of rules makes one version` },
  ];
}
