/**
 * The write log of one run: what is in the group as far as is known, and what is still to be written. The
 * state is made from it.
 */
import { FingerprintListBuilder } from "./fingerprintList";
import { absent, indexOf, type Manifest, pairsOf, sameContent, sortManifest } from "./manifest";
import { TextListBuilder } from "./textList";

/** What is known of an item: as the state has it, written in this run, or nothing. */
const [asBefore, written, unknown] = [0, 1, 2] as const;

export class WriteLog {
  /** By the index of the key in `wanted`. */
  readonly #known: Uint8Array;
  /** Index in `before`, by the index of the key in `wanted`; -1 where the state did not have the item. */
  readonly #before: Int32Array;
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
    readonly run: number,
    isExpired: (fingerprint: string) => boolean,
  ) {
    this.#known = new Uint8Array(wanted.keys.length);
    this.#due = new Uint8Array(wanted.keys.length);
    this.#before = new Int32Array(wanted.keys.length).fill(absent);
    this.#leftovers = new Map();
    for (const [old, index] of pairsOf(before, wanted)) {
      if (index === absent) {
        this.#leftovers.set(before.keys.at(old), before.fingerprints.at(old));
        continue;
      }
      const isSame =
        old !== absent && sameContent(before, old, wanted, index) && !isExpired(before.fingerprints.at(old));
      this.#before[index] = old;
      if (!isSame) this.#due[index] = 1;
    }
  }

  /** How many items are still to be written. */
  get due(): number {
    return this.#due.reduce((sum, one) => sum + one, 0);
  }

  /** The keys of items that are in the group and are to be deleted. */
  get leftovers(): string[] {
    return [...this.#leftovers.keys()];
  }

  isDue(index: number): boolean {
    return this.#due[index] === 1;
  }

  markWritten(index: number): void {
    this.#known[index] = written;
    this.#due[index] = 0;
  }

  markDeleted(key: string): void {
    this.#leftovers.delete(key);
  }

  /** The item was written, but no read has shown it. The next run writes it again. */
  markUnverified(key: string): void {
    const index = indexOf(this.wanted, key);
    if (index >= 0) this.#known[index] = unknown;
  }

  /**
   * The item was deleted, but reads still show it. The next run deletes it again. A foreign item is not
   * recorded.
   */
  markUndeleted(key: string): void {
    const index = indexOf(this.before, key);
    if (index >= 0 && indexOf(this.wanted, key) < 0)
      this.#leftovers.set(key, this.before.fingerprints.at(index));
  }

  /** Whether the group has what is wanted and nothing else of the state, as far as is known. */
  get isComplete(): boolean {
    return this.#leftovers.size === 0 && this.#known.every((_known, index) => this.#isAsWanted(index));
  }

  /** All that is in the group, as far as is known. Keys and hashes are not copied when it is what is wanted. */
  manifest(): Manifest {
    const { wanted, before } = this;
    if (this.isComplete) {
      const runOfItem = (_run: number, index: number) =>
        this.#known[index] === written ? this.run : before.fingerprints.runAt(this.#before[index] as number);
      return { keys: wanted.keys, fingerprints: wanted.fingerprints.withRuns(runOfItem) };
    }
    const [keys, fingerprints] = [new TextListBuilder(), new FingerprintListBuilder()];
    for (let index = 0; index < wanted.keys.length; index++) {
      const at = this.#before[index] as number;
      const isAsWanted = this.#isAsWanted(index);
      if (!isAsWanted && (this.#known[index] !== asBefore || at === absent)) continue;
      keys.push(wanted.keys.at(index));
      if (!isAsWanted) fingerprints.pushFrom(before.fingerprints, at);
      else
        fingerprints.pushFrom(
          wanted.fingerprints,
          index,
          this.#known[index] === written ? this.run : before.fingerprints.runAt(at),
        );
    }
    for (const [key, fingerprint] of this.#leftovers) {
      keys.push(key);
      fingerprints.push(fingerprint);
    }
    return sortManifest({ keys: keys.build(), fingerprints: fingerprints.build() });
  }

  #isAsWanted(index: number): boolean {
    if (this.#known[index] === written) return true;
    const before = this.#before[index] ?? absent;
    return (
      this.#known[index] === asBefore &&
      before !== absent &&
      sameContent(this.before, before, this.wanted, index)
    );
  }

  /** Whether the state did not have the item. */
  isNew(key: string): boolean {
    return indexOf(this.before, key) < 0;
  }

  /** Whether there is an item that the state did not have. */
  get hasNew(): boolean {
    return this.#before.includes(absent);
  }
}
