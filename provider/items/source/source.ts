/** Reads many items from a map, a file or a folder, one after the other. Values are not kept in memory. */
import { statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { csvEnd } from "../snapshot/files";
import { fromCsv } from "./csv";
import { fromFolder } from "./folder";
import { fromJson, fromJsonLines, parseJson } from "./json";
import { type Columns, jsonContent, type SourceItem, textContent } from "./record";
import { fromSnapshot } from "./snapshot";
import { SourceError } from "./sourceError";

/** Text, or the text of JSON. */
export type InlineValue = string | { readonly json: string };

/** A map, a file or a folder: one of the three. */
export interface Source {
  readonly items?: Readonly<Record<string, InlineValue>> | undefined;
  readonly file?: string | undefined;
  readonly folder?: string | undefined;
  readonly columns?: Columns | undefined;
  /** The groups of the resource. A snapshot has those of a whole namespace. */
  readonly groups?: readonly string[] | undefined;
}

/** Whether the file is what `snapshotBeforeDelete` of a namespace wrote. */
export const isSnapshot = (file: string | undefined): boolean =>
  file?.toLowerCase().endsWith(csvEnd) === true;

/** Bytes of an item in a file, about, and items that are expected of it at least and at most. */
const [itemBytes, minItems, maxItems] = [40, 64, 4_000_000];

/** How many items a source has, about: for the size of lists that grow when it is wrong. */
export function expectedItems({ file }: Source): number {
  return Math.min(maxItems, Math.max(minItems, Math.ceil(sizeOf(file) / itemBytes)));
}

/** In bytes. What can't be read is reported when it is. */
function sizeOf(file: string | undefined): number {
  try {
    return file === undefined ? 0 : statSync(resolve(file)).size;
  } catch {
    return 0;
  }
}

export function readItems({ items, file, folder, columns, groups = [] }: Source): AsyncIterable<SourceItem> {
  if (folder !== undefined) return fromFolder(folder);
  if (file === undefined) return fromMap(items ?? {});
  if (isSnapshot(file)) return fromSnapshot(file, groups);
  switch (extname(file).toLowerCase()) {
    case ".json":
      return fromJson(file, columns);
    case ".ndjson":
    case ".jsonl":
      return fromJsonLines(file, columns);
    case ".csv":
      return fromCsv(file, columns);
    case ".tsv":
      return fromCsv(file, { delimiter: "\t", ...columns });
    default:
      throw new SourceError(
        `the name of ${file} must end with .json, .ndjson, .jsonl, .csv or .tsv: the extension sets the format`,
      );
  }
}

async function* fromMap(items: Readonly<Record<string, InlineValue>>): AsyncGenerator<SourceItem> {
  for (const [key, value] of Object.entries(items)) {
    if (typeof value === "string" && !value.isWellFormed())
      throw new SourceError(`${key} has half of a surrogate pair, which UTF-8 can't hold`);
    const content = typeof value === "string" ? textContent(value) : jsonContent(parseJson(value.json, key));
    yield { key, content, at: key };
  }
}
