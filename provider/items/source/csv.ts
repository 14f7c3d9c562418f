/** Items of a CSV file, as RFC 4180 describes it: the first line names the columns. */
import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { formatCount, formatKeys } from "../format";
import { type Columns, itemOfRecord, keyColumn, type SourceItem } from "./record";
import { recordTooLong, SourceError, toReadError } from "./sourceError";
import { readText } from "./text";

/** Bytes of a record. CSV escapes nothing but quotation marks, by doubling them. */
const maxCsvRecordSize = 4 * 1024 * 1024;
const maxColumns = 10_000;

type ParsedRecord = { readonly record: string[]; readonly info: { readonly lines: number } };

export async function* fromCsv(file: string, columns: Columns = {}): AsyncGenerator<SourceItem> {
  const { delimiter = "," } = columns;
  // The pipeline hands an error of the file to the loop below, which reports it.
  const parser = parse({ delimiter, info: true, skip_empty_lines: true, max_record_size: maxCsvRecordSize });
  const records = pipeline(Readable.from(readText(file)), parser, () => undefined);
  let header: readonly string[] | undefined;
  try {
    for await (const { record, info } of records as AsyncIterable<ParsedRecord>) {
      if (header === undefined) {
        assertHeader(file, record, columns);
        header = record;
        continue;
      }
      const names = header;
      yield itemOfRecord(
        new Map(record.map((field, index) => [names[index] ?? "", field])),
        columns,
        `line ${info.lines}`,
      );
    }
  } catch (error) {
    throw toCsvError(file, error);
  }
}

function assertHeader(file: string, names: readonly string[], { key = keyColumn, value }: Columns): void {
  if (names.length > maxColumns) {
    throw new SourceError(
      `the first line of ${file} names ${formatCount(names.length)} columns: at most ${formatCount(maxColumns)} are supported`,
    );
  }
  const missing = [key, ...(value === undefined ? [] : [value])].find((name) => !names.includes(name));
  if (missing !== undefined)
    throw new SourceError(
      `the first line of ${file} names no column ${missing}; it names ${formatKeys(names)}`,
    );
  if (new Set(names).size < names.length)
    throw new SourceError(`the first line of ${file} names a column twice`);
}

function toCsvError(file: string, error: unknown): unknown {
  if (!(error instanceof CsvError)) return toReadError(file, error);
  const { code, lines } = error;
  if (code === "CSV_MAX_RECORD_SIZE") return recordTooLong(Number(lines), maxCsvRecordSize);
  const problem = /INCONSISTENT/.test(code)
    ? "has more or fewer fields than the first line"
    : "has a misplaced quotation mark";
  return new SourceError(`line ${lines} ${problem}`);
}
