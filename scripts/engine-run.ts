/**
 * `node dist/scripts/engine-run.js RUN`: one run of a stack that is there already, with the program in this process, to be killed with the engine and the
 * provider. RUN is JSON.
 */
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { openAgain } from "./engine";

/** The stack is as `openStack` has made it; `program` is the file of one. */
const Run = z.object({ folder: z.string(), cli: z.string(), project: z.string(), program: z.string(), act: z.enum(["up", "destroy"]) });

async function run(): Promise<void> {
  const { program, act, ...place } = Run.parse(JSON.parse(process.argv[2] ?? ""));
  const stack = await openAgain({ ...place, program: require(program) as PulumiFn });
  await stack[act]();
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
