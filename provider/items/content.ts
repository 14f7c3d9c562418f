/** What an item holds: text, compared by its bytes, or JSON, compared by what it means. */
import type { ItemContent } from "../api/edgekv/items";
import { canonical } from "../framework/canonical";

/** Text, or the text of JSON: one of the two. */
export interface ItemValue {
  readonly value?: string | undefined;
  readonly json?: string | undefined;
}

export function contentOf({ value, json }: ItemValue): ItemContent {
  return { bytes: Buffer.from(json ?? value ?? "", "utf8"), json: json !== undefined };
}

/** Whether the bytes that the service returned are the expected content. */
export function matchesContent(live: Uint8Array, { bytes, json }: ItemContent): boolean {
  if (Buffer.compare(live, bytes) === 0) return true;
  if (!json) return false;
  const [read, expected] = [live, bytes].map((one) => canonicalJson(Buffer.from(one).toString("utf8")));
  return read !== undefined && read === expected;
}

/** What an item holds now, in the form it had before: as JSON, unless it is no JSON any more. */
export function itemValueOf(live: Uint8Array, before: ItemValue): ItemValue {
  const text = Buffer.from(live).toString("utf8");
  const json = before.json === undefined ? undefined : canonicalJson(text);
  return json === undefined ? { value: text } : { json };
}

/** The canonical form of a JSON text; undefined when the text is no JSON, or is nested too deeply. */
export function canonicalJson(text: string): string | undefined {
  try {
    return itemJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The canonical JSON text of a value, null members included; undefined when it is nested too deeply. */
export function itemJson(value: unknown): string | undefined {
  try {
    return canonical(value, { keepNull: true });
  } catch {
    return undefined;
  }
}
