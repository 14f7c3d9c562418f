/** The stacks that earlier versions left behind, each with its account: tests/engine/states, made by `npm run keep-state`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/root";
import type { Adapter } from "./adapters";
import { EngineTest } from "./engine";

const states = join(root, "tests", "engine", "states");

export const keptVersions: readonly string[] = readdirSync(states).sort();

export type KeptFile = "account" | "checkpoint" | "closures";

export const readKept = (version: string, file: KeptFile) =>
  readFileSync(join(states, version, `${file}.json`), "utf8");

const dayMs = 86_400_000;

/**
 * A text of account or state, with everything in it so much earlier as if it was loaded so much later. Times are milliseconds, ISO 8601 or days; those that are
 * far from when the state was made are no times of it, such as the end of a token that never ends.
 */
function agedBy(days: number, made: number): (text: string) => string {
  const isOfIt = (time: number) => Math.abs(time - made) < 2 * 365 * dayMs;
  const earlier = (time: number) => time - days * dayMs;
  return (text) =>
    text
      .replace(/(?<=[\s:[])\d{13}(?=[,\s\]}])/g, (found) =>
        isOfIt(Number(found)) ? String(earlier(Number(found))) : found,
      )
      .replace(
        /(?<=")(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d)?([.\d]*Z)?(?=")/g,
        (found, day: string, time = "", rest = "") =>
          isOfIt(Date.parse(day))
            ? `${new Date(earlier(Date.parse(day))).toISOString().slice(0, 10)}${time}${rest}`
            : found,
      );
}

/** A stack and an account as the version left them. */
export async function restored(version: string, daysAgo: number, adapter?: Adapter): Promise<EngineTest> {
  const account = readKept(version, "account");
  const aged = agedBy(daysAgo, (JSON.parse(account) as { now: number }).now);
  const engine = await EngineTest.start({}, undefined, adapter);
  engine.emulator.state.put(JSON.parse(aged(account)));
  // The engine reads and deletes with the settings of the state, not with those of the stack: its emulator is where this one is.
  const checkpointHere = aged(readKept(version, "checkpoint")).replaceAll(
    '"emulator/',
    `"${engine.emulator.dir}/`,
  );
  const { version: format, checkpoint } = JSON.parse(checkpointHere) as {
    version: number;
    checkpoint: { latest: object };
  };
  await engine.stack.importStack({ version: format, deployment: checkpoint.latest });
  return engine;
}
