/**
 * `node dist/scripts/engine-run.js RUN`: one run of an existing stack, with the program in this process.
 * Tests kill it together with the engine and the provider. RUN is JSON.
 */
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { openAgain } from "./engine";
import { natively } from "./nativeProgram";

/** A stack that `openStack` created, and the file of its program. */
const Run = z.object({
  folder: z.string(),
  cli: z.string(),
  project: z.string(),
  program: z.string(),
  act: z.enum(["up", "destroy"]),
  isNative: z.boolean().default(false),
});

async function run(): Promise<void> {
  const { program: file, act, isNative, ...location } = Run.parse(JSON.parse(process.argv[2] ?? ""));
  const program = require(file) as PulumiFn;
  const stack = await openAgain({ ...location, program: isNative ? natively(program) : program });
  await stack[act]();
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
