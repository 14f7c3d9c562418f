/** CSV records of EdgeKV's bulk transfer: RFC 4180 without a header line. Values are bytes. */

/** The bytes of a record with its line end. Names need no quotation marks; a value may need them. */
export function csvRecord(group: string, key: string, value: Uint8Array): Buffer {
  // In Latin-1 each byte is one character.
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  return Buffer.from(`${group},${key},"${text.replaceAll('"', '""')}"\r\n`, "latin1");
}

/** A text that ends in the middle of a record, or is no CSV. */
export class CsvRecordError extends Error {
  override readonly name = "CsvRecordError";
}

/** Bytes of a record. EdgeKV's values have 250 kB at most, and each byte may be doubled. */
const maxRecordBytes = 2 * 1024 * 1024;

/** Records in bunches, as they come. Each byte of a field is one character (Latin-1). Blank lines are left out. */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[][]> {
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    const { records, at } = recordsOf(text, false);
    rest = text.slice(at);
    if (rest.length > maxRecordBytes) throw new CsvRecordError("a record has more than 2 MiB");
    if (records.length > 0) yield records;
  }
  const { records } = recordsOf(rest, true);
  if (records.length > 0) yield records;
}

/** @param isEnd nothing follows the text */
function recordsOf(text: string, isEnd: boolean): { records: string[][]; at: number } {
  const records: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const record = recordAt(text, at, isEnd);
    if (record === undefined) break;
    at = record.end;
    if (record.fields.length > 1 || record.fields[0] !== "") records.push(record.fields);
  }
  return { records, at };
}

interface Found {
  readonly fields: string[];
  readonly end: number;
}

/** Undefined when more text is needed. */
function recordAt(text: string, begin: number, isEnd: boolean): Found | undefined {
  const fields: string[] = [];
  for (let at = begin; ; at++) {
    const isQuoted = text[at] === '"';
    const end = isQuoted ? closingQuote(text, at) + 1 : endOfField(text, at);
    const isOpen = isQuoted && end === 0;
    if (isOpen && isEnd) throw new CsvRecordError("it ends within a value");
    // A quotation mark or a line end may go on in the next piece.
    if (isOpen || (end + 1 >= text.length && !isEnd)) return undefined;
    fields.push(isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end));
    at = end;
    const next = text[at];
    if (next === ",") continue;
    if (next !== undefined && next !== "\r" && next !== "\n")
      throw new CsvRecordError("it has text after a closing quotation mark");
    return { fields, end: next === "\r" && text[at + 1] === "\n" ? at + 2 : at + 1 };
  }
}

function endOfField(text: string, at: number): number {
  let end = at;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === 44 || code === 10 || code === 13) break;
    end += 1;
  }
  return end;
}

/** The mark that closes a field, or -1. */
function closingQuote(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end;
}
