/** Folders for data that a process needs for a while. What a killed process left of them, a later one removes. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "akamai-edge-move";
/** Ids of processes say nothing on another host or in another container, which may have the same folder for such data. */
const host = () => hostname().replace(/[^A-Za-z0-9]/g, "_");

/** An empty folder that only the owner may enter. */
export function makeWorkFolder(parent = tmpdir()): string {
  return mkdtempSync(join(parent, `${prefix}-${host()}-${process.pid}-`));
}

/** Removes the folders of processes of this user and host that have ended. */
export function removeLeftWorkFolders(parent = tmpdir()): void {
  const name = new RegExp(`^${prefix}-${host()}-(\\d+)-[^-]+$`);
  for (const entry of entriesOf(parent)) {
    const [, pid] = name.exec(entry) ?? [];
    if (pid === undefined || Number(pid) === process.pid || isProcessAlive(Number(pid))) continue;
    const path = join(parent, entry);
    try {
      const stat = lstatSync(path);
      if (stat.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid()))
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
