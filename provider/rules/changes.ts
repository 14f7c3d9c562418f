/** The changes of a merge, as data and as text. */
import { printablePart } from "../errors";
import { same } from "../framework/canonical";
import { formatPath } from "./formatPath";
import type { Detail } from "./merge/content/details";
import { isTable } from "./merge/content/values";
import { withoutMarker } from "./ownershipMarker";

export type { Detail } from "./merge/content/details";

export interface RuleChange {
  readonly key: string;
  /** A rule may have a change and a move. */
  readonly kind: "add" | "remove" | "change" | "move";
  /** Names from below the default rule to the rule, where it is (remove) or will be. */
  readonly path: readonly string[];
  /**
   * For `change`, the changed members. For `add`, criteria and behaviors. For `remove`, what a rule that stays as a container loses.
   * For `move`, old and new place: `parent` as names from below the default rule, or `position` as `first`, or `after` the name of a rule.
   */
  readonly details: readonly Detail[];
}

/** Characters of a line. */
const maxLineLength = 1500;
const maxLength = 80;
/** Number of characters that are shown before the first difference of long values. */
const contextLength = 20;

/** A patch as text: one line for each rule or detail. */
export function formatChanges(changes: readonly RuleChange[]): string[] {
  // A line break in a value must not break the patch.
  return changes
    .flatMap(formatChange)
    .map((line) => printablePart(line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "), maxLineLength));
}

function formatChange({ kind, path, details }: RuleChange): string[] {
  const rule = formatPath(path);
  if (kind === "add") return [`+ ${[rule, summary(details)].filter((part) => part !== "").join(": ")}`];
  if (kind === "remove")
    return [`- ${rule}${details.length === 0 ? "" : " (its criteria and the rules of others in it stay)"}`];
  if (kind === "move") return details.map((detail) => `> ${rule}: moved ${formatMove(detail)}`);
  return details.map((detail) => `~ ${rule}: ${formatDetail(detail)}`);
}

function formatDetail(detail: Detail): string {
  const { at, live, wanted, last } = detail.at === "comments" ? withoutMarkers(detail) : detail;
  const origin = last === undefined ? "" : ` (${formatDrift(live, wanted, last.value)})`;
  if (isList(at))
    return `order of ${at} ${truncatePair(formatNames(live), formatNames(wanted)).join(" -> ")}${origin}`;
  if (!/^(criteria|behaviors)\.[^.]+$/.test(at))
    return `${at} ${truncatePair(formatJson(live), formatJson(wanted)).join(" -> ")}${origin}`;
  const summary = summarizeOptions(wanted ?? live);
  return `${at} ${live === undefined ? "added" : "removed"}${summary === "" ? "" : `: ${summary}`}${origin}`;
}

const isList = (at: string) => at === "criteria" || at === "behaviors";

function formatDrift(live: unknown, wanted: unknown, last: unknown): string {
  if (live === undefined) return "written here; removed by somebody else";
  if (last === undefined) return "added by somebody else";
  const value = isTable(last) ? summarizeOptions(last) : formatJson(last);
  return `${value.length > contextLength && same(last, wanted) ? "as written here" : `written here: ${truncate(value)}`}; changed by somebody else`;
}

/** Markers are shown only when they are the difference. */
function withoutMarkers(detail: Detail): Detail {
  const bare = (value: unknown) => (typeof value === "string" ? withoutMarker(value) : value);
  const [live, wanted] = [bare(detail.live), bare(detail.wanted)];
  return live === wanted
    ? detail
    : { ...detail, live, wanted, ...(detail.last && { last: { value: bare(detail.last.value) } }) };
}

/** Which requests a new rule applies to, and what it does with them. */
function summary(details: readonly Detail[]): string {
  const any = details.some(({ at, wanted }) => at === "criteriaMustSatisfy" && wanted === "any");
  const of = (list: string) =>
    details
      .filter(({ at }) => at.startsWith(`${list}.`))
      .map(({ at, wanted }) => `${nameIn(at)} ${summarizeOptions(wanted)}`.trimEnd());
  return [of("criteria").join(any ? " or " : " and "), ...of("behaviors")]
    .filter((part) => part !== "")
    .join("; ");
}

function nameIn(at: string): string {
  return at.slice(at.indexOf(".") + 1).replace(/\[\d+\]$/, "");
}

/**
 * The two most significant values of the options: an operator first, then lists, then texts and numbers. Flags only where there is nothing else.
 * A disabled element is always named as such.
 */
function summarizeOptions(options: unknown): string {
  if (!isTable(options)) return "";
  const simple = (value: unknown) => (typeof value === "string" && value !== "") || typeof value === "number";
  const rank = ([name, value]: [string, unknown]) =>
    /operator$/i.test(name) ? 0 : Array.isArray(value) ? 1 : 2;
  const entries = Object.entries(options);
  const significant = entries.filter(
    ([, value]) => simple(value) || (Array.isArray(value) && value.length > 0 && value.every(simple)),
  );
  const flags = entries.filter(([name, value]) => typeof value === "boolean" && name !== "enabled");
  const shown =
    significant.length > 0
      ? significant
          .sort((a, b) => rank(a) - rank(b))
          .map(([, value]) => (Array.isArray(value) ? value.join(", ") : String(value)))
      : flags.map(([name, value]) => `${name}=${value}`);
  return [
    ...shown.slice(0, 2).map((text) => truncate(text)),
    ...(options.enabled === false ? ["(disabled)"] : []),
  ].join(" ");
}

function formatMove({ at, live, wanted }: Detail): string {
  if (at === "parent") return `from ${formatPath(live as readonly string[])}`;
  const position = (value: unknown, first: string) =>
    isTable(value) && "after" in value ? `after ${formatJson(value.after)}` : first;
  return `from ${position(live, "the front")} to ${position(wanted, "the front")}`;
}

function formatNames(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : "";
}

function formatJson(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? "nothing");
}

/** Both texts. Long ones start shortly before their first difference. */
function truncatePair(one: string, other: string): [string, string] {
  if (Math.max(one.length, other.length) <= maxLength) return [one, other];
  let differ = 0;
  while (differ < one.length && one[differ] === other[differ]) differ += 1;
  const from = Math.max(0, differ - contextLength);
  return [truncate(one, from), truncate(other, from)];
}

function truncate(text: string, from = 0): string {
  const rest = text.slice(from);
  return `${from === 0 ? "" : "…"}${rest.length > maxLength ? `${rest.slice(0, maxLength)}…` : rest}`;
}
