/**
 * The write log of one run: what is in the group as far as is known, and what is still to be written. The
 * state is made from it.
 */
import { type Difference, indexOf, inRun, type Manifest, manifestOf } from "./manifest";

export class WriteLog {
  /** Fingerprints of what is in the group, by the index of the key in `wanted`. */
  readonly #fingerprints: (string | undefined)[];
  /** Items that are in the group and are to be deleted, with their fingerprints. */
  readonly #leftovers: Map<string, string>;
  /** 1 for each index in `wanted` that is still to be written. */
  readonly #due: Uint8Array;

  /**
   * @param run the number of this run in the new fingerprints
   * @param isExpired whether an item must be written again although its value is the wanted one
   */
  constructor(
    readonly wanted: Manifest,
    private readonly before: Manifest,
    { added, changed, removed }: Difference,
    readonly run: number,
    isExpired: (fingerprint: string) => boolean,
  ) {
    this.#fingerprints = wanted.keys.map((key) => before.fingerprints[indexOf(before, key)]);
    this.#leftovers = new Map(
      removed.map((key) => [key, before.fingerprints[indexOf(before, key)] as string]),
    );
    this.#due = new Uint8Array(wanted.keys.length);
    for (const key of [...added, ...changed]) this.#due[indexOf(wanted, key)] = 1;
    for (const [index, fingerprint] of this.#fingerprints.entries()) {
      if (fingerprint !== undefined && isExpired(fingerprint)) this.#due[index] = 1;
    }
  }

  /** How many items are still to be written. */
  get due(): number {
    return this.#due.reduce((sum, one) => sum + one, 0);
  }

  isDue(index: number): boolean {
    return this.#due[index] === 1;
  }

  markWritten(index: number): void {
    this.#fingerprints[index] = inRun(this.wanted.fingerprints[index] as string, this.run);
    this.#due[index] = 0;
  }

  markDeleted(key: string): void {
    this.#leftovers.delete(key);
  }

  /** The item was written, but no read has shown it. The next run writes it again. */
  markUnverified(key: string): void {
    const index = indexOf(this.wanted, key);
    if (index >= 0) this.#fingerprints[index] = undefined;
  }

  /**
   * The item was deleted, but reads still show it. The next run deletes it again. A foreign item is not
   * recorded.
   */
  markUndeleted(key: string): void {
    const index = indexOf(this.before, key);
    if (index >= 0 && indexOf(this.wanted, key) < 0)
      this.#leftovers.set(key, this.before.fingerprints[index] as string);
  }

  /** All that is in the group, as far as is known. */
  manifest(): Manifest {
    return manifestOf(this.#present());
  }

  *#present(): Generator<readonly [key: string, fingerprint: string]> {
    for (const [index, key] of this.wanted.keys.entries()) {
      const fingerprint = this.#fingerprints[index];
      if (fingerprint !== undefined) yield [key, fingerprint];
    }
    yield* this.#leftovers;
  }

  /** Whether the state did not have the item. */
  isNew(key: string): boolean {
    return indexOf(this.before, key) < 0;
  }
}
