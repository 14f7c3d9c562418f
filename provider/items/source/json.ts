/** Items of a JSON file, and of a file with a JSON record in each line. */
import { JsonTextError, parseJsonText } from "../../framework/jsonText";
import { isJsonObject, type JsonObject, type JsonValue } from "../../framework/jsonValue";
import { type Columns, itemOfRecord, type SourceItem, valueContent } from "./record";
import { SourceError } from "./sourceError";
import { readLines, readText } from "./text";

/** Bytes of a file that is read as a whole. */
const maxFileSize = 256 * 1024 * 1024;

/** @param at what holds the text, such as a file */
export function parseJson(text: string, at: string): JsonValue {
  return parse(text, (error) => error.describe(at));
}

function parse(text: string, describe: (error: JsonTextError) => string): JsonValue {
  try {
    return parseJsonText(text);
  } catch (error) {
    throw error instanceof JsonTextError ? new SourceError(describe(error)) : error;
  }
}

function membersOf(value: JsonValue, at: string): JsonObject {
  if (!isJsonObject(value)) throw new SourceError(`${at} is not a JSON object`);
  return value;
}

/** An object, whose names are the keys, or a list of records. */
export async function* fromJson(file: string, columns: Columns | undefined): AsyncGenerator<SourceItem> {
  let whole = "";
  for await (const piece of readText(file, maxFileSize)) whole += piece;
  const value = parseJson(whole, file);
  if (Array.isArray(value)) {
    for (const [index, entry] of (value as readonly JsonValue[]).entries()) {
      const at = `entry ${index + 1}`;
      yield itemOfRecord(membersOf(entry, at), columns ?? {}, at);
    }
    return;
  }
  if (columns !== undefined)
    throw new SourceError(
      `${file} is an object with keys as member names, so \`columns\` does not apply: remove \`columns\``,
    );
  for (const [key, member] of membersOf(value, file)) yield { key, content: valueContent(member), at: key };
}

/** A record in each line that is not blank. */
export async function* fromJsonLines(file: string, columns: Columns = {}): AsyncGenerator<SourceItem> {
  let number = 0;
  for await (const line of readLines(file)) {
    number += 1;
    if (line.trim() === "") continue;
    const at = `line ${number}`;
    const value = parse(line, (error) => error.describeInLine(at));
    yield itemOfRecord(membersOf(value, at), columns, at);
  }
}
