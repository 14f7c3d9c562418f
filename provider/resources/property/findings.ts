/** Formats the errors and warnings of a rule tree. */
import type { Finding } from "../../api/property/rules";
import type { Rule } from "../../api/property/ruleTree";

/** Each with the path to its rule: `Invalid option: … (in Sites > Shop, behavior edgeWorker)`. */
export function formatFindings(findings: readonly Finding[], tree: Rule): string[] {
  return findings.map(({ title, detail, errorLocation }) => {
    const message = [title, detail].filter((part) => part !== "").join(": ") || "no reason given";
    const location = errorLocation ? formatLocation(errorLocation, tree) : "";
    return location === "" ? message : `${message} (in ${location})`;
  });
}

/** `#/rules/children/4/children/0/behaviors/1/options/x` as names. */
export function formatLocation(location: string, tree: Rule): string {
  const steps = location.replace(/^#?\/?rules\/?/, "").split("/");
  const names: string[] = [];
  let rule: Rule = tree;
  for (let at = 0; at + 1 < steps.length; at += 2) {
    const [list, index] = [steps[at], Number(steps[at + 1])];
    if (list === "children") {
      const child = rule.children?.[index];
      if (child === undefined) return location;
      names.push(child.name);
      rule = child;
    } else if (list === "behaviors" || list === "criteria") {
      const element = rule[list]?.[index];
      if (element === undefined) return location;
      return `${names.join(" > ") || "the default rule"}, ${list === "behaviors" ? "behavior" : "criterion"} ${element.name}`;
    } else return location;
  }
  return names.join(" > ") || "the default rule";
}
