import type { EventRecord } from "../debug/trace";
import type { Code } from "../runtime/code";
import type { Engine } from "../runtime/engine";
import { Instance } from "../runtime/instance";
import type { Failure } from "../runtime/lane";
import type { Effects, EventName, LogLine, Measured, RequestData, ResponseData } from "../runtime/protocol";
import { manifestOf } from "./sites";
import { type Asker, type Fetcher, type SubRequestRecord, SubRequests } from "./subRequests";

const NOTHING: Measured = { threadMs: 0, cpuMs: 0, wallMs: 0, memoryBytes: 0 };

/** What came of an event. */
export type EventOutcome =
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "done"; readonly effects: Effects; readonly body: AsyncIterable<Uint8Array> };

/** The handlers of one request, one after the other. */
export class Events {
  readonly records: EventRecord[] = [];
  readonly subRequests: SubRequestRecord[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly code: Code,
    private readonly asker: Asker,
    private readonly fetcher: Fetcher,
    private readonly now: () => number,
    private readonly onLog: (event: EventName, line: LogLine) => void,
    private readonly onFailure: (event: EventName, failure: Failure) => void,
  ) {}

  async run(
    name: EventName,
    request: RequestData,
    more: { readonly response?: ResponseData; readonly body?: Uint8Array } = {},
  ): Promise<EventOutcome> {
    const instance = await this.engine.take(this.code);
    if (!(instance instanceof Instance)) return this.#failed(name, instance, NOTHING, NOTHING, []);
    const first = this.records.length === 0 ? instance.initialization : NOTHING;
    if (!instance.handlers.has(name)) {
      this.engine.release(instance);
      if (name !== "responseProvider")
        this.#record(name, "UnimplementedEventHandler", undefined, first, NOTHING, []);
      return { kind: "absent" };
    }
    const logs: LogLine[] = [];
    const { tier } = this.code;
    const limits = name === "responseProvider" ? tier.responseProvider : tier.event;
    const subRequests = new SubRequests(limits, this.asker, name, this.fetcher, this.subRequests);
    const chunks = new Chunks();
    const { result, body } = instance.run(
      { name, now: this.now(), request, ...more },
      {
        onLog: (line) => {
          logs.push(line);
          this.onLog(name, line);
        },
        subRequest: (sent) => subRequests.send(sent),
        onChunk: (bytes) => chunks.push(bytes),
      },
    );
    void body.then(({ failure }) => {
      this.engine.release(instance);
      if (failure !== undefined) this.onFailure(name, failure);
      chunks.end(failure);
    });
    const ended = await result;
    if (!ended.ok) return this.#failed(name, ended.failure, first, ended.measured, logs);
    this.#record(name, "Success", undefined, first, ended.measured, logs);
    return { kind: "done", effects: ended.effects, body: chunks };
  }

  #failed(
    name: EventName,
    failure: Failure,
    initialization: Measured,
    measured: Measured,
    logs: readonly LogLine[],
  ): EventOutcome {
    if (initialization === NOTHING && measured === NOTHING) this.onFailure(name, failure);
    this.#record(name, failure.status, failure.message, initialization, measured, logs);
    return { kind: "failed", failure };
  }

  #record(
    event: EventName,
    status: EventRecord["status"],
    message: string | undefined,
    initialization: Measured,
    measured: Measured,
    logs: readonly LogLine[],
  ): void {
    const { edgeWorkerId, version, tier } = this.code;
    const { name } = manifestOf(this.code);
    this.records.push({
      event,
      edgeWorkerId,
      version,
      name,
      tier: tier.id,
      status,
      message,
      initialization,
      measured,
      logs,
    });
  }
}

/** Chunks that come while they are read. */
class Chunks implements AsyncIterable<Uint8Array> {
  readonly #waiting: Uint8Array[] = [];
  #ended: { readonly failure: Failure | undefined } | undefined;
  #wake: () => void = () => undefined;

  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#wake();
  }

  end(failure: Failure | undefined): void {
    this.#ended = { failure };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended !== undefined) {
        const { failure } = this.#ended;
        if (failure !== undefined) throw new Error(`${failure.status}: ${failure.message}`);
        return;
      } else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
