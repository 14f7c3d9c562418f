/** An item as its source holds it, and how the parts of a record become one. */
import type { ItemContent } from "../../api/edgekv/items";
import { itemJson } from "../content";
import { SourceError } from "./sourceError";

export interface SourceItem {
  readonly key: string;
  readonly content: ItemContent;
  /** Its position in the source, such as `line 17`. */
  readonly at: string;
}

/** Which parts of a record are key and value, and what separates the columns of CSV. */
export interface Columns {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly delimiter?: string | undefined;
}

export const keyColumn = "key";
const valueColumn = "value";

export function textContent(value: string): ItemContent {
  return { bytes: Buffer.from(value, "utf8"), json: false };
}

export function jsonContent(value: unknown, at: string): ItemContent {
  const text = itemJson(value);
  if (text === undefined) throw new SourceError(`${at} is nested too deep`);
  return { bytes: Buffer.from(text, "utf8"), json: true };
}

/** A string is text, any other value is JSON. */
export function valueContent(value: unknown, at: string): ItemContent {
  return typeof value === "string" ? textContent(value) : jsonContent(value, at);
}

/** The item of a record. Without a part for the value, the item is JSON of all parts but the key. */
export function itemOfRecord(record: ReadonlyMap<string, unknown>, columns: Columns, at: string): SourceItem {
  const { key: keyName = keyColumn, value: valueName = record.has(valueColumn) ? valueColumn : undefined } =
    columns;
  const key = record.get(keyName);
  if (typeof key !== "string" && typeof key !== "number")
    throw new SourceError(`${at} has no ${keyName} that could be a key`);
  if (valueName !== undefined && !record.has(valueName)) throw new SourceError(`${at} has no ${valueName}`);
  const rest = Object.fromEntries([...record].filter(([name]) => name !== keyName));
  const content = valueName === undefined ? jsonContent(rest, at) : valueContent(record.get(valueName), at);
  return { key: String(key), content, at };
}
