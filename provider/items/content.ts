/** What an item holds: text, compared by its bytes, or JSON, compared by what it means. */
import type { ItemContent } from "../api/edgekv/items";

/** Text, or the text of JSON: one of the two. */
export interface ItemValue {
  readonly value?: string | undefined;
  readonly json?: string | undefined;
}

export function contentOf({ value, json }: ItemValue): ItemContent {
  return { bytes: Buffer.from(json ?? value ?? "", "utf8"), json: json !== undefined };
}

/** Whether what the service shows is what was said. */
export function holds(live: Uint8Array, { bytes, json }: ItemContent): boolean {
  if (Buffer.compare(live, bytes) === 0) return true;
  if (!json) return false;
  const [shown, said] = [live, bytes].map((one) => canonicalJson(Buffer.from(one).toString("utf8")));
  return shown !== undefined && shown === said;
}

/** What an item holds now, said as it was said before: as JSON, unless it is none any more. */
export function itemValueOf(live: Uint8Array, before: ItemValue): ItemValue {
  const text = Buffer.from(live).toString("utf8");
  const json = before.json === undefined ? undefined : canonicalJson(text);
  return json === undefined ? { value: text } : { json };
}

/**
 * The text of the same JSON with the members of every object in one order and no space between, or undefined when it is no JSON. Unlike the values of inputs,
 * a member that is null is not the same as none.
 */
export function canonicalJson(text: string): string | undefined {
  try {
    return jsonText(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The same of a value; undefined when it is nested too deep to be written down. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(sorted(value));
  } catch {
    return undefined;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
