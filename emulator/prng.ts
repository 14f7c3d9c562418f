/** The state of the generator lives in the account, so that a run repeats, across restarts too. */
export interface Prng {
  prng: number;
}

/** The next number of the seeded generator (mulberry32): 0 <= result < 1. */
export function nextRandom(holder: Prng): number {
  holder.prng = (holder.prng + 0x6d2b79f5) | 0;
  let mixed = Math.imul(holder.prng ^ (holder.prng >>> 15), 1 | holder.prng);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** A random number between the two. */
export const randomBetween = (
  holder: Prng,
  { min, max }: { readonly min: number; readonly max: number },
): number => min + nextRandom(holder) * (max - min);

/** A random subset of at most `size` elements, in random order. All of them, in their order, when there are not more. */
export function sample<T>(holder: Prng, elements: readonly T[], size: number): readonly T[] {
  return elements.length <= size ? elements : shuffle(holder, elements).slice(0, size);
}

/** All elements in a random order. */
export function shuffle<T>(holder: Prng, elements: readonly T[]): T[] {
  const keyed = elements.map((element) => ({ element, order: nextRandom(holder) }));
  return keyed.sort((a, b) => a.order - b.order).map(({ element }) => element);
}

export function randomUuid(holder: Prng): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(nextRandom(holder) * 16).toString(16)).join("");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
