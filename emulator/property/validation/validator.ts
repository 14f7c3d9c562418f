import type { Account } from "../../account/account";
import { readPrimary } from "../../replication";
import { type ElementLocation, elementsOf, type Rule, rulesOf } from "../rules/ruleTree";
import { FEATURES } from "./features";

/** An error or warning in a rule tree. */
export interface Finding {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly errorLocation: string;
  readonly behaviorName?: string;
  readonly criteriaName?: string;
}

export interface Findings {
  readonly errors: Finding[];
  readonly warnings: Finding[];
}

/** `fast` checks each feature by itself, `full` also checks how features work together. */
export type Mode = "fast" | "full";

const PROBLEMS = "https://problems.luna.akamaiapis.net/papi/v0";
const TITLES: Record<string, string> = { cpCode: "Content Provider Code", origin: "Origin" };

/** `failAction` needs one of these criteria. */
const FAILURES = ["originTimeout", "matchResponseCode"];

export function findingsOf(root: Rule, ruleFormat: string, mode: Mode, account: Account): Findings {
  const errors = [...requiredBehaviors(root), ...shapes(root), ...variables(root)];
  const warnings: Finding[] = [];
  if (ruleFormat === "latest") {
    warnings.push({
      type: `${PROBLEMS}/unstable_rule_format`,
      title: "Unstable rule format",
      detail:
        "This property is using `latest` rule format, which is designed to reflect interface changes immediately.",
      errorLocation: "#/rules",
    });
  }
  if (mode === "full") {
    errors.push(...missingCompanions(root), ...unknownEdgeWorkers(root, account));
    warnings.push(...questionableFeatures(root));
  }
  return { errors, warnings };
}

const nameOf = ({ kind, element }: ElementLocation) =>
  kind === "behaviors" ? { behaviorName: element.name } : { criteriaName: element.name };

function* requiredBehaviors({ name, behaviors = [], criteria = [] }: Rule): Generator<Finding> {
  for (const required of ["cpCode", "origin"]) {
    if (behaviors.some((behavior) => behavior.name === required)) continue;
    yield {
      type: "/papi/v1/errors/validation.required_behavior",
      title: "Missing required behavior in default rule",
      detail: `In order for this property to work correctly behavior ${TITLES[required]} needs to be present in the default section`,
      errorLocation: "#/rules",
      behaviorName: required,
    };
  }
  const wrong =
    name !== "default"
      ? "The top-level rule must be named `default`"
      : criteria.length > 0
        ? "It must not have criteria"
        : "";
  if (wrong) {
    const title = "Invalid default rule";
    yield { type: `${PROBLEMS}/validation/default_rule`, title, detail: wrong, errorLocation: "#/rules" };
  }
}

/** Options that are missing, of the wrong type or not known. */
function* shapes(root: Rule): Generator<Finding> {
  for (const place of elementsOf(root)) {
    const { kind, element, location } = place;
    const schema = Object.hasOwn(FEATURES[kind], element.name) ? FEATURES[kind][element.name] : undefined;
    for (const { path, message, code, ...issue } of schema?.safeParse(element.options).error?.issues ?? []) {
      const [option] = path.length > 0 ? path : "keys" in issue ? issue.keys : [];
      const what = `The option \`${String(option)}\` of ${element.name}`;
      const isMissing =
        message === "is required" ||
        (code !== "unrecognized_keys" && element.options[String(option)] === undefined);
      const [type, title, detail] = isMissing
        ? ["attribute_required", "Missing required option", `${what} is required`]
        : code === "unrecognized_keys"
          ? ["attribute_unknown", "Unknown option", `${what} does not exist in this rule format`]
          : ["attribute_invalid", "Invalid option", `${what} is invalid: ${message}`];
      const errorLocation = `${location}/options/${String(option)}`;
      yield { type: `${PROBLEMS}/validation/${type}`, title, detail, errorLocation, ...nameOf(place) };
    }
  }
}

function* variables(root: Rule): Generator<Finding> {
  for (const { rule, location, ancestors: above } of rulesOf(root)) {
    const seen = new Set<string>();
    for (const [index, { name }] of (rule.variables ?? []).entries()) {
      const wrong =
        above.length > 0
          ? "Variables are declared in the default rule"
          : !/^PMUSER_[A-Z0-9_]{1,32}$/.test(name)
            ? `The name ${name} does not start with PMUSER_, or has other characters than A-Z, 0-9 and _`
            : seen.has(name)
              ? `The name ${name} is used twice`
              : undefined;
      seen.add(name);
      if (wrong === undefined) continue;
      const errorLocation = `${location}/variables/${index}`;
      yield {
        type: `${PROBLEMS}/validation/variable_invalid`,
        title: "Invalid variable",
        detail: wrong,
        errorLocation,
      };
    }
  }
}

/** Features whose required companions are missing. */
function* missingCompanions(root: Rule): Generator<Finding> {
  const all = elementsOf(root);
  const has = (name: string) =>
    all.some(({ kind, element }) => kind === "behaviors" && element.name === name);
  for (const place of all) {
    const { kind, element, location, rule, ancestors: above } = place;
    if (kind !== "behaviors") continue;
    const around = [...above, rule].flatMap(({ criteria = [] }) => criteria.map(({ name }) => name));
    if (element.name === "failAction" && !around.some((name) => FAILURES.includes(name))) {
      yield {
        type: `${PROBLEMS}/validation/required_feature_any`,
        title: "Missing required criteria",
        detail: `The Site Failover behavior needs one of the criteria ${FAILURES.join(", ")} in its rule or in a rule above`,
        errorLocation: location,
        ...nameOf(place),
      };
    }
    if (element.name !== "edgeWorker") continue;
    if (element.options.mPulse === true && !has("mPulse")) {
      yield {
        type: `${PROBLEMS}/validation/required_feature_any`,
        title: "Missing required behavior",
        detail: "Reporting of EdgeWorkers to mPulse needs the mPulse behavior",
        errorLocation: location,
        ...nameOf(place),
      };
    }
    if (around.includes("edgeWorkersFailure")) {
      yield {
        type: `${PROBLEMS}/validation/incompatible_condition`,
        title: "Incompatible criteria",
        detail:
          "An EdgeWorker cannot be executed under a condition on its own execution (edgeWorkersFailure)",
        errorLocation: location,
        ...nameOf(place),
      };
    }
  }
}

/** The EdgeWorker IDs that a tree uses. */
export const edgeWorkerIdsIn = (root: Rule): Set<string> =>
  new Set(
    elementsOf(root).flatMap(({ kind, element }) =>
      kind === "behaviors" && element.name === "edgeWorker" ? [String(element.options.edgeWorkerId)] : [],
    ),
  );

function* unknownEdgeWorkers(root: Rule, { settings, edgeworkers }: Account): Generator<Finding> {
  if (!settings.checkEdgeWorkerIds) return;
  for (const place of elementsOf(root)) {
    const { edgeWorkerId } = place.element.options;
    if (place.kind !== "behaviors" || place.element.name !== "edgeWorker" || typeof edgeWorkerId !== "string")
      continue;
    if (readPrimary(edgeworkers.ids[edgeWorkerId]) !== undefined) continue;
    yield {
      type: `${PROBLEMS}/validation/attribute_invalid`,
      title: "Invalid option",
      detail: `There is no EdgeWorker ID ${edgeWorkerId} that you have access to`,
      errorLocation: `${place.location}/options/edgeWorkerId`,
      ...nameOf(place),
    };
  }
}

/** Features that work together, but probably not as intended. */
function* questionableFeatures(root: Rule): Generator<Finding> {
  const all = elementsOf(root);
  const onFailure = all.some(
    ({ kind, element, rule }) =>
      kind === "behaviors" &&
      element.name === "failAction" &&
      (rule.criteria ?? []).some(({ name }) => name === "edgeWorkersFailure"),
  );
  for (const place of all) {
    if (place.kind !== "behaviors" || place.element.name !== "edgeWorker") continue;
    if (!onFailure || place.element.options.continueOnError !== true) continue;
    yield {
      type: `${PROBLEMS}/validation/incompatible_feature`,
      title: "Incompatible behaviors",
      detail:
        "Continue on error should not be combined with Site Failover: the failover never sees the failure",
      errorLocation: place.location,
      ...nameOf(place),
    };
  }
}
