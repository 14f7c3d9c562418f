/** Many short texts of ASCII, in a tenth of a string's memory: a million keys must not take a hundred megabytes. */

import { allocate, allocateNumbers, release } from "../runtime/largeMemory";

/** What a list of texts and an array of strings have in common. */
export interface Texts extends Iterable<string> {
  readonly length: number;
  at(index: number): string | undefined;
  find(isWanted: (text: string) => boolean): string | undefined;
}

export class TextList implements Texts {
  constructor(
    private readonly bytes: Buffer,
    private readonly ends: Uint32Array,
    readonly length: number,
  ) {}

  static from(texts: Iterable<string>): TextList {
    const list = new TextListBuilder();
    for (const text of texts) list.push(text);
    return list.build();
  }

  at(index: number): string {
    return this.bytes.toString("latin1", this.#begin(index), this.ends[index]);
  }

  #begin(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  /** As for a sort: negative when the text comes before that of the other index. */
  compare(index: number, other: number, list: TextList = this): number {
    return this.bytes.compare(
      list.bytes,
      list.#begin(other),
      list.ends[other],
      this.#begin(index),
      this.ends[index],
    );
  }

  /** The index of a text in a sorted list; -1 when it has no such text. */
  indexOf(text: string): number {
    const wanted = Buffer.from(text);
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = this.bytes.compare(wanted, 0, wanted.length, this.#begin(middle), this.ends[middle]);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Copies the bytes of a text from one of them on, and returns where they end. */
  copy(index: number, target: Buffer, at: number, from = 0): number {
    return at + this.bytes.copy(target, at, this.#begin(index) + from, this.ends[index]);
  }

  byteLengthAt(index: number): number {
    return (this.ends[index] as number) - this.#begin(index);
  }

  /** How many bytes a text begins with like the one before it. */
  sharedWithPrevious(index: number): number {
    const [before, begin] = [this.#begin(index - 1), this.#begin(index)];
    const limit = Math.min(begin - before, this.byteLengthAt(index));
    let shared = 0;
    while (shared < limit && this.bytes[before + shared] === this.bytes[begin + shared]) shared += 1;
    return shared;
  }

  /** The same texts in another order. */
  inOrder(order: Uint32Array): TextList {
    const bytes = allocate(this.byteLength);
    const ends = allocateNumbers(order.length);
    let end = 0;
    for (const [index, from] of order.entries()) {
      end = this.copy(from, bytes, end);
      ends[index] = end;
    }
    return new TextList(bytes, ends, order.length);
  }

  /** Gives the memory back. Nothing may use the list after that. */
  release(): void {
    release(this.bytes, this.ends);
  }

  get byteLength(): number {
    return this.length === 0 ? 0 : (this.ends[this.length - 1] as number);
  }

  isSorted(): boolean {
    for (let index = 1; index < this.length; index++) if (this.compare(index - 1, index) > 0) return false;
    return true;
  }

  *[Symbol.iterator](): Generator<string> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  *entries(): Generator<readonly [index: number, text: string]> {
    for (let index = 0; index < this.length; index++) yield [index, this.at(index)];
  }

  find(isWanted: (text: string) => boolean): string | undefined {
    for (const text of this) if (isWanted(text)) return text;
    return undefined;
  }

  some(isWanted: (text: string, index: number) => boolean): boolean {
    for (let index = 0; index < this.length; index++) if (isWanted(this.at(index), index)) return true;
    return false;
  }

  filter(isWanted: (text: string, index: number) => boolean): string[] {
    const found: string[] = [];
    for (const [index, text] of this.entries()) if (isWanted(text, index)) found.push(text);
    return found;
  }
}

export class TextListBuilder {
  #bytes: Buffer;
  #ends: Uint32Array;
  #length = 0;
  #used = 0;

  /** @param expected how many texts, and how many bytes of all: with fewer, memory that is not used is not taken */
  constructor(expected = 64, expectedBytes = 1024) {
    this.#bytes = allocate(expectedBytes);
    this.#ends = allocateNumbers(expected);
  }

  push(text: string): void {
    this.#reserve(text.length);
    this.#used += this.#bytes.write(text, this.#used, "latin1");
    this.#ends[this.#length++] = this.#used;
  }

  /** A text that begins with so many bytes of the one before. */
  pushAfter(shared: number, rest: Buffer): void {
    this.#reserve(shared + rest.length);
    const before = this.#length < 2 ? 0 : (this.#ends[this.#length - 2] as number);
    this.#used += this.#bytes.copy(this.#bytes, this.#used, before, before + shared);
    this.#used += rest.copy(this.#bytes, this.#used);
    this.#ends[this.#length++] = this.#used;
  }

  #reserve(size: number): void {
    if (this.#used + size > this.#bytes.length) {
      const grown = allocate(Math.ceil(1.5 * (this.#used + size)));
      this.#bytes.copy(grown, 0, 0, this.#used);
      release(this.#bytes);
      this.#bytes = grown;
    }
    if (this.#length === this.#ends.length) {
      const grown = allocateNumbers(Math.ceil(1.5 * this.#length) + 1);
      grown.set(this.#ends);
      release(this.#ends);
      this.#ends = grown;
    }
  }

  /** The list. The builder lets go of its memory, and begins anew. */
  build(): TextList {
    const list = new TextList(this.#bytes, this.#ends, this.#length);
    [this.#bytes, this.#ends, this.#length, this.#used] = [Buffer.alloc(0), new Uint32Array(0), 0, 0];
    return list;
  }
}
