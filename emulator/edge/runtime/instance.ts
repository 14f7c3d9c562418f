import type { Code } from "./code";
import type { Failure, Lane } from "./lane";
import type {
  Effects,
  EventName,
  FromWorker,
  LogLine,
  Measured,
  RequestData,
  ResponseData,
  SubRequest,
  SubResponse,
} from "./protocol";

const NOTHING: Measured = { threadMs: 0, cpuMs: 0, wallMs: 0, memoryBytes: 0 };

export interface EventInput {
  readonly name: EventName;
  readonly now: number;
  readonly request: RequestData;
  readonly response?: ResponseData;
  readonly body?: Uint8Array;
}

export interface EventHost {
  readonly onLog: (line: LogLine) => void;
  readonly subRequest: (request: SubRequest) => Promise<SubResponse>;
  /** A part of the body of a response provider. */
  readonly onChunk: (bytes: Uint8Array) => void;
}

export type EventResult =
  | { readonly ok: true; readonly effects: Effects; readonly measured: Measured }
  | { readonly ok: false; readonly failure: Failure; readonly measured: Measured };

/** What came after the head of a response provider. */
export interface BodyEnd {
  readonly failure?: Failure;
  readonly measured: Measured;
}

/** One engine instance with the code of a version. */
export class Instance {
  /** Whether an event ran in it. */
  hasRun = false;

  private constructor(
    readonly lane: Lane,
    readonly code: Code,
    readonly handlers: ReadonlySet<string>,
    readonly initialization: Measured,
    readonly cpuFactor: number,
  ) {}

  static async start(lane: Lane, code: Code, cpuFactor: number): Promise<Instance | Failure> {
    const { cpuMs, wallMs } = code.tier.initialization;
    const bounds = {
      cpuMs: cpuMs * cpuFactor,
      wallMs: wallMs * cpuFactor,
      memoryBytes: Number.POSITIVE_INFINITY,
      onCpu: "InitCpuTimeoutError",
      onWall: "InitWallTimeoutError",
    } as const;
    const linking = { ...bounds, cpuMs: 10_000, wallMs: 10_000 };
    const result = await new Promise<Extract<FromWorker, { type: "loaded" }> | Failure>((resolve) => {
      const onMessage = (message: FromWorker) => {
        if (message.type === "running")
          lane.settle().then(() => lane.isBusy && lane.watch(bounds, onMessage, resolve));
        if (message.type === "loaded") resolve(message);
        if (message.type === "failed") resolve({ status: message.status, message: message.message });
      };
      lane.watch(linking, onMessage, resolve);
      lane.post({ type: "load", files: code.files, now: Date.now() });
    });
    lane.finish();
    if (!("handlers" in result)) return result;
    await lane.settle();
    return new Instance(lane, code, new Set(result.handlers), result.measured, cpuFactor);
  }

  /** Runs an event. `body` is fulfilled when the body of a response provider is over. */
  run(input: EventInput, host: EventHost): { result: Promise<EventResult>; body: Promise<BodyEnd> } {
    this.hasRun = true;
    const { tier } = this.code;
    const limits = input.name === "responseProvider" ? tier.responseProvider : tier.event;
    const memoryBytes = limits.memoryMb * 1024 * 1024;
    const bounds = {
      cpuMs: limits.cpuMs * this.cpuFactor,
      wallMs: limits.wallMs,
      memoryBytes,
      onCpu: "CpuTimeoutError",
      onWall: "WallTimeoutError",
    } as const;
    const result = Promise.withResolvers<EventResult>();
    const body = Promise.withResolvers<BodyEnd>();
    const finish = (measured: Measured) => {
      this.lane.settled(measured.threadMs);
      this.lane.finish();
    };
    const fail = (failure: Failure, measured: Measured = NOTHING) => {
      finish(measured);
      result.resolve({ ok: false, failure, measured });
      body.resolve({ failure, measured });
    };
    let rejected = "";
    const onMessage = (message: FromWorker) => {
      if (message.type === "rejected") rejected = `, and nobody awaited ${message.message}`;
      if (message.type === "log") host.onLog(message.line);
      if (message.type === "chunk") host.onChunk(message.bytes);
      if (message.type === "subrequest") {
        const { id } = message;
        host
          .subRequest(message.request)
          .then((answer) => this.lane.post({ type: "subresponse", id, result: answer }));
      }
      if (message.type === "failed") {
        const { status, message: text } = message;
        fail({ status, message: text }, message.measured);
        // What the code keeps would burden the next event.
        if (status === "ResourceLimit") void this.lane.close();
      }
      if (message.type === "done") {
        const { effects, measured } = message;
        if (effects.provided === undefined) {
          finish(measured);
          body.resolve({ measured });
        }
        result.resolve({ ok: true, effects, measured });
      }
      if (message.type === "end") {
        finish(message.measured);
        const { error, measured } = message;
        body.resolve({
          ...(error !== undefined && { failure: { status: "ExecutionError", message: error } }),
          measured,
        });
      }
    };
    this.lane.watch(bounds, onMessage, ({ status, message }) =>
      fail(
        { status, message: status === bounds.onWall ? `${message}${rejected}` : message },
        { ...NOTHING, wallMs: bounds.wallMs },
      ),
    );
    this.lane.post({ type: "event", ...input, memoryBytes });
    return { result: result.promise, body: body.promise };
  }
}
