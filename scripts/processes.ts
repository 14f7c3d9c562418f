import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All running processes of the machine, without zombies. */
const processes = (): Process[] => (existsSync("/proc/self/stat") ? readProcesses() : listProcesses());

/** From the files of Linux: a program for it would take a part of the time that a benchmark measures. */
function readProcesses(): Process[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const [state = "", parent] = statOf(pid);
      if (state.startsWith("Z")) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trimEnd();
      return [{ pid: Number(pid), parent: Number(parent), command }];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

/** What Linux counts of a process, from its state and its parent on: they come after the name of the command, which may have blanks in it. */
export const statOf = (pid: number | string): string[] =>
  readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");

function listProcesses(): Process[] {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  })
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, state = "", command = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return pid === undefined || state.startsWith("Z")
        ? []
        : [{ pid: Number(pid), parent: Number(parent), command }];
    });
}

/** All processes that one started, directly or not, the last ones first. */
function below(pid: number): Process[] {
  const all = processes();
  const of = (parent: number): Process[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [...of(one.pid), one]);
  return of(pid);
}

/** The ids of all processes that this one started, directly or not, the last ones first. */
export function descendants(pid: number = process.pid): number[] {
  return below(pid).map((one) => one.pid);
}

export function isRunning(pid: number): boolean {
  return processes().some((one) => one.pid === pid);
}

/** Ends them at once, as a machine that is switched off would. */
export function killDescendants(): void {
  for (const pid of descendants()) kill(pid);
}

/**
 * Sends a signal to the engines that this process started, and to nothing else. Returns the ids of all
 * processes that these engines started.
 */
export function signalEngines(signal: NodeJS.Signals): number[] {
  const engines = below(process.pid).filter(({ command }) => /[\\/]pulumi(\.exe)? /.test(command));
  const started = engines.flatMap(({ pid }) => descendants(pid));
  for (const { pid } of engines) kill(pid, signal);
  return started;
}

export function kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself meanwhile.
  }
}
