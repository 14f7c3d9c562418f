/** Items of a JSON file, and of a file with a JSON record in each line. */
import { type Columns, itemOfRecord, type SourceItem, valueContent } from "./record";
import { SourceError } from "./sourceError";
import { readLines, readText } from "./text";

/** Bytes of a file that is read as a whole. */
const maxFileSize = 256 * 1024 * 1024;

export function parseJson(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text, which may be secret.
    throw new SourceError(`${at} is not JSON`);
  }
}

function membersOf(value: unknown, at: string): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SourceError(`${at} is not a JSON object`);
  return new Map(Object.entries(value));
}

/** An object, whose names are the keys, or a list of records. */
export async function* fromJson(file: string, columns: Columns | undefined): AsyncGenerator<SourceItem> {
  let whole = "";
  for await (const piece of readText(file, maxFileSize)) whole += piece;
  const value = parseJson(whole, file);
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      const at = `entry ${index + 1}`;
      yield itemOfRecord(membersOf(entry, at), columns ?? {}, at);
    }
    return;
  }
  if (columns !== undefined)
    throw new SourceError(
      `${file} is an object with keys as member names, so \`columns\` does not apply: remove \`columns\``,
    );
  for (const [key, member] of membersOf(value, file))
    yield { key, content: valueContent(member, key), at: key };
}

/** A record in each line that is not blank. */
export async function* fromJsonLines(file: string, columns: Columns = {}): AsyncGenerator<SourceItem> {
  let number = 0;
  for await (const line of readLines(file)) {
    number += 1;
    if (line.trim() === "") continue;
    const at = `line ${number}`;
    yield itemOfRecord(membersOf(parseJson(line, at), at), columns, at);
  }
}
