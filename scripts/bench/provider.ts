import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Run, watch } from "../engine";
import { descendants } from "../processes";

/** What one run of the engine took. */
export interface Measured {
  readonly seconds: number;
  /**
   * The most memory that the provider's process had at any time, in MB. Undefined where the system has no
   * such number.
   */
  readonly memory: number | undefined;
  /** Of the state file after it, in MB. */
  readonly state: number;
  readonly run: Run;
}

const megabyte = 1_000_000;

export async function measure(
  folder: string,
  project: string,
  act: (onEvent: Parameters<Parameters<typeof watch>[0]>[0]) => Promise<{ stdout: string }>,
): Promise<Measured> {
  let memory: number | undefined;
  const timer = setInterval(() => {
    const now = providerMemory();
    if (now !== undefined) memory = Math.max(memory ?? 0, now);
  }, 250);
  const began = performance.now();
  const run = await watch(act);
  const seconds = (performance.now() - began) / 1000;
  clearInterval(timer);
  if (run.error !== undefined) throw new Error(`the engine failed:\n${run.messages.join("\n")}`);
  return {
    seconds,
    memory,
    state: statSync(join(folder, ".pulumi", "stacks", project, "demo.json")).size / megabyte,
    run,
  };
}

/** The peak of the provider's resident memory, as Linux records it. */
function providerMemory(): number | undefined {
  const peaks = descendants().flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (!/dynamic-provider|pulumi-resource-akamai-edge/.test(command)) return [];
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      return kilobytes === undefined ? [] : [(Number(kilobytes) * 1024) / megabyte];
    } catch {
      // The process ended meanwhile, or the system has no such files.
      return [];
    }
  });
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}
