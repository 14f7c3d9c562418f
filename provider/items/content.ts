/** What an item holds: text, compared by its bytes, or JSON, compared by what it means. */
import type { ItemContent } from "../api/edgekv/items";
import { parseJsonText } from "../framework/jsonText";
import { canonicalText } from "../framework/jsonValue";

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

/**
 * The canonical form of a JSON text: numbers as they are written, members in order, null members included.
 * Undefined when the text is no JSON, has a name twice, or can't be taken as it is for another reason.
 */
export function canonicalJson(text: string): string | undefined {
  try {
    return canonicalText(parseJsonText(text));
  } catch {
    return undefined;
  }
}
