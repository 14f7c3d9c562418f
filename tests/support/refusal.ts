import { failureText, pathOf } from "../../provider/framework/failureTexts";

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The sentence of a rule that is broken, as a pattern: it fits whatever the refused value is. */
function pattern(property: string, rule: string): string {
  const sentence = failureText(pathOf(property), rule);
  const head = sentence.split(/: |; /, 1)[0] ?? "";
  return `${escaped(head)}(, and is [^]*)?${escaped(sentence.slice(head.length))}`;
}

/**
 * The failure of an input that breaks a rule.
 * @param property the path, such as `rules.0.name`
 * @param rule how the rule begins, or a matcher of jest for the whole sentence
 */
export function refusal(property: string, rule: unknown): { property: string; reason: unknown } {
  const top = property.split(".", 1)[0] ?? property;
  return {
    property: top,
    reason: typeof rule === "string" ? expect.stringMatching(`^${pattern(property, rule)}`) : rule,
  };
}

/** The same as one line, `property: reason`. A value that must not be printed raw: `property (not shown): reason`. */
export function refusalLine(line: string): unknown {
  const [shown = "", ...rule] = line.split(": ");
  const property = shown.replace(" (not shown)", "");
  const top = shown.replace(property, property.split(".", 1)[0] ?? property);
  return expect.stringMatching(`^${escaped(top)}: ${pattern(property, rule.join(": "))}`);
}
