/**
 * The largest subset of the items in which no two conflict. Conflicts have to be transitive along the order of the items, as wrong orders are.
 * By the theorems of Dilworth and König, it is what a minimum vertex cover of the conflicts leaves over.
 */
export function maximumIndependentSet<T>(
  items: readonly T[],
  isConflict: (earlier: T, later: T) => boolean,
): T[] {
  const later = items.map((item, index) =>
    items.flatMap((other, at) => (at > index && isConflict(item, other) ? at : [])),
  );
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
  for (const index of items.keys()) match(index, new Set());

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
  for (const index of items.keys()) if (!laterOf.has(index)) reach(index);
  return items.filter((_, index) => reachedAsEarlier.has(index) && !reachedAsLater.has(index));
}
