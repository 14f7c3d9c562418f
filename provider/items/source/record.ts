/** An item as its source holds it, and how the parts of a record become one. */
import type { ItemContent } from "../../api/edgekv/items";
import { canonicalText, JsonNumber, type JsonObject, type JsonValue } from "../../framework/jsonValue";
import { SourceError } from "./sourceError";

export interface SourceItem {
  readonly key: string;
  readonly content: ItemContent;
  /** Its position in the source, such as `line 17`. */
  readonly at: string;
  /** Seconds that it lives; 0 is for ever. Default: as long as its namespace retains items. */
  readonly retentionInSeconds?: number | undefined;
}

/** Which parts of a record are key and value, and what separates the columns of CSV. */
export interface Columns {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly delimiter?: string | undefined;
  /** The part with a retention of the item's own. */
  readonly retentionInSeconds?: string | undefined;
}

export const keyColumn = "key";
export const valueColumn = "value";

export function textContent(value: string): ItemContent {
  return { bytes: Buffer.from(value, "utf8"), json: false };
}

export function jsonContent(value: JsonValue): ItemContent {
  return { bytes: Buffer.from(canonicalText(value), "utf8"), json: true };
}

/** A string is text, any other value is JSON. */
export function valueContent(value: JsonValue): ItemContent {
  return typeof value === "string" ? textContent(value) : jsonContent(value);
}

/** The item of a record. Without a part for the value, the item is JSON of all parts but the key. */
export function itemOfRecord(record: JsonObject, columns: Columns, at: string): SourceItem {
  const { key: keyName = keyColumn, value: valueName = record.has(valueColumn) ? valueColumn : undefined } =
    columns;
  const key = keyOf(record.get(keyName), keyName, at);
  const value = valueName === undefined ? undefined : record.get(valueName);
  if (valueName !== undefined && value === undefined) throw new SourceError(`${at} has no ${valueName}`);
  const { retentionInSeconds: retentionName } = columns;
  const rest = new Map([...record].filter(([name]) => name !== keyName && name !== retentionName));
  const content = value === undefined ? jsonContent(rest) : valueContent(value);
  const retention = retentionName === undefined ? undefined : retentionOf(record.get(retentionName), at);
  return retention === undefined ? { key, content, at } : { key, content, at, retentionInSeconds: retention };
}

/** Seconds: ten years. */
const longestRetention = 315_360_000;

function retentionOf(value: JsonValue | undefined, at: string): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const text = value instanceof JsonNumber ? value.text : value;
  if (typeof text === "string" && /^\d{1,9}$/.test(text.trim()) && Number(text) <= longestRetention)
    return Number(text);
  throw new SourceError(
    `${at} has a retention that is not a whole number of seconds from 0 to ${longestRetention} (3650 days)`,
  );
}

/** A number is a key by its digits. */
function keyOf(key: JsonValue | undefined, name: string, at: string): string {
  if (typeof key === "string") return key;
  if (!(key instanceof JsonNumber)) throw new SourceError(`${at} has no ${name} that could be a key`);
  if (!/^-?\d+$/.test(key.text))
    throw new SourceError(`${at}: the key ${key.text} is a number with more than digits: write it as text`);
  return key.text;
}
