import type { Clock } from "../../../provider/runtime/clock";

/** A clock on which time goes on when nothing else is left to do, to the next sleeper that wakes. */
export class Timeline implements Clock {
  #now = 0;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  now = (): number => this.#now;

  sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => {
      const at = this.#now + milliseconds;
      // Sorted, latest first. Of two that wake at the same time, the first to sleep wakes first.
      const place = this.#sleepers.findLastIndex((other) => other.at > at) + 1;
      this.#sleepers.splice(place, 0, { at, wake });
    });

  /** Lets time go by until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    const end = { isReached: false };
    const done = work.finally(() => {
      end.isReached = true;
    });
    done.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (end.isReached) return done;
      const first = this.#sleepers.pop();
      if (first === undefined) throw new Error("nothing is in flight, and nothing waits");
      this.#now = Math.max(this.#now, first.at);
      first.wake();
    }
  }
}
