/** One poll for all who wait for the same listing. */
import type { Context } from "../runtime/context";

interface Read<T> {
  readonly began: number;
  readonly value: T;
}

/** Milliseconds: a read that is not older serves whoever has not seen it. Many who confirm what they saw take turns else. */
const freshMs = 400;

/** Reads of one listing. Whoever asks while a read is on its way shares the next one. */
export class SharedRead<T> {
  #last: Read<T> | undefined;
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<Read<T>> | undefined;

  constructor(
    private readonly clock: Context["clock"],
    private readonly load: () => Promise<T>,
  ) {}

  /**
   * A read that began after `since`. One that is over serves as well while it is fresh, or younger than half the time since then: who
   * waits long needs no read of his own.
   */
  async after(since: number): Promise<T> {
    const last = this.#last;
    const now = this.clock.now();
    if (last !== undefined && last.began > since && now - last.began < Math.max(freshMs, (now - since) / 2))
      return last.value;
    this.#next ??= this.#readNext();
    return (await this.#next).value;
  }

  async #readNext(): Promise<Read<T>> {
    await this.#current;
    this.#next = undefined;
    const began = this.clock.now();
    const loading = this.load();
    this.#current = loading.catch(() => undefined);
    const read = { began, value: await loading };
    this.#last = read;
    return read;
  }
}

/**
 * What one who waits observes: each call is a read that began after the one before.
 * @param ageSeconds how old the first one may be. Default: it begins now
 */
export function observeShared<T>(
  { clock }: Context,
  shared: SharedRead<T>,
  ageSeconds = 0,
): () => Promise<T> {
  let since = clock.now() - ageSeconds * 1000;
  return async () => {
    const asked = clock.now();
    const value = await shared.after(since);
    since = asked;
    return value;
  };
}
