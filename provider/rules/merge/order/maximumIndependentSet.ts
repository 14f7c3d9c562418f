/**
 * The most of some things of which no two are in conflict, where things that conflict with one between them conflict with each other: an order that is
 * broken is like that. By Dilworth and König, they are what a smallest cover of the conflicts leaves over.
 */
export function maximumIndependentSet<T>(things: readonly T[], conflict: (earlier: T, later: T) => boolean): T[] {
  const later = things.map((thing, index) => things.flatMap((other, at) => (at > index && conflict(thing, other) ? at : [])));
  const earlierOf = new Map<number, number>();
  const laterOf = new Map<number, number>();

  function match(index: number, seen: Set<number>): boolean {
    for (const at of later[index] ?? []) {
      if (seen.has(at)) continue;
      seen.add(at);
      const taken = earlierOf.get(at);
      if (taken !== undefined && !match(taken, seen)) continue;
      earlierOf.set(at, index);
      laterOf.set(index, at);
      return true;
    }
    return false;
  }
  for (const index of things.keys()) match(index, new Set());

  const [reachedAsEarlier, reachedAsLater] = [new Set<number>(), new Set<number>()];
  function reach(index: number): void {
    if (reachedAsEarlier.has(index)) return;
    reachedAsEarlier.add(index);
    for (const at of later[index] ?? []) {
      reachedAsLater.add(at);
      const next = earlierOf.get(at);
      if (next !== undefined) reach(next);
    }
  }
  for (const index of things.keys()) if (!laterOf.has(index)) reach(index);
  return things.filter((_, index) => reachedAsEarlier.has(index) && !reachedAsLater.has(index));
}
