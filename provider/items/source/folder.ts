/** Items of a folder: each file is an item, and its name without the extension is the key. */
import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import type { ItemContent } from "../../api/edgekv/items";
import { notUtf8, utf8Text, utf16Kind, withoutByteOrderMark } from "../../runtime/encoding";
import { leadsOut } from "../../runtime/paths";
import { formatCount } from "../format";
import { parseJson } from "./json";
import { jsonContent, type SourceItem } from "./record";
import { maxRecordSize, SourceError, toReadError } from "./sourceError";

/** Files that systems and editors leave in a folder. Names with a dot at the beginning are skipped anyway. */
const leftBehind = /~$|\.sw[a-p]$|^#.*#$|^(?:thumbs\.db|desktop\.ini)$/i;

export async function* fromFolder(folder: string): AsyncGenerator<SourceItem> {
  for (const name of fileNames(folder)) {
    const path = join(folder, name);
    const bytes = await readFile(resolve(path)).catch((error: unknown) => {
      throw toReadError(path, error);
    });
    const extension = extname(name);
    yield {
      key: name.slice(0, name.length - extension.length),
      content: contentOf(name, extension, bytes),
      at: name,
    };
  }
}

function contentOf(name: string, extension: string, bytes: Uint8Array): ItemContent {
  const isJson = extension.toLowerCase() === ".json";
  const text = isJson ? utf8Text(bytes) : undefined;
  if (text !== undefined) return jsonContent(parseJson(text, name));
  // EdgeWorkers read text in UTF-8 only. Other bytes may be meant.
  if (isJson || utf16Kind(bytes) !== undefined) throw new SourceError(`${name} ${notUtf8(bytes)}`);
  return { bytes: withoutByteOrderMark(bytes), json: false };
}

function fileNames(folder: string): string[] {
  try {
    // Names that begin with a dot belong to the system or to tools.
    const names = readdirSync(resolve(folder)).filter((name) => !name.startsWith("."));
    const root = realpathSync(resolve(folder));
    for (const name of names) assertItemFile(folder, root, name);
    return names.sort();
  } catch (error) {
    throw toReadError(folder, error);
  }
}

function assertItemFile(folder: string, root: string, name: string): void {
  const path = resolve(folder, name);
  if (leftBehind.test(name))
    throw new SourceError(`${name} in ${folder} is a file of an editor or of the system: remove it`);
  if (lstatSync(path).isSymbolicLink() && leadsOut(root, path))
    throw new SourceError(`${name} in ${folder} is a link out of the folder`);
  const stat = statSync(path);
  if (!stat.isFile())
    throw new SourceError(
      `${name} in ${folder} is not a regular file: each file is an item, and sub-folders are not supported`,
    );
  if (stat.size > maxRecordSize)
    throw new SourceError(
      `${name} in ${folder} has ${formatCount(stat.size)} bytes, far more than an item can hold`,
    );
}
