import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

export interface Holder {
  /** From the lock file. A file that was created but not written yet names no holder. */
  readonly pid: number | undefined;
  readonly host: string | undefined;
  /** Since the holder last touched the file. */
  readonly ageMs: number;
}

const touchEveryMs = 5_000;
const silentForMs = 60_000;

/**
 * A lock is stale when its process is gone. A process on another machine counts as gone when it did not touch
 * the file for long.
 */
export function isStale(
  holder: Holder,
  here: { readonly host: string; readonly alive: (pid: number) => boolean },
): boolean {
  const gone = holder.pid !== undefined && holder.host === here.host && !here.alive(holder.pid);
  return gone || holder.ageMs > silentForMs;
}

/** Does the work while no other process does it. `file` exists meanwhile, and has the pid of the holder. */
export async function withLock<T>(
  file: string,
  print: (line: string) => void,
  work: () => Promise<T>,
  pollMs = 1_000,
): Promise<T> {
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  for (let waiting = false; !(await create(file, mine)); ) {
    const holder = await read(file);
    if (holder === undefined) continue;
    if (isStale(holder, { host: hostname(), alive })) {
      await rm(file, { force: true });
      continue;
    }
    if (!waiting) print(`Waiting for process ${holder.pid ?? "?"}, which holds ${file}.`);
    waiting = true;
    await pause(pollMs);
  }
  const touch = setInterval(
    () => void utimes(file, new Date(), new Date()).catch(() => undefined),
    touchEveryMs,
  );
  try {
    return await work();
  } finally {
    clearInterval(touch);
    await rm(file, { force: true });
  }
}

async function create(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function read(file: string): Promise<Holder | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    return { ...parseHolder(text), ageMs: Date.now() - mtimeMs };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

export function parseHolder(text: string): { pid: number | undefined; host: string | undefined } {
  const pid = /"pid":(\d+)/.exec(text)?.[1];
  return { pid: pid === undefined ? undefined : Number(pid), host: /"host":"([^"]*)"/.exec(text)?.[1] };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
