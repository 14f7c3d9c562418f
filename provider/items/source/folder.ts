/** Items of a folder: each file is an item, and its name without the extension is the key. */
import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { leadsOut } from "../../runtime/paths";
import { formatCount } from "../format";
import { parseJson } from "./json";
import { jsonContent, type SourceItem } from "./record";
import { maxRecordSize, SourceError, toReadError } from "./sourceError";

export async function* fromFolder(folder: string): AsyncGenerator<SourceItem> {
  for (const name of fileNames(folder)) {
    const path = join(folder, name);
    const bytes = await readFile(resolve(path)).catch((error: unknown) => {
      throw toReadError(path, error);
    });
    const extension = extname(name);
    const content =
      extension === ".json"
        ? jsonContent(parseJson(bytes.toString("utf8").replace(/^\uFEFF/, ""), name), name)
        : { bytes, json: false };
    yield { key: name.slice(0, name.length - extension.length), content, at: name };
  }
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
