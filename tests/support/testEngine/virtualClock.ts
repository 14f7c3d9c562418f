import { subscribe } from "node:diagnostics_channel";
import type { Clock } from "../../../provider/runtime/clock";

/** HTTP requests of this process that wait for their answer. */
let onTheirWay = 0;
subscribe("http.client.request.start", () => {
  onTheirWay += 1;
});
for (const end of ["http.client.response.finish", "http.client.request.error"])
  subscribe(end, () => {
    onTheirWay = Math.max(0, onTheirWay - 1);
  });

/** Rounds of the event loop without anything to do, after which everybody is taken to wait for the clock. */
const quietRounds = 4;

/** Fulfilled when no request is on its way and whoever could go on has gone on. */
export async function quiet(rounds = quietRounds): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    if (onTheirWay > 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      round = 0;
    } else {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** The emulator's clock. */
interface TurnableClock {
  now(): number;
  advance(seconds: number): void;
}

/**
 * Time that passes only while all wait for it, and then at once, up to the moment that the first one waits for: handlers that run side by side sleep side
 * by side, and a wait of minutes takes none.
 */
export class VirtualClock implements Clock {
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  #isTurning = false;

  constructor(private readonly turnable: TurnableClock) {}

  now(): number {
    return this.turnable.now();
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => {
      const at = this.now() + Math.max(0, milliseconds);
      const later = this.#sleepers.findIndex((sleeper) => sleeper.at > at);
      this.#sleepers.splice(later < 0 ? this.#sleepers.length : later, 0, { at, wake });
      void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    if (this.#isTurning) return;
    this.#isTurning = true;
    while (this.#sleepers.length > 0) {
      await quiet();
      const first = this.#sleepers.shift();
      if (first === undefined) break;
      this.turnable.advance(Math.max(0, first.at - this.now()) / 1000);
      first.wake();
    }
    this.#isTurning = false;
  }
}
