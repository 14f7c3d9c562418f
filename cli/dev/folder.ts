import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** The files of a worker's folder, by path with slashes. Hidden ones and node_modules are left out. */
export function filesIn(folder: string, below = ""): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(join(folder, below))) {
    if (entry.startsWith(".") || entry === "node_modules") continue;
    const path = below === "" ? entry : `${below}/${entry}`;
    if (statSync(join(folder, path)).isDirectory()) Object.assign(files, filesIn(folder, path));
    else files[path] = readFileSync(join(folder, path), "utf8");
  }
  return files;
}

/** The files as a code bundle. */
export async function packed(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of Object.entries(files))
    archive.entry({ name, mode: 0o644, mtime: new Date(0) }, text);
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts));
}
