import { spawn } from "node:child_process";
import { basename } from "node:path";
import type { Environment } from "./find";

/** The user stopped a command: nothing else is tried. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Environment;
  readonly withinMs: number;
}

/** Runs a command in its own process group, so that a time-out or Ctrl-C ends everything it started too. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env, withinMs }: RunOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let end: Error | undefined;
    const stop = (why: Error) => {
      end ??= why;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const interrupt = (signal: NodeJS.Signals) => stop(new Interrupted(`stopped by ${signal}`));
    const timer = setTimeout(
      () => stop(new Error(`not done within ${Math.round(withinMs / 1000)} s`)),
      withinMs,
    );
    const settle = (error: Error | undefined) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      if (error === undefined) resolve();
      else reject(error);
    };
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-4000);
      });
    child.once("error", (error: NodeJS.ErrnoException) =>
      settle(error.code === "ENOENT" ? new Error(`there is no ${command} on PATH`) : error),
    );
    child.once("close", (code, signal) => {
      if (end === undefined && code !== 0)
        end = new Error(`${basename(command)} ended with ${code ?? signal}: ${lastLines(output)}`);
      settle(end);
    });
  });
}

export function lastLines(output: string, count = 5): string {
  const lines = output.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .slice(-count)
    .join(" | ");
}
