/** What a merge changes, as data and for people. */
import { same } from "../framework/canonical";
import type { Detail } from "./merge/content/details";
import { pathText } from "./merge/nodes";
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
   * Of a change, what becomes another. Of a new rule, its criteria and behaviors. Of a rule that goes but stays as a shell, what goes of it. Of a
   * move, where it was and will be: `parent` as names from below the default rule, or `position` as `first`, or `after` the name of a rule.
   */
  readonly details: readonly Detail[];
}

const longest = 80;
/** What is shown before the first difference of long values. */
const lead = 20;

/** A patch to read: one line for each rule or detail. */
export function inLines(changes: readonly RuleChange[]): string[] {
  // Whatever the values of somebody else hold, each stays on its line.
  return changes.flatMap(linesOf).map((line) => line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "));
}

function linesOf({ kind, path, details }: RuleChange): string[] {
  const rule = pathText(path);
  if (kind === "add") return [`+ ${[rule, summary(details)].filter((part) => part !== "").join(": ")}`];
  if (kind === "remove") return [`- ${rule}${details.length === 0 ? "" : " (its criteria stay, and what others have in it)"}`];
  if (kind === "move") return details.map((detail) => `> ${rule}: moved ${way(detail)}`);
  return details.map((detail) => `~ ${rule}: ${oneDetail(detail)}`);
}

function oneDetail(detail: Detail): string {
  const { at, live, wanted, last } = detail.at === "comments" ? withoutMarks(detail) : detail;
  const whose = last === undefined ? "" : ` (${drift(live, wanted, last.value)})`;
  if (isList(at)) return `order of ${at} ${texts(names(live), names(wanted)).join(" -> ")}${whose}`;
  if (!/^(criteria|behaviors)\.[^.]+$/.test(at)) return `${at} ${texts(json(live), json(wanted)).join(" -> ")}${whose}`;
  const what = telling(wanted ?? live);
  return `${at} ${live === undefined ? "added" : "removed"}${what === "" ? "" : `: ${what}`}${whose}`;
}

const isList = (at: string) => at === "criteria" || at === "behaviors";

function drift(live: unknown, wanted: unknown, last: unknown): string {
  if (live === undefined) return "written here; removed by somebody else";
  if (last === undefined) return "added by somebody else";
  const value = isTable(last) ? telling(last) : json(last);
  return `${value.length > lead && same(last, wanted) ? "as written here" : `written here: ${cut(value)}`}; changed by somebody else`;
}

/** People need to see the marks only when those make the difference. */
function withoutMarks(detail: Detail): Detail {
  const bare = (value: unknown) => (typeof value === "string" ? withoutMarker(value) : value);
  const [live, wanted] = [bare(detail.live), bare(detail.wanted)];
  return live === wanted ? detail : { ...detail, live, wanted, ...(detail.last && { last: { value: bare(detail.last.value) } }) };
}

/** What requests a new rule is for, and what it does to them. */
function summary(details: readonly Detail[]): string {
  const any = details.some(({ at, wanted }) => at === "criteriaMustSatisfy" && wanted === "any");
  const of = (list: string) =>
    details.filter(({ at }) => at.startsWith(`${list}.`)).map(({ at, wanted }) => `${nameIn(at)} ${telling(wanted)}`.trimEnd());
  return [of("criteria").join(any ? " or " : " and "), ...of("behaviors")].filter((part) => part !== "").join("; ");
}

function nameIn(at: string): string {
  return at.slice(at.indexOf(".") + 1).replace(/\[\d+\]$/, "");
}

/**
 * The two values among the options that say most: how something is compared, then lists, then texts and numbers in their order. Flags only where
 * there is nothing else, but for one that switches it off.
 */
function telling(options: unknown): string {
  if (!isTable(options)) return "";
  const simple = (value: unknown) => (typeof value === "string" && value !== "") || typeof value === "number";
  const rank = ([name, value]: [string, unknown]) => (/operator$/i.test(name) ? 0 : Array.isArray(value) ? 1 : 2);
  const entries = Object.entries(options);
  const most = entries.filter(([, value]) => simple(value) || (Array.isArray(value) && value.length > 0 && value.every(simple)));
  const flags = entries.filter(([name, value]) => typeof value === "boolean" && name !== "enabled");
  const shown =
    most.length > 0
      ? most.sort((a, b) => rank(a) - rank(b)).map(([, value]) => (Array.isArray(value) ? value.join(", ") : String(value)))
      : flags.map(([name, value]) => `${name}=${value}`);
  return [...shown.slice(0, 2).map((text) => cut(text)), ...(options.enabled === false ? ["(disabled)"] : [])].join(" ");
}

function way({ at, live, wanted }: Detail): string {
  if (at === "parent") return `from ${pathText(live as readonly string[])}`;
  const place = (value: unknown, first: string) => (isTable(value) && "after" in value ? `after ${json(value.after)}` : first);
  return `from ${place(live, "the front")} to ${place(wanted, "the front")}`;
}

function names(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : "";
}

function json(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? "nothing");
}

/** Both texts, when they are long from shortly before the place where they begin to differ. */
function texts(one: string, other: string): [string, string] {
  if (Math.max(one.length, other.length) <= longest) return [one, other];
  let differ = 0;
  while (differ < one.length && one[differ] === other[differ]) differ += 1;
  const from = Math.max(0, differ - lead);
  return [cut(one, from), cut(other, from)];
}

function cut(text: string, from = 0): string {
  const rest = text.slice(from);
  return `${from === 0 ? "" : "…"}${rest.length > longest ? `${rest.slice(0, longest)}…` : rest}`;
}
