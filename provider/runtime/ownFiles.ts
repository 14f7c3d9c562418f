/** Files and folders that a process needs for a while. What a killed process left of them, a later one removes. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

const folderPrefix = "akamai-edge-move-";
/** Ids of processes say nothing on another host or in another container, which may have the same folder for such data. */
const host = () => hostname().replace(/[^A-Za-z0-9]/g, "_");

/** In the name of what is this process's own, such as `build1-4711`. */
export const processMark = (): string => `${host()}-${process.pid}`;

/** An empty folder that only the owner may enter. */
export function makeWorkFolder(parent = tmpdir()): string {
  return mkdtempSync(join(parent, `${folderPrefix}${processMark()}-`));
}

/** Removes the folders of processes of this user and host that have ended. */
export function removeLeftWorkFolders(parent = tmpdir()): void {
  removeLeft(parent, "folder", folderPrefix, /^-[^-]+$/);
}

/**
 * Removes what processes of this user and host that have ended left in a folder.
 * @param before what a name has before the mark of its process
 * @param after what it has after it
 */
export function removeLeft(folder: string, kind: "file" | "folder", before: string, after: RegExp): void {
  const mine = `${before}${host()}-`;
  for (const entry of entriesOf(folder)) {
    const [, pid, end = ""] = entry.startsWith(mine)
      ? (/^(\d+)(.*)$/.exec(entry.slice(mine.length)) ?? [])
      : [];
    if (pid === undefined || !after.test(end)) continue;
    if (Number(pid) === process.pid || isProcessAlive(Number(pid))) continue;
    const path = join(folder, entry);
    try {
      const stat = lstatSync(path);
      const isOfKind = kind === "folder" ? stat.isDirectory() : stat.isFile();
      if (isOfKind && (process.getuid === undefined || stat.uid === process.getuid()))
        rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process removes it at the same time.
    }
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process that may not be signalled is there.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
