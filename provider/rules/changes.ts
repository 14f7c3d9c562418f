/** What a merge changes, as data and for people. */
import type { Detail } from "./details";
import { told } from "./nodes";
import { isTable } from "./values";

export type { Detail } from "./details";

export interface RuleChange {
  readonly key: string;
  /** A rule may have a change and a move. */
  readonly kind: "add" | "remove" | "change" | "move";
  /** Names from below the default rule to the rule, where it is (remove) or will be. */
  readonly path: readonly string[];
  /**
   * Of a change, what becomes another. Of a new rule, its criteria and behaviors. Of a move, where it was and will be: `parent` as names from below the
   * default rule, or `position` as `first`, or `after` the name of a rule.
   */
  readonly details: readonly Detail[];
}

const longest = 80;
/** What is shown before the first difference of long values. */
const lead = 20;

/** A patch to read: one line for each rule or detail. */
export function inLines(changes: readonly RuleChange[]): string[] {
  return changes.flatMap(({ kind, path, details }) => {
    const rule = told(path);
    if (kind === "add") return [`+ ${[rule, summary(details)].filter((part) => part !== "").join(": ")}`];
    if (kind === "remove") return [`- ${rule}`];
    if (kind === "move") return details.map((detail) => `> ${rule}: moved ${way(detail)}`);
    return details.map((detail) => `~ ${rule}: ${oneDetail(detail)}`);
  });
}

function oneDetail({ at, live, wanted, last }: Detail): string {
  const whose = last === undefined ? "" : ` (${drift(live, last.value)})`;
  if (/^(criteria|behaviors)$/.test(at)) return `order of ${at} ${texts(names(live), names(wanted)).join(" -> ")}${whose}`;
  if (!/^(criteria|behaviors)\.[^.]+$/.test(at)) return `${at} ${texts(json(live), json(wanted)).join(" -> ")}${whose}`;
  const what = telling(wanted ?? live);
  return `${at} ${live === undefined ? "added" : "removed"}${what === "" ? "" : `: ${what}`}${whose}`;
}

function drift(live: unknown, value: unknown): string {
  if (live === undefined) return "written here; removed by somebody else";
  if (value === undefined) return "added by somebody else";
  return `written here: ${cut(isTable(value) ? telling(value) : json(value))}; changed by somebody else`;
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

/** The two values among the options that say most: how something is compared comes first, then texts, numbers and lists in their order. */
function telling(options: unknown): string {
  if (!isTable(options)) return "";
  const simple = (value: unknown) => (typeof value === "string" && value !== "") || typeof value === "number";
  const entries = Object.entries(options).filter(
    ([, value]) => simple(value) || (Array.isArray(value) && value.length > 0 && value.every(simple)),
  );
  const rank = ([name, value]: [string, unknown]) => (/operator$/i.test(name) ? 0 : Array.isArray(value) ? 1 : 2);
  const most = entries.sort((a, b) => rank(a) - rank(b)).slice(0, 2);
  const shown = most.map(([, value]) => cut(inOneLine(Array.isArray(value) ? value.join(", ") : String(value))));
  return [...shown, ...(options.enabled === false ? ["(disabled)"] : [])].join(" ");
}

function way({ at, live, wanted }: Detail): string {
  if (at === "parent") return `from ${told(live as readonly string[])}`;
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
function texts(a: string, b: string): [string, string] {
  const [one, other] = [inOneLine(a), inOneLine(b)];
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

/** Whatever a value of somebody else holds, it stays on its line. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, " ");
}
