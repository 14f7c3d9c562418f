import type { Run } from "../engine";

/** One step: its promise, what it does, and the proof. */
export interface Step {
  readonly title: string;
  readonly act: () => Promise<Run>;
  /** Returns what came out, in lines. Fails when that is not what the title promises. */
  readonly prove: (run: Run) => Promise<string[]> | string[];
}

export function expect(truth: boolean, what: string): void {
  if (!truth) throw new Error(`expected ${what}`);
}

/** `op name` for every step of the engine that was not "same". */
export function changesOf(run: Run): string[] {
  return run.steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
}

/** The messages of a run that match, each once. */
export function messagesOf(run: Run, pattern: RegExp): string[] {
  const found = run.messages.flatMap((message) => message.split("\n")).filter((line) => pattern.test(line));
  expect(found.length > 0, `a message like ${pattern.source}`);
  return [...new Set(found)];
}
