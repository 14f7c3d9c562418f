import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { FromWorker, Status, ToWorker } from "./protocol";

/** The fence around a worker. Smaller ones make the engine fail at its start, or end the whole process. */
const FENCE = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 8, stackSizeMb: 2 };
/** Buffers are outside of the fence. What a handler has of them beyond its limit by this much ends it. */
const BUFFER_MARGIN = 16 * 1024 * 1024;
const POLL_MS = 5;
/** CPU milliseconds that a question for CPU time takes of the thread itself. They are not the code's. */
const QUESTION_MS = 0.5;
/** How often the wall time of a thread that computes is prolonged. */
const MAX_PERIODS = 4;

export interface Bounds {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly memoryBytes: number;
  readonly onCpu: Status;
  readonly onWall: Status;
}

export interface Failure {
  readonly status: Status;
  readonly message: string;
}

interface Current {
  readonly bounds: Bounds;
  readonly onMessage: (message: FromWorker) => void;
  readonly onFailure: (failure: Failure) => void;
  wall: NodeJS.Timeout;
  readonly poll: NodeJS.Timeout;
  readonly activeBefore: number;
  readonly cpuBefore: number;
  isAsking: boolean;
  /** Questions for CPU time so far. */
  questions: number;
  /** The active time at which CPU time is asked for next. */
  askAt: number;
}

/** One worker thread, and the watch over what runs in it. Limits are CPU time of the thread, so a busy machine does not fake them. */
export class Lane {
  readonly #worker: Worker;
  readonly started: Promise<void>;
  /** The thread's CPU milliseconds when its event began: what it did between two events is not the code's. The thread writes it. */
  readonly #began = new Float64Array(new SharedArrayBuffer(8));
  #current: Current | undefined;
  #isDead = false;
  #cpu = 0;

  constructor() {
    this.#worker = new Worker(join(__dirname, "worker.js"), {
      execArgv: ["--experimental-vm-modules", "--no-warnings"],
      resourceLimits: FENCE,
      env: {},
      workerData: this.#began,
      stdin: false,
    });
    this.#worker.unref();
    this.started = new Promise((resolve) => {
      this.#worker.once("message", () => resolve());
      this.#worker.once("exit", () => resolve());
    });
    this.#worker.on("message", (message: FromWorker) => this.#current?.onMessage(message));
    this.#worker.on("error", (error: Error & { code?: string }) => {
      const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#fail({ status: isMemory ? "ResourceLimit" : "RuntimeError", message: error.message });
    });
    this.#worker.on("exit", () => this.#fail({ status: "RuntimeError", message: "the worker ended" }));
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  post(message: ToWorker): void {
    if (!this.#isDead) this.#worker.postMessage(message);
  }

  /** Watches over what runs from now on, until `finish`. */
  watch(bounds: Bounds, onMessage: Current["onMessage"], onFailure: Current["onFailure"]): void {
    this.finish();
    const poll = setInterval(() => void this.#check(), POLL_MS);
    this.#current = {
      bounds,
      onMessage,
      onFailure,
      wall: setTimeout(() => this.#late(MAX_PERIODS), bounds.wallMs),
      poll,
      activeBefore: this.#active(),
      cpuBefore: this.#cpu,
      isAsking: false,
      questions: 0,
      askAt: bounds.cpuMs,
    };
    if (this.#isDead) this.#fail({ status: "RuntimeError", message: "the worker ended" });
  }

  /** The wall time is over. A thread that computed all the time was slowed down by the machine: its CPU time decides, for a while. */
  #late(periods: number): void {
    const current = this.#current;
    if (current === undefined) return;
    const { wallMs, onWall } = current.bounds;
    const elapsed = wallMs * (MAX_PERIODS - periods + 1);
    if (periods > 0 && this.#active() - current.activeBefore > 0.9 * elapsed) {
      current.wall = setTimeout(() => this.#late(periods - 1), wallMs);
      return;
    }
    this.#kill({ status: onWall, message: `took more than ${wallMs} ms` });
  }

  /** Ends the watch. `cpuMs` is what the event took. */
  finish(): void {
    const current = this.#current;
    if (current === undefined) return;
    clearTimeout(current.wall);
    clearInterval(current.poll);
    this.#current = undefined;
  }

  async close(): Promise<void> {
    this.#isDead = true;
    this.finish();
    await this.#worker.terminate();
  }

  #active(): number {
    return this.#worker.performance.eventLoopUtilization().active;
  }

  /** Active time is free to read. Each question for CPU time wakes the worker, so it is asked only once active time is over the limit. */
  async #check(): Promise<void> {
    const current = this.#current;
    if (current === undefined || current.isAsking) return;
    const active = this.#active() - current.activeBefore;
    if (active < current.askAt) return;
    current.isAsking = true;
    try {
      const used = (await this.#cpuSince(current, active)) - current.questions * QUESTION_MS;
      current.questions += 1;
      if (this.#current !== current) return;
      if (used > current.bounds.cpuMs)
        return this.#kill({
          status: current.bounds.onCpu,
          message: `used more than ${current.bounds.cpuMs} ms of CPU time`,
        });
      // Not sooner than it can be over: each question takes CPU time itself.
      current.askAt = active + Math.max(1, current.bounds.cpuMs - used);
      const heap = await this.#worker.getHeapStatistics?.();
      const buffers = heap?.external_memory ?? 0;
      if (this.#current === current && buffers > current.bounds.memoryBytes + BUFFER_MARGIN)
        this.#kill({ status: "ResourceLimit", message: `holds ${buffers} bytes in buffers` });
    } catch {
      // The worker has ended: its exit says so.
    } finally {
      current.isAsking = false;
    }
  }

  /** CPU milliseconds of the thread since the watch began. Without the call, in older versions of Node.js, active time. */
  async #cpuSince(current: Current, active: number): Promise<number> {
    if (typeof this.#worker.cpuUsage !== "function") return active;
    const { user, system } = await this.#worker.cpuUsage();
    return (user + system) / 1000 - Math.max(current.cpuBefore, this.#began[0] ?? 0);
  }

  /** Reads the thread's CPU time between two events. */
  async settle(): Promise<void> {
    if (this.#isDead || typeof this.#worker.cpuUsage !== "function") return;
    try {
      const { user, system } = await this.#worker.cpuUsage();
      this.#cpu = (user + system) / 1000;
    } catch {
      this.#isDead = true;
    }
  }

  /** What the thread had used when an event ended: the worker says it with the result. */
  settled(threadMs: number): void {
    this.#cpu = Math.max(this.#cpu, threadMs);
  }

  #kill(failure: Failure): void {
    this.#fail(failure);
    void this.#worker.terminate();
  }

  #fail(failure: Failure): void {
    this.#isDead = true;
    const current = this.#current;
    this.finish();
    current?.onFailure(failure);
  }
}
