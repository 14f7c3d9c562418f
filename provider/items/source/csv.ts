/** Items of a CSV file, as RFC 4180 describes it: the first line names the columns. */
import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { formatCount, formatKeys } from "../format";
import { type Columns, itemOfRecord, keyColumn, type SourceItem, valueColumn } from "./record";
import { recordTooLong, SourceError, toReadError } from "./sourceError";
import { readText } from "./text";

/** Bytes of a record. CSV escapes nothing but quotation marks, by doubling them. */
const maxCsvRecordSize = 4 * 1024 * 1024;
const maxColumns = 10_000;
/** Files that went through several programs mix them. */
const lineEnds = ["\r\n", "\n", "\r"];

type ParsedRecord = { readonly record: string[]; readonly info: { readonly lines: number } };

export async function* fromCsv(file: string, columns: Columns = {}): AsyncGenerator<SourceItem> {
  const { delimiter = "," } = columns;
  // The pipeline hands an error of the file to the loop below, which reports it.
  const parser = parse({
    delimiter,
    record_delimiter: lineEnds,
    info: true,
    skip_empty_lines: true,
    // Spreadsheets add and drop delimiters at the end of a line: `toMembers` checks the number of fields.
    relax_column_count: true,
    max_record_size: maxCsvRecordSize,
  });
  const records = pipeline(Readable.from(readText(file)), parser, () => undefined);
  let header: readonly string[] | undefined;
  try {
    for await (const { record, info } of records as AsyncIterable<ParsedRecord>) {
      if (header === undefined) {
        header = readHeader(file, record, columns);
        continue;
      }
      // A row of delimiters alone, as spreadsheets leave them at the end.
      if (record.length > 1 && record.every((field) => field === "")) continue;
      const at = `line ${info.lines}`;
      yield itemOfRecord(toMembers(header, record, at), columns, at);
    }
  } catch (error) {
    throw toCsvError(file, error);
  }
}

/** The fields of a record by their columns. Columns without a name are left out when they are empty. */
function toMembers(header: readonly string[], record: readonly string[], at: string): Map<string, string> {
  const members = new Map<string, string>();
  for (let index = 0; index < Math.max(header.length, record.length); index++) {
    const [name = "", field] = [header[index], record[index]];
    if (name === "" && field !== undefined && field.trim() !== "") {
      throw new SourceError(
        index < header.length
          ? `${at} has a value in column ${index + 1}, which has no name in the first line`
          : `${at} has more or fewer fields than the first line`,
      );
    }
    if (name === "") continue;
    if (field === undefined) throw new SourceError(`${at} has more or fewer fields than the first line`);
    members.set(name, field);
  }
  return members;
}

/** The names of the columns, without blanks around them. Those of key and value as `columns` has them. */
function readHeader(file: string, record: readonly string[], columns: Columns): string[] {
  if (record.length > maxColumns) {
    throw new SourceError(
      `the first line of ${file} names ${formatCount(record.length)} columns: at most ${formatCount(maxColumns)} are supported`,
    );
  }
  const names = record.map((name) => name.trim());
  const { key = keyColumn, value } = columns;
  for (const wanted of [key, value ?? valueColumn]) {
    const index = indexOfColumn(file, names, wanted);
    if (index >= 0) names[index] = wanted;
    else if (wanted === key || value !== undefined) throw noColumn(file, names, wanted, columns);
  }
  const twice = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
  if (twice !== undefined) throw twiceError(file, names, twice);
  return names;
}

/** By its name, or by a name that differs in capitals alone. */
function indexOfColumn(file: string, names: readonly string[], wanted: string): number {
  const exact = names.indexOf(wanted.trim());
  if (exact >= 0) return exact;
  const isSame = (name: string) => name.toLowerCase() === wanted.trim().toLowerCase();
  const index = names.findIndex(isSame);
  if (index >= 0 && names.findLastIndex(isSame) !== index) throw twiceError(file, names, wanted);
  return index;
}

function twiceError(file: string, names: readonly string[], wanted: string): SourceError {
  const numbers = names.flatMap((name, index) =>
    name.toLowerCase() === wanted.toLowerCase() ? [index + 1] : [],
  );
  return new SourceError(
    `the first line of ${file} names a column twice: ${wanted} (columns ${numbers.join(" and ")})`,
  );
}

function noColumn(file: string, names: readonly string[], wanted: string, columns: Columns): SourceError {
  const [only = ""] = names;
  // Excel writes and reads it.
  const separator = /^sep=(.?)$/i.exec(only);
  if (separator !== null) {
    const delimiter = separator[1] || columns.delimiter || ",";
    const setting =
      delimiter === (columns.delimiter ?? ",")
        ? ""
        : `, and set \`columns: { delimiter: ${JSON.stringify(delimiter)} }\``;
    return new SourceError(
      `the first line of ${file} is the separator of Excel, not the names of the columns: remove that line${setting}`,
    );
  }
  const delimiter = [";", "\t", "|", ","].find((one) => one !== columns.delimiter && only.includes(one));
  const hint =
    names.length === 1 && delimiter !== undefined
      ? `. If ${JSON.stringify(delimiter)} separates its columns, set \`columns: { delimiter: ${JSON.stringify(delimiter)} }\``
      : "";
  return new SourceError(
    `the first line of ${file} names no column ${wanted}; it names ${formatKeys(names.filter((name) => name !== ""))}${hint}`,
  );
}

function toCsvError(file: string, error: unknown): unknown {
  if (!(error instanceof CsvError)) return toReadError(file, error);
  const { code, lines } = error;
  if (code === "CSV_MAX_RECORD_SIZE") return recordTooLong(Number(lines), maxCsvRecordSize);
  return new SourceError(`line ${lines} has a misplaced quotation mark`);
}
