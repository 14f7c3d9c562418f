/** The one in the middle, so that the numbers of a row belong together. */
export function medianBy<T>(all: readonly T[], numberOf: (one: T) => number): T {
  const middle = all.toSorted((a, b) => numberOf(a) - numberOf(b)).at(Math.floor(all.length / 2));
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}
