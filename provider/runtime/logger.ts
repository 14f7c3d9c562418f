import { printable, type Redact } from "../errors";

/** Lines of a run for its user, beside the engine's own lines. */
export interface Logger {
  /** Something worth knowing: a delete that is scheduled, a deletion that will be undone. */
  info(message: string): void;
  /** Something that may hurt: a gap, an early end. */
  warn(message: string): void;
}

/** Lines on stdout: the engine shows what a dynamic provider prints there among the diagnostics of the stack, at preview too. */
export function printingLogger(print: (line: string) => void = (line) => console.log(line)): Logger {
  const printed = new Set<string>();
  const once = (line: string) => {
    // The engine checks a resource that is being replaced twice; the person needs to read it once.
    if (printed.has(line)) return;
    printed.add(line);
    print(line);
  };
  return { info: once, warn: (message) => once(`warning: ${message}`) };
}

/** A logger whose lines are fit to be printed, whatever is in them. */
export function guardedLogger({ info, warn }: Logger, redact: Redact): Logger {
  const guard = (message: string) => printable(redact(message));
  return { info: (message) => info(guard(message)), warn: (message) => warn(guard(message)) };
}
