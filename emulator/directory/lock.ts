import { linkSync, lstatSync, readFileSync, renameSync, rmSync } from "node:fs";
import { z } from "zod";
import { codeOf } from "../fileErrors";
import { writeDraft } from "./draft";
import { DirectoryError } from "./errors";

const Holder = z.strictObject({
  pid: z.int().positive(),
  /** When the process started, in the units of the system. Absent where the system has no such number. */
  startTime: z.string().optional(),
});
type Holder = z.infer<typeof Holder>;

/**
 * Takes the lock, and returns what releases it. The lock of a process that is gone is taken over. Throws when an emulator that runs
 * holds it.
 */
export function acquireLock(path: string, directory: string): () => void {
  const startTime = startTimeOf(process.pid);
  const text = JSON.stringify({
    pid: process.pid,
    ...(startTime !== undefined && { startTime }),
  } satisfies Holder);
  while (!createFile(path, text)) {
    const found = readLock(path);
    if (found === undefined) continue;
    const holder = holderOf(found, path);
    if (isRunning(holder)) {
      throw new DirectoryError(
        `${directory} is in use by another emulator (process ${holder.pid}). Stop that one, or choose another directory.`,
      );
    }
    removeStale(path, found);
  }
  return () => {
    if (readIfThere(path) === text) rmSync(path, { force: true });
  };
}

/** The id of the process that holds the lock, when it runs. */
export function runningHolder(path: string): number | undefined {
  const found = readIfThere(path);
  if (found === undefined) return undefined;
  const holder = holderOf(found, path);
  return isRunning(holder) ? holder.pid : undefined;
}

/** The text of the lock; `undefined` when it was released meanwhile. A link or a folder would never be released. */
function readLock(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) throw notALock(path);
  return readIfThere(path);
}

const notALock = (path: string) =>
  new DirectoryError(`${path} is not a lock of the emulator. Move it away, or choose another directory.`);

/** Creates the file with its content in one step, so that no other process reads half a lock. False when it exists. */
function createFile(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}.tmp`;
  writeDraft(draft, text, 0o600);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Of several processes that find the same stale lock, one removes it. A lock that was taken meanwhile is put back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  if (readIfThere(aside) !== stale) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function holderOf(text: string, path: string): Holder {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    throw notALock(path);
  }
}

/** Process ids are used again, in containers at once. So the start time must match too, where the system has it. */
function isRunning({ pid, startTime }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if (codeOf(error) === "ESRCH") return false;
  }
  return startTime === undefined || startTime === startTimeOf(pid);
}

/** The start time of a process on Linux; `undefined` elsewhere, and when the process is gone or ended. */
function startTimeOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may contain spaces and parentheses.
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return state === "Z" ? undefined : fields[18];
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ESRCH"].includes(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}
