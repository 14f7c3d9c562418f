/** Reads of the property, each once in a run, and the comparison of the rules with the state. */

import { listActivations } from "../../../api/property/activations";
import { liveVersion, locateProperty, type Property } from "../../../api/property/properties";
import { findRules, type VersionRules } from "../../../api/property/rules";
import { findHostnames } from "../../../api/property/versions";
import { PreconditionError } from "../../../errors";
import { type Merged, merge } from "../../../rules/merge/merge";
import { readBack } from "../../../rules/merge/readBack";
import type { OwnedRule } from "../../../rules/ownedRule";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { formatFindings } from "../findings";
import { propertyRef } from "../propertyRef";
import type { EdgeWorkerRulesInputs, EdgeWorkerRulesState } from "./schema";

export async function readProperty(
  { http, runState }: Context,
  inputs: EdgeWorkerRulesInputs,
): Promise<Property> {
  const { propertyId } = inputs;
  const property = await runState.read(keyOf("versions", propertyId), () =>
    locateProperty(http, propertyRef(inputs)),
  );
  if (property !== undefined) return property;
  throw new PreconditionError(
    `there is no property ${propertyId}, or the API client may not see it; if it was deleted, run \`pulumi refresh\``,
  );
}

export async function readRules(
  { http, runState }: Context,
  property: Property,
  version: number,
): Promise<VersionRules> {
  const key = keyOf("rules", property.propertyId, version);
  const rules = await runState.read(key, () => findRules(http, propertyRef(property), version));
  if (rules !== undefined) return rules;
  throw missingVersion(property, version);
}

export function missingVersion(
  { propertyName }: Pick<Property, "propertyName">,
  version: number,
): PreconditionError {
  return new PreconditionError(
    `there is no version ${version} of property ${propertyName}, or the API client may not see it. Run again; if the error stays, set another \`baseVersion\``,
  );
}

/** Undefined where the API client may not see the hostnames. */
export function readHostnames(
  { http, runState }: Context,
  property: Property,
  version: number,
): Promise<string[] | undefined> {
  const key = keyOf("hostnames", property.propertyId, version);
  return runState.read(key, () => findHostnames(http, propertyRef(property), version));
}

const failedStatuses: ReadonlySet<string> = new Set(["FAILED", "ABORTED"]);

/** A version that is live, was live or is being activated is locked. */
export async function isEditable(
  { http, runState }: Context,
  property: Property,
  version: number,
): Promise<boolean> {
  const key = keyOf("activations", property.propertyId);
  const all = await runState.read(key, () => listActivations(http, propertyRef(property)));
  return !all.some(
    ({ propertyVersion, status }) => propertyVersion === version && !failedStatuses.has(status),
  );
}

export function liveVersions(property: Property): EdgeWorkerRulesState["liveBefore"] {
  return { staging: liveVersion(property, "staging"), production: liveVersion(property, "production") };
}

/** The input that declares a rule, or the rule above it. What a rule in the format of Property Manager has, `papi` declares. */
export function inputPath({ rules }: EdgeWorkerRulesInputs, key: string, about: string): string {
  const exact = rules.findIndex(({ name }) => key === name);
  const index = exact >= 0 ? exact : rules.findIndex(({ name }) => key.startsWith(`${name}/`));
  if (index < 0) return "rules";
  const { papi, edgeWorker } = rules[index] ?? {};
  if (papi !== undefined) return `rules.${index}.papi`;
  return `rules.${index}.${about.startsWith("edgeWorker") && edgeWorker === undefined ? "behaviors" : about}`;
}

/** Whether the merge changes nothing, and no wanted rule has a problem. */
export function isUpToDate({ changes, problems }: Merged): boolean {
  return changes.length === 0 && problems.length === 0;
}

export interface ObservedRules {
  readonly managedRules: readonly OwnedRule[];
  readonly isUpToDate: boolean;
  readonly outputs: Pick<EdgeWorkerRulesState, "version" | "etag" | "ruleFormat" | "warnings" | "uuids">;
}

/** The managed rules as a version has them. */
export async function observeRules(
  { http }: Context,
  state: EdgeWorkerRulesState,
  version: number,
): Promise<ObservedRules> {
  const rules = await findRules(http, propertyRef(state), version);
  if (rules === undefined) throw missingVersion(state, version);
  const last = { owner: state.owner, live: rules.rules, last: state.managedRules, uuids: state.uuids };
  const merged = merge({ ...last, wanted: state.managedRules });
  const warnings = formatFindings(rules.warnings, rules.rules);
  return {
    managedRules: isUpToDate(merged) ? state.managedRules : readBack(last),
    isUpToDate: isUpToDate(merged),
    outputs: { version, etag: rules.etag, ruleFormat: rules.ruleFormat, warnings, uuids: merged.uuids },
  };
}
