import { printable, type Redact } from "../errors";

/** Lines of a run for its user, beside the engine's own lines. */
export interface Logger {
  /** Something worth knowing: a delete that is scheduled, a deletion that will be undone. */
  info(message: string): void;
  /** Something that may hurt: a gap, an early end. */
  warn(message: string): void;
}

/** A logger whose lines may be on their way for a moment. */
export interface RunLogger extends Logger {
  /** Resolves when every line so far has arrived. */
  delivered(): Promise<void>;
}

/**
 * Lines on stdout: the engine shows what a dynamic provider prints there among the diagnostics of the stack, at preview too.
 *
 * @param sendWarning where warnings go instead, such as the engine's own log; what it doesn't take is printed
 */
export function printingLogger(
  print: (line: string) => void = (line) => console.log(line),
  sendWarning?: (message: string) => Promise<void>,
): RunLogger {
  const printed = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const once = (line: string, show: () => void) => {
    // The engine checks a resource that is being replaced twice; the person needs to read it once.
    if (printed.has(line)) return;
    printed.add(line);
    show();
  };
  const warn = (message: string) => {
    const line = `warning: ${message}`;
    if (sendWarning === undefined) return print(line);
    const sending = sendWarning(message)
      .catch(() => print(line))
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  };
  return {
    info: (message) => once(message, () => print(message)),
    warn: (message) => once(`warning: ${message}`, () => warn(message)),
    delivered: async () => void (await Promise.all(underWay)),
  };
}

/** A logger whose lines are fit to be printed, whatever is in them. */
export function guardedLogger({ info, warn }: Logger, redact: Redact): Logger {
  const guard = (message: string) => printable(redact(message));
  return { info: (message) => info(guard(message)), warn: (message) => warn(guard(message)) };
}
