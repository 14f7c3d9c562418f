import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DirectoryError } from "./errors";
import { runningHolder } from "./lock";
import { OWN_FOLDER } from "./names";

/** What clients of a running emulator need, as it prints it. */
const Running = z.strictObject({
  pid: z.int(),
  url: z.string(),
  edgerc: z.string(),
  caFile: z.string(),
  controlUrl: z.string(),
  controlToken: z.string(),
});
export type Running = z.infer<typeof Running>;

/** The emulator that runs in a directory. Throws when there is none. */
export function readRunning(directory: string): Running {
  const own = join(directory, OWN_FOLDER);
  const pid = runningHolder(join(own, "lock"));
  if (pid === undefined) {
    throw new DirectoryError(
      `no emulator runs in ${directory}. Start one with akamai-edge emulator --dir ${directory}`,
    );
  }
  try {
    const running = Running.parse(JSON.parse(readFileSync(join(own, "running.json"), "utf8")));
    if (running.pid === pid) return running;
  } catch {
    // Not written yet, or left by an emulator that was killed.
  }
  throw new DirectoryError(
    `the emulator in ${directory} (process ${pid}) isn't ready yet. Try again in a second`,
  );
}
