/** Where many items come from, read one after the other: nothing here keeps what an item holds. */
import { createReadStream, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import type { ItemContent } from "../api/edgekv/items";
import { leadsOut } from "../runtime/paths";
import { jsonText } from "./content";
import { formatCount, formatKeys } from "./format";

/** An item as its source gives it. */
export interface SourceItem {
  readonly key: string;
  readonly content: ItemContent;
  /** Where it stands, such as `line 17`. */
  readonly at: string;
}

/** Text, or the text of JSON. */
export type InlineValue = string | { readonly json: string };

export interface Columns {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly delimiter?: string | undefined;
}

/** A map, a file or a folder: one of the three. */
export interface Source {
  readonly items?: Readonly<Record<string, InlineValue>> | undefined;
  readonly file?: string | undefined;
  readonly folder?: string | undefined;
  readonly columns?: Columns | undefined;
}

/** A source that can't be read; the message says what is wrong where, and nothing of what items hold. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}

/** Bytes of a file that is read as a whole. */
const mostWhole = 256 * 1024 * 1024;
/** Characters of a record, and bytes of a file that is an item: far more than an item can hold, however it is written. */
const mostOfRecord = 8 * 1024 * 1024;
/** Bytes of a record of CSV, which knows no escapes but the quotation mark that is doubled. */
const mostOfCsvRecord = 4 * 1024 * 1024;
const mostColumns = 10_000;

export function readItems({ items, file, folder, columns }: Source): AsyncIterable<SourceItem> {
  if (folder !== undefined) return fromFolder(folder);
  if (file === undefined) return fromMap(items ?? {});
  const kind = extname(file).toLowerCase();
  if (kind === ".json") return fromJson(file, columns);
  if (kind === ".ndjson" || kind === ".jsonl") return fromLines(file, columns);
  if (kind === ".csv" || kind === ".tsv") return fromCsv(file, kind === ".tsv" ? { delimiter: "\t", ...columns } : columns);
  throw new SourceError(`${file} must end with .json, .ndjson, .jsonl, .csv or .tsv, which tells how to read it`);
}

async function* fromMap(items: Readonly<Record<string, InlineValue>>): AsyncGenerator<SourceItem> {
  for (const [key, value] of Object.entries(items)) {
    yield { key, content: typeof value === "string" ? text(value) : json(parsed(value.json, key), key), at: key };
  }
}

// ---- what a value is ----

function text(value: string): ItemContent {
  return { bytes: Buffer.from(value, "utf8"), json: false };
}

function json(value: unknown, at: string): ItemContent {
  const written = jsonText(value);
  if (written === undefined) throw new SourceError(`${at} is nested too deep`);
  return { bytes: Buffer.from(written, "utf8"), json: true };
}

/** A text is text, anything else is JSON. */
function contentOf(value: unknown, at: string): ItemContent {
  return typeof value === "string" ? text(value) : json(value, at);
}

const keyColumn = "key";
const valueColumn = "value";

/** A record with named parts: the value is the part of that name, else JSON of all parts but the key. */
function ofRecord(record: ReadonlyMap<string, unknown>, columns: Columns, at: string): SourceItem {
  const { key: named = keyColumn, value: of = record.has(valueColumn) ? valueColumn : undefined } = columns;
  const key = record.get(named);
  if (typeof key !== "string" && typeof key !== "number") throw new SourceError(`${at} has no ${named} that could be a key`);
  if (of !== undefined && !record.has(of)) throw new SourceError(`${at} has no ${of}`);
  const rest = Object.fromEntries([...record].filter(([name]) => name !== named));
  return { key: String(key), content: of === undefined ? json(rest, at) : contentOf(record.get(of), at), at };
}

// ---- files ----

/** The text of a file in pieces, without its byte order mark. What is no UTF-8 is refused, not repaired. */
async function* pieces(file: string, most = Number.POSITIVE_INFINITY): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new SourceError(`${file} is not text in UTF-8`);
    }
  };
  try {
    // Of a pipe or a device, no end might ever come.
    const stat = statSync(resolve(file));
    if (!stat.isFile()) throw new SourceError(`${file} is no file`);
    if (stat.size > most) {
      throw new SourceError(
        `${file} has ${formatCount(stat.size)} bytes, and is read as a whole: a .ndjson or .csv, which is read line by line, can have as many`,
      );
    }
    for await (const chunk of createReadStream(resolve(file))) yield decode(chunk as Uint8Array);
    yield decode();
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(path: string, error: unknown): unknown {
  const code = (error as { readonly code?: unknown }).code;
  if (error instanceof SourceError || typeof code !== "string") return error;
  return new SourceError(code === "ENOENT" ? `there is no ${path} (looked for ${resolve(path)})` : `${path} can't be read (${code})`);
}

function parsed(value: string, at: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // The parser's own message would show what stands there.
    throw new SourceError(`${at} is not JSON`);
  }
}

function membersOf(value: unknown, at: string): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SourceError(`${at} is not a JSON object`);
  return new Map(Object.entries(value));
}

async function* fromJson(file: string, columns: Columns | undefined): AsyncGenerator<SourceItem> {
  let whole = "";
  for await (const piece of pieces(file, mostWhole)) whole += piece;
  const value = parsed(whole, file);
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      const at = `entry ${index + 1}`;
      yield ofRecord(membersOf(entry, at), columns ?? {}, at);
    }
    return;
  }
  if (columns !== undefined) throw new SourceError(`${file} is an object, whose names are the keys: \`columns\` has no meaning for it`);
  for (const [key, member] of membersOf(value, file)) yield { key, content: contentOf(member, key), at: key };
}

async function* fromLines(file: string, columns: Columns = {}): AsyncGenerator<SourceItem> {
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (line.trim() === "") continue;
    const at = `line ${number}`;
    yield ofRecord(membersOf(parsed(line, at), at), columns, at);
  }
}

function tooLong(line: number, most: number): string {
  return `line ${line} begins a record of more than ${formatCount(most)} characters, far more than an item can hold`;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  let number = 1;
  for await (const piece of pieces(file)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    number += lines.length;
    if (rest.length > mostOfRecord) throw new SourceError(tooLong(number, mostOfRecord));
  }
  yield rest;
}

async function* fromCsv(file: string, columns: Columns = {}): AsyncGenerator<SourceItem> {
  const { delimiter = ",", key = keyColumn, value } = columns;
  // What goes wrong with the file goes on to its records, where it is caught.
  const parser = parse({ delimiter, info: true, skip_empty_lines: true, max_record_size: mostOfCsvRecord });
  const records = pipeline(Readable.from(pieces(file)), parser, () => undefined);
  const failed = (error: unknown) => {
    if (!(error instanceof CsvError)) return unreadable(file, error);
    const { code, lines } = error;
    if (code === "CSV_MAX_RECORD_SIZE") return new SourceError(tooLong(Number(lines), mostOfCsvRecord));
    const what = /INCONSISTENT/.test(code) ? "has more or fewer fields than the first line" : "has a quotation mark in a wrong place";
    return new SourceError(`line ${lines} ${what}`);
  };
  let header: readonly string[] | undefined;
  try {
    for await (const { record, info } of records as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (header === undefined) {
        header = record;
        if (record.length > mostColumns)
          throw new SourceError(
            `the first line of ${file} names ${formatCount(record.length)} columns, and ${formatCount(mostColumns)} are the most`,
          );
        const missing = [key, ...(value === undefined ? [] : [value])].filter((name) => !record.includes(name));
        const [first] = missing;
        if (first !== undefined)
          throw new SourceError(`the first line of ${file} names no column ${first}; it names ${formatKeys(record)}`);
        if (new Set(record).size < record.length) throw new SourceError(`the first line of ${file} names a column twice`);
        continue;
      }
      const names = header;
      yield ofRecord(new Map(record.map((field, index) => [names[index] ?? "", field])), columns, `line ${info.lines}`);
    }
  } catch (error) {
    throw failed(error);
  }
}

/** Every file of a folder is an item, its name without what follows the last dot the key. */
async function* fromFolder(folder: string): AsyncGenerator<SourceItem> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const bytes = await readFile(resolve(path)).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    const kind = extname(name);
    const content = kind === ".json" ? json(parsed(bytes.toString("utf8").replace(/^\uFEFF/, ""), name), name) : { bytes, json: false };
    yield { key: name.slice(0, name.length - kind.length), content, at: name };
  }
}

function namesIn(folder: string): string[] {
  try {
    // What begins with a dot is the system's or a tool's.
    const names = readdirSync(resolve(folder)).filter((name) => !name.startsWith("."));
    const root = realpathSync(resolve(folder));
    for (const name of names) {
      const path = resolve(folder, name);
      if (lstatSync(path).isSymbolicLink() && leadsOut(root, path))
        throw new SourceError(`${name} in ${folder} is a link out of the folder`);
      const stat = statSync(path);
      if (!stat.isFile()) throw new SourceError(`${name} in ${folder} is no file: every file is an item, and there are no folders in it`);
      if (stat.size > mostOfRecord)
        throw new SourceError(`${name} in ${folder} has ${formatCount(stat.size)} bytes, far more than an item can hold`);
    }
    return names.sort();
  } catch (error) {
    throw unreadable(folder, error);
  }
}
