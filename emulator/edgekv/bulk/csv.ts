/** CSV of uploads and downloads: RFC 4180 without a header line. */

/** A record, and the text that it was read from. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly text: string;
}

/** A text that is no CSV. */
export class CsvSyntaxError extends Error {}

/** The records of a text. Blank lines are ignored. Lines end with a line feed, with or without a carriage return. */
export function* parseCsv(text: string): Generator<CsvRecord> {
  let at = 0;
  let line = 0;
  while (at < text.length) {
    line += 1;
    const start = at;
    const fields: string[] = [];
    for (let isLast = false; !isLast; ) {
      const [field, end] = text[at] === '"' ? quoted(text, at, line) : plain(text, at, line);
      fields.push(field);
      isLast = text[end] !== ",";
      at = isLast ? end : end + 1;
    }
    const record = text.slice(start, at);
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    if (record !== "") yield { fields, text: record };
  }
}

/** A field without quotation marks, and where it ends. */
function plain(text: string, at: number, line: number): readonly [string, number] {
  let end = at;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") {
    if (text[end] === '"') throw new CsvSyntaxError(`Record ${line} has a misplaced quotation mark.`);
    end += 1;
  }
  return [text.slice(at, end), end];
}

/** A field in quotation marks, and where it ends. A quotation mark in it is doubled. */
function quoted(text: string, at: number, line: number): readonly [string, number] {
  let end = text.indexOf('"', at + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end < 0) throw new CsvSyntaxError(`Record ${line} has a quotation mark that is not closed.`);
  const next = text[end + 1];
  if (next !== undefined && next !== "," && next !== "\n" && next !== "\r")
    throw new CsvSyntaxError(`Record ${line} has text after a closing quotation mark.`);
  return [text.slice(at + 1, end).replaceAll('""', '"'), end + 1];
}

/** The bytes of a record with its line end. The value has quotation marks where it needs them. */
export function formatCsv(fields: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [];
  for (const [index, field] of fields.entries()) {
    if (index > 0) parts.push(Buffer.from(","));
    // Latin-1 keeps each byte of a value that is no UTF-8.
    const text = typeof field === "string" ? Buffer.from(field).toString("latin1") : field.toString("latin1");
    parts.push(Buffer.from(/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text, "latin1"));
  }
  parts.push(Buffer.from("\r\n"));
  return Buffer.concat(parts);
}
