/** What becomes due, and when. */
export interface Due<T> {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly what: T;
}

/**
 * What becomes due in a state, so that a request looks at that and not at all that the state has. It is no part of the state: what was
 * read from elsewhere is searched once. An entry may be out of date: whoever takes it looks at the object again.
 */
export class Agenda<S extends object, T> {
  /** Latest first. */
  readonly #entries = new WeakMap<S, Due<T>[]>();

  constructor(
    /** All that a state has in store. */
    private readonly find: (state: S) => Iterable<Due<T>>,
  ) {}

  add(state: S, at: number, what: T): void {
    const entries = this.#of(state);
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.at ?? 0) > at) low = middle + 1;
      else high = middle;
    }
    entries.splice(low, 0, { at, what });
  }

  /** Takes what is due at `now`, the earliest first. */
  take(state: S, now: number): T[] {
    const entries = this.#of(state);
    const taken: T[] = [];
    for (let next = entries.at(-1); next !== undefined && next.at <= now; next = entries.at(-1)) {
      taken.push(next.what);
      entries.pop();
    }
    return taken;
  }

  #of(state: S): Due<T>[] {
    const known = this.#entries.get(state);
    if (known !== undefined) return known;
    const found = [...this.find(state)].sort((a, b) => b.at - a.at);
    this.#entries.set(state, found);
    return found;
  }
}
