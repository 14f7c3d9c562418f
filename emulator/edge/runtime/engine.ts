import type { Code } from "./code";
import { Instance } from "./instance";
import { type Failure, Lane } from "./lane";

/** Idle instances that each version keeps, and versions that keep any. */
const IDLE_PER_VERSION = 4;
const VERSIONS = 16;

/** Instances of the engine, by version. One runs one event at a time. A worker without code stands by for the next version or after a kill. */
export class Engine {
  readonly #idle = new Map<string, Instance[]>();
  readonly #all = new Set<Lane>();
  readonly #cpuFactor: number;
  readonly #isFresh: boolean;
  #spare: Lane | undefined;
  #isClosed = false;

  /** @param isFresh each event has an instance of its own: nothing is left of the one before */
  constructor(cpuFactor: number, isFresh = false) {
    this.#cpuFactor = cpuFactor;
    this.#isFresh = isFresh;
  }

  /** Starts the worker that stands by. */
  warmUp(): void {
    if (this.#spare?.isDead) this.#spare = undefined;
    if (!this.#isClosed) this.#spare ??= this.#newLane();
  }

  /** An instance of a version, for one event. `failure` when its code does not start. */
  async take(code: Code): Promise<Instance | Failure> {
    if (code.checksum === "")
      return { status: "UnknownEdgeWorker", message: `EdgeWorker ${code.edgeWorkerId} is not active` };
    const idle = this.#idle.get(keyOf(code));
    for (let one = idle?.pop(); one !== undefined; one = idle?.pop()) if (!one.lane.isDead) return one;
    this.warmUp();
    const lane = this.#spare ?? this.#newLane();
    this.#spare = undefined;
    await lane.started;
    const started = await Instance.start(lane, code, this.#cpuFactor);
    if (started instanceof Instance) {
      this.warmUp();
      return started;
    }
    this.#end(lane);
    this.warmUp();
    return started;
  }

  /** Gives an instance back. */
  release(instance: Instance): void {
    if (instance.lane.isDead || (this.#isFresh && instance.hasRun)) {
      this.#end(instance.lane);
      this.warmUp();
      return;
    }
    const key = keyOf(instance.code);
    const idle = this.#idle.get(key) ?? [];
    this.#idle.delete(key);
    this.#idle.set(key, idle);
    if (idle.length >= IDLE_PER_VERSION || this.#isClosed) {
      this.#end(instance.lane);
      return;
    }
    idle.push(instance);
    for (const [oldest, instances] of this.#idle) {
      if (this.#idle.size <= VERSIONS) break;
      this.#idle.delete(oldest);
      for (const { lane } of instances) this.#end(lane);
    }
  }

  /** How many worker threads there are. */
  get size(): number {
    return this.#all.size;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map((lane) => lane.close()));
    this.#all.clear();
  }

  #newLane(): Lane {
    const lane = new Lane();
    this.#all.add(lane);
    return lane;
  }

  #end(lane: Lane): void {
    this.#all.delete(lane);
    void lane.close();
  }
}

const keyOf = ({ edgeWorkerId, version, checksum, tier }: Code): string =>
  `${edgeWorkerId} ${version} ${checksum} ${tier.id}`;
