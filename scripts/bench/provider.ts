import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Run, watch } from "../engine";
import { descendants, statOf } from "../processes";

/** What one run of the engine took. */
export interface Measured {
  readonly seconds: number;
  /**
   * The most memory that the provider's process had at any time, in MB. Undefined where the system has no
   * such number.
   */
  readonly memory: number | undefined;
  /** Seconds of a processor that the provider's process took, its start included: other work on the machine leaves them alone. */
  readonly cpu: number | undefined;
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
  let cpu: number | undefined;
  const timer = setInterval(() => {
    for (const now of providerProcesses()) {
      memory = Math.max(memory ?? 0, now.memory);
      cpu = Math.max(cpu ?? 0, now.cpu);
    }
  }, 250);
  const began = performance.now();
  const run = await watch(act);
  const seconds = (performance.now() - began) / 1000;
  clearInterval(timer);
  if (run.error !== undefined) throw new Error(`the engine failed:\n${run.messages.join("\n")}`);
  return {
    seconds,
    memory,
    cpu,
    state: statSync(join(folder, ".pulumi", "stacks", project, "demo.json")).size / megabyte,
    run,
  };
}

/** Clock ticks in a second, in the files of Linux. */
const ticks = 100;

/** The peak of the provider's resident memory, in MB, and its seconds of a processor, as Linux records them. */
function providerProcesses(): { readonly memory: number; readonly cpu: number }[] {
  return descendants().flatMap((pid) => {
    try {
      const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, "utf8");
      if (!/dynamic-provider|pulumi-resource-akamai-edge/.test(read("cmdline"))) return [];
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(read("status")) ?? [];
      // 11 and 12 are user and system time.
      const numbers = statOf(pid);
      const cpu = (Number(numbers[11]) + Number(numbers[12])) / ticks;
      return kilobytes === undefined ? [] : [{ memory: (Number(kilobytes) * 1024) / megabyte, cpu }];
    } catch {
      // The process ended meanwhile, or the system has no such files.
      return [];
    }
  });
}
