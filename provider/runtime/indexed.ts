/**
 * Finds the first entry of a list that has a key. The list is indexed once: thousands of resources look into one listing.
 *
 * @example
 * const listedNamespace = indexed((one: Namespace) => one.namespace);
 * listedNamespace(all, "catalog");
 */
export function indexed<T>(keyOf: (entry: T) => string): (all: readonly T[], key: string) => T | undefined {
  const indexes = new WeakMap<readonly T[], Map<string, T>>();
  return (all, key) => {
    let index = indexes.get(all);
    if (index === undefined) {
      index = new Map();
      for (const entry of all) if (!index.has(keyOf(entry))) index.set(keyOf(entry), entry);
      indexes.set(all, index);
    }
    return index.get(key);
  };
}
