/** Archives with the same bytes whenever they are made: sorted entries, one time, one owner. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";

export interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly isExecutable?: boolean;
}

/** The time of every entry. npm has it in its packages too. */
const entryTime = new Date("1985-10-26T08:15:00Z");

/** A `.tar.gz`. */
export async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  const parts: Buffer[] = [];
  const read = (async () => {
    for await (const part of tar) parts.push(part as Buffer);
  })();
  for (const { name, content, isExecutable = false } of entries.toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  ))
    tar.entry({ name, mode: isExecutable ? 0o755 : 0o644, mtime: entryTime }, content);
  tar.finalize();
  await read;
  // Node writes no time into the head of gzip, and always the same system.
  return promisify(gzip)(Buffer.concat(parts));
}

/** All files below a folder. */
export function entriesOf(folder: string): Entry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      name: file.slice(folder.length + 1).replaceAll("\\", "/"),
      content: readFileSync(file),
    }));
}
