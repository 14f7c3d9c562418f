/** Fingerprints of many items, 13 bytes each: a million of them must not take a hundred megabytes. */
import { allocate, allocateNumbers, release } from "../runtime/largeMemory";
import { comparedLength, fingerprintFrom, hashLength, retentionOf, runOf, sizeOf } from "./fingerprint";

/** Bytes of a record: 66 bits of the hash, and 6 of the run. */
const recordBytes = 9;
/** Bytes of the hash that are compared. */
export const comparedBytes = (comparedLength * 6) / 8;
const runBits = 0x3f;
/** In the list of retentions, for an item without one of its own. No retention is as long. */
const noRetention = 0xffff_ffff;

export class FingerprintList implements Iterable<string> {
  /** @param retentions undefined where no item has one of its own */
  constructor(
    private readonly records: Buffer,
    private readonly sizes: Uint32Array,
    private readonly retentions: Uint32Array | undefined,
    readonly length: number,
  ) {}

  static from(fingerprints: Iterable<string>): FingerprintList {
    const list = new FingerprintListBuilder();
    for (const fingerprint of fingerprints) list.push(fingerprint);
    return list.build();
  }

  at(index: number): string {
    return fingerprintFrom(
      this.hashAt(index, hashLength),
      this.runAt(index),
      this.sizeAt(index),
      this.retentionAt(index),
    );
  }

  /** The first characters of the hash. */
  hashAt(index: number, length: number): string {
    const begin = index * recordBytes;
    return this.records.toString("base64url", begin, begin + recordBytes).slice(0, length);
  }

  runAt(index: number): number {
    return (this.records[(index + 1) * recordBytes - 1] as number) & runBits;
  }

  sizeAt(index: number): number {
    return this.sizes[index] as number;
  }

  retentionAt(index: number): number | undefined {
    const seconds = this.retentions?.[index] ?? noRetention;
    return seconds === noRetention ? undefined : seconds;
  }

  get hasRetentions(): boolean {
    return this.retentions !== undefined;
  }

  /** Whether two items have the same value, and the same retention of their own. */
  sameContent(index: number, list: FingerprintList, other: number): boolean {
    const [begin, otherBegin] = [index * recordBytes, other * recordBytes];
    for (let at = 0; at < comparedBytes; at++)
      if (this.records[begin + at] !== list.records[otherBegin + at]) return false;
    return this.retentionAt(index) === list.retentionAt(other);
  }

  /** Copies the compared bytes of a hash. */
  copyHash(index: number, target: Buffer, at: number): void {
    const begin = index * recordBytes;
    this.records.copy(target, at, begin, begin + comparedBytes);
  }

  copyRecord(index: number, target: Buffer, at: number): void {
    this.records.copy(target, at, index * recordBytes, (index + 1) * recordBytes);
  }

  /** The same items in other runs. What does not change is not copied. */
  withRuns(numberOf: (run: number, index: number) => number): FingerprintList {
    let records = this.records;
    for (let index = 0; index < this.length; index++) {
      const [run, at] = [this.runAt(index), (index + 1) * recordBytes - 1];
      const number = numberOf(run, index);
      if (number === run) continue;
      if (records === this.records) {
        records = allocate(this.length * recordBytes);
        this.records.copy(records, 0, 0, this.length * recordBytes);
      }
      records[at] = ((records[at] as number) & ~runBits) | number;
    }
    return new FingerprintList(records, this.sizes, this.retentions, this.length);
  }

  /** The same fingerprints in another order. */
  inOrder(order: Uint32Array): FingerprintList {
    const records = allocate(order.length * recordBytes);
    const sizes = allocateNumbers(order.length);
    const retentions = this.retentions === undefined ? undefined : allocateNumbers(order.length);
    for (const [index, from] of order.entries()) {
      this.copyRecord(from, records, index * recordBytes);
      sizes[index] = this.sizeAt(from);
      if (retentions !== undefined) retentions[index] = this.retentionAt(from) ?? noRetention;
    }
    return new FingerprintList(records, sizes, retentions, order.length);
  }

  /** Gives the memory back. Nothing may use the list after that. */
  release(): void {
    release(this.records, this.sizes, ...(this.retentions === undefined ? [] : [this.retentions]));
  }

  *[Symbol.iterator](): Generator<string> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

export class FingerprintListBuilder {
  #records: Buffer;
  #sizes: Uint32Array;
  #retentions: Uint32Array | undefined;
  #length = 0;

  constructor(expected = 64) {
    this.#records = allocate(expected * recordBytes);
    this.#sizes = allocateNumbers(expected);
  }

  push(fingerprint: string): void {
    const at = this.#next(runOf(fingerprint), sizeOf(fingerprint), retentionOf(fingerprint));
    // Four characters are three bytes: the last two bits of the hash come with the run.
    const run = this.#records[at + recordBytes - 1] as number;
    this.#records.write(`${fingerprint.slice(0, hashLength)}A`, at, "base64url");
    this.#records[at + recordBytes - 1] = (this.#records[at + recordBytes - 1] as number) | run;
  }

  /** The fingerprint of another list, in a run. */
  pushFrom(list: FingerprintList, index: number, run = list.runAt(index)): void {
    const at = this.#next(0, list.sizeAt(index), list.retentionAt(index));
    list.copyRecord(index, this.#records, at);
    const last = at + recordBytes - 1;
    this.#records[last] = ((this.#records[last] as number) & ~runBits) | run;
  }

  /** @param hash the compared bytes */
  pushHash(hash: Uint8Array, run: number, size: number, retention: number | undefined): void {
    const at = this.#next(run, size, retention);
    this.#records.set(hash, at);
    this.#records.fill(0, at + comparedBytes, at + recordBytes - 1);
  }

  #next(run: number, size: number, retention: number | undefined): number {
    const index = this.#length++;
    if (index === this.#sizes.length) this.#grow();
    this.#sizes[index] = size;
    if (retention !== undefined && this.#retentions === undefined)
      this.#retentions = allocateNumbers(this.#sizes.length).fill(noRetention);
    if (retention !== undefined && this.#retentions !== undefined) this.#retentions[index] = retention;
    this.#records[(index + 1) * recordBytes - 1] = run;
    return index * recordBytes;
  }

  #grow(): void {
    const length = Math.ceil(1.5 * this.#sizes.length) + 1;
    const records = allocate(length * recordBytes);
    this.#records.copy(records);
    const sizes = allocateNumbers(length);
    sizes.set(this.#sizes);
    release(this.#records, this.#sizes);
    [this.#records, this.#sizes] = [records, sizes];
    if (this.#retentions === undefined) return;
    const retentions = allocateNumbers(length).fill(noRetention);
    retentions.set(this.#retentions);
    release(this.#retentions);
    this.#retentions = retentions;
  }

  /** The list. The builder lets go of its memory, and begins anew. */
  build(): FingerprintList {
    const list = new FingerprintList(this.#records, this.#sizes, this.#retentions, this.#length);
    [this.#records, this.#sizes, this.#retentions, this.#length] = [
      Buffer.alloc(0),
      new Uint32Array(0),
      undefined,
      0,
    ];
    return list;
  }
}
