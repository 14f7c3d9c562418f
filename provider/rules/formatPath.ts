import { printablePart } from "../errors";

/** The path of a rule, for messages: `Sites > Shop`. */
export function formatPath(path: readonly string[]): string {
  // A line break in a name must not break the message.
  return path.length === 0
    ? "the top level"
    : path.map((name) => printablePart(name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "))).join(" > ");
}
