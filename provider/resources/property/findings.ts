/** Formats the errors and warnings of a rule tree. */
import type { Finding } from "../../api/property/rules";
import type { Rule } from "../../api/property/ruleTree";
import { printablePart } from "../../errors";

/** Characters of a title or a detail. */
const maxPartLength = 1000;

/** Each with the path to its rule: `Invalid option: … (in Sites > Shop, behavior edgeWorker)`. */
export function formatFindings(findings: readonly Finding[], tree: Rule): string[] {
  return findings.map(({ title, detail, errorLocation }) => {
    const parts = [title, detail].map((part) => printablePart(part, maxPartLength));
    const message = parts.filter((part) => part !== "").join(": ") || "no reason given";
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
      if (child === undefined) return printablePart(location);
      names.push(printablePart(child.name));
      rule = child;
    } else if (list === "behaviors" || list === "criteria") {
      const element = rule[list]?.[index];
      if (element === undefined) return printablePart(location);
      return `${names.join(" > ") || "the default rule"}, ${list === "behaviors" ? "behavior" : "criterion"} ${printablePart(element.name)}`;
    } else return printablePart(location);
  }
  return names.join(" > ") || "the default rule";
}
