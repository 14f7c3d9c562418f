/** Milliseconds between two writes of the state. */
export const SAVE_INTERVAL = 250;

/**
 * Writes a state that changes often: at most once in an interval, and at the end. A write that takes longer than the interval is given
 * as much time before the next one, so that a big state costs half of the time at most.
 */
export class SavedState {
  #timer: NodeJS.Timeout | undefined;
  #pause = 0;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly write: () => void,
    private readonly interval = SAVE_INTERVAL,
  ) {}

  /** The state has changed. Throws what has kept an earlier change from being written. */
  changed(): void {
    this.#throwFailure();
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastWrite + Math.max(this.interval, this.#pause) - performance.now());
    if (wait === 0) this.#write();
    else this.#timer = setTimeout(() => this.#writeLater(), wait);
  }

  /** Writes what is not written yet. */
  flush(): void {
    this.#throwFailure();
    if (this.#timer !== undefined) this.#write();
  }

  #writeLater(): void {
    try {
      this.#write();
    } catch (error) {
      this.#failure = { error };
    }
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const began = performance.now();
    this.write();
    this.#lastWrite = performance.now();
    this.#pause = this.#lastWrite - began;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }
}
