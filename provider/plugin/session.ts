/**
 * What a process keeps between two calls of the engine. With an engine of its own a process serves one run. In attach mode it serves many: each `Configure`
 * begins a new one, which shares neither memory nor a cancellation with the one before.
 */
import { PreconditionError } from "../errors";
import { cancellable, formatDuration } from "../runtime/clock";
import type { Context } from "../runtime/context";
import type { SendLine } from "../runtime/engineLog";
import { type Logger, RunLog } from "../runtime/logger";

/** Opens the context of a run from the provider's settings. */
export type OpenContext = (
  config: (key: string) => string | undefined,
  logger: Logger,
  signal: AbortSignal,
) => Context;

/** What a call is about. */
export interface Call {
  /** The URN of the resource; empty for a function. */
  readonly urn: string;
  /** Seconds that `customTimeouts` gives it. 0: no limit. */
  readonly timeoutSeconds?: number;
}

const cancelled =
  "the run was cancelled, so nothing more was sent. What was done so far is kept: the next `pulumi up` goes on from there";

export class Session {
  #log: RunLog;
  #run = new AbortController();
  #context: Context | undefined;
  #send: SendLine | undefined;
  /** Calls that are not answered yet. */
  #acting = 0;

  constructor(
    private readonly open: OpenContext,
    private readonly print: (line: string) => void,
  ) {
    this.#log = this.#newLog();
  }

  get isActing(): boolean {
    return this.#acting > 0;
  }

  /** The engine that takes the lines of the run. */
  attach(send: SendLine): void {
    this.#send = send;
  }

  /** Begins a run. */
  configure(config: (key: string) => string | undefined): void {
    this.#run = new AbortController();
    this.#log = this.#newLog();
    this.#context = this.open(config, this.#log.logger(), this.#run.signal);
  }

  /** Ends waits, and what is sent after it. */
  cancel(): void {
    this.#run.abort(new PreconditionError(cancelled));
  }

  /** Does what the engine asks, with the context of the call: its logger, and its limit of time. */
  async act<T>({ urn, timeoutSeconds = 0 }: Call, work: (context: Context) => Promise<T>): Promise<T> {
    if (this.#context === undefined)
      throw new PreconditionError("the provider was not configured: the engine calls Configure first");
    const log = this.#log;
    const limit = new AbortController();
    const timer = timeoutSeconds > 0 ? this.#startTimer(limit, timeoutSeconds) : undefined;
    this.#acting += 1;
    try {
      const context = { ...this.#context, logger: log.logger(urn) };
      return await work(timer === undefined ? context : within(context, limit.signal));
    } finally {
      this.#acting -= 1;
      clearTimeout(timer);
      await log.delivered();
    }
  }

  #startTimer(limit: AbortController, seconds: number): NodeJS.Timeout {
    const message = `it was not done within the ${formatDuration(seconds)} that \`customTimeouts\` gives it, so nothing more was sent. What was done so far is kept: the next \`pulumi up\` goes on from there`;
    return setTimeout(() => limit.abort(new PreconditionError(message)), seconds * 1000);
  }

  #newLog(): RunLog {
    return new RunLog((...line) => this.#send?.(...line), this.print);
  }
}

/** The context with waits and reads that end with the signal. A change that is on its way is waited for: its outcome belongs into the state. */
export function within(context: Context, signal: AbortSignal): Context {
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  ended.catch(() => undefined);
  return {
    ...context,
    clock: cancellable(context.clock, signal),
    http: {
      send: async (request) => {
        signal.throwIfAborted();
        const sending = context.http.send(request);
        return request.method === "GET" ? Promise.race([sending, ended]) : sending;
      },
    },
  };
}
