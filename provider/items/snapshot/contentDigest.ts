import { hash } from "node:crypto";

const lanes = [0, 1, 2, 3];
const laneBytes = 8;

/** A digest of items in any order: two downloads may list them differently. It needs no memory for them. */
export class ContentDigest {
  readonly #sums = new BigUint64Array(lanes.length);
  count = 0;

  add(group: string, key: string, bytes: Uint8Array): void {
    const one = hash("sha256", Buffer.concat([Buffer.from(`${group},${key},`), bytes]), "buffer");
    // Sums wrap around. Each key comes once, so no item cancels another one.
    for (const lane of lanes)
      this.#sums[lane] = (this.#sums[lane] ?? 0n) + one.readBigUInt64BE(lane * laneBytes);
    this.count += 1;
  }

  toString(): string {
    return `${this.count}-${Array.from(this.#sums, (sum) => sum.toString(16).padStart(2 * laneBytes, "0")).join("")}`;
  }
}
