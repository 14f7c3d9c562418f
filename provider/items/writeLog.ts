/** What is known to be in a group while it is being written: the journal of a run, and what its state becomes. */
import { type Difference, indexOf, inRun, type Manifest, manifestOf } from "./manifest";

export class WriteLog {
  /** By the number of the key in the wanted listing: what is there of it, as far as is known. */
  readonly #marks: (string | undefined)[];
  /** Items that are there and are to go. */
  readonly #leftovers: Map<string, string>;
  /** By the same number: whether it is still to be written. */
  readonly #due: Uint8Array;

  /**
   * @param isStale whether an item that is as it should be has to be written all the same, told by its mark
   */
  constructor(
    readonly wanted: Manifest,
    private readonly before: Manifest,
    { added, changed, removed }: Difference,
    readonly run: number,
    isStale: (fingerprint: string) => boolean,
  ) {
    this.#marks = wanted.keys.map((key) => before.fingerprints[indexOf(before, key)]);
    this.#leftovers = new Map(removed.map((key) => [key, before.fingerprints[indexOf(before, key)] as string]));
    this.#due = new Uint8Array(wanted.keys.length);
    for (const key of [...added, ...changed]) this.#due[indexOf(wanted, key)] = 1;
    for (const [index, fingerprint] of this.#marks.entries()) if (fingerprint !== undefined && isStale(fingerprint)) this.#due[index] = 1;
  }

  /** Keys that are still to be written. */
  get due(): number {
    return this.#due.reduce((sum, one) => sum + one, 0);
  }

  isDue(index: number): boolean {
    return this.#due[index] === 1;
  }

  wrote(index: number): void {
    this.#marks[index] = inRun(this.wanted.fingerprints[index] as string, this.run);
    this.#due[index] = 0;
  }

  deleted(key: string): void {
    this.#leftovers.delete(key);
  }

  /** It was written, but nobody has seen it. */
  markUnverified(key: string): void {
    const index = indexOf(this.wanted, key);
    if (index >= 0) this.#marks[index] = undefined;
  }

  /** It was deleted, but is still to be seen. Of what was no item of this listing, nothing is kept. */
  markUndeleted(key: string): void {
    const index = indexOf(this.before, key);
    if (index >= 0 && indexOf(this.wanted, key) < 0) this.#leftovers.set(key, this.before.fingerprints[index] as string);
  }

  /** All that is there, as far as is known. */
  manifest(): Manifest {
    return manifestOf(this.#present());
  }

  *#present(): Generator<readonly [key: string, mark: string]> {
    for (const [index, key] of this.wanted.keys.entries()) {
      const fingerprint = this.#marks[index];
      if (fingerprint !== undefined) yield [key, fingerprint];
    }
    yield* this.#leftovers;
  }

  /** Whether the state knew nothing of the item. */
  isNew(key: string): boolean {
    return indexOf(this.before, key) < 0;
  }
}
