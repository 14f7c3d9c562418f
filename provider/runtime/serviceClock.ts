/** The time of the service, which counts for what it is asked to do on a day. */
import type { Clock } from "./clock";

/** Milliseconds that are no difference: the header has whole seconds, and an answer takes its time. */
const tolerance = 5000;

/** The machine's clock, put right by what the service shows. Its offset is measured once for a run. */
export class ServiceClock {
  #offset: number | undefined;

  constructor(private readonly clock: Pick<Clock, "now">) {}

  /** Whether an answer has shown the time of the service. */
  get isMeasured(): boolean {
    return this.#offset !== undefined;
  }

  /** @param date the `Date` header of an answer that came just now */
  measure(date: string | undefined): void {
    if (this.#offset !== undefined || date === undefined) return;
    const offset = Date.parse(date) - this.clock.now();
    if (Number.isNaN(offset)) return;
    this.#offset = Math.abs(offset) < tolerance ? 0 : offset;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.clock.now() + (this.#offset ?? 0);
  }
}
