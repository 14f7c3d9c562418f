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

export type Severity = "info" | "warning";

/** Takes a line to the engine; undefined where it is to be printed. `urn` is empty for what belongs to no resource. */
export type TakeLine = (severity: Severity, message: string, urn: string) => Promise<void> | undefined;

/** The lines of a run, by both adapters. Each is shown once for its resource: the engine checks one that is being replaced twice. */
export class RunLog {
  readonly #shown = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly take: TakeLine,
    private readonly print: (line: string) => void,
  ) {}

  /** The logger of a resource, by its URN, or of the run itself. */
  logger(urn = ""): Logger {
    return {
      info: (message) => this.#add("info", message, urn),
      warn: (message) => this.#add("warning", message, urn),
    };
  }

  /** Resolves when every line so far has arrived: after the last answer the engine may end. */
  async delivered(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #add(severity: Severity, message: string, urn: string): void {
    const line = severity === "warning" ? `warning: ${message}` : message;
    const key = `${urn}\n${line}`;
    if (this.#shown.has(key)) return;
    this.#shown.add(key);
    const taken = this.take(severity, message, urn);
    if (taken === undefined) {
      this.print(line);
      return;
    }
    const sending = taken.catch(() => this.print(line)).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }
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
  const log = new RunLog(
    (severity, message) => (severity === "warning" ? sendWarning?.(message) : undefined),
    print,
  );
  return { ...log.logger(), delivered: () => log.delivered() };
}

/** A logger whose lines are fit to be printed, whatever is in them. */
export function guardedLogger({ info, warn }: Logger, redact: Redact): Logger {
  const guard = (message: string) => printable(redact(message));
  return { info: (message) => info(guard(message)), warn: (message) => warn(guard(message)) };
}
