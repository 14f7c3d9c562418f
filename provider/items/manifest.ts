/** The manifest of a group: hash, size and time of writing by key, without values. */
import { createHash } from "node:crypto";
import { hashLength, retentionText } from "./fingerprint";
import { FingerprintList, FingerprintListBuilder } from "./fingerprintList";
import { TextList, TextListBuilder } from "./textList";

/** Keys in ascending order, each with its fingerprint. */
export interface Manifest {
  readonly keys: TextList;
  readonly fingerprints: FingerprintList;
}

export const emptyManifest: Manifest = { keys: TextList.from([]), fingerprints: FingerprintList.from([]) };

/** The manifest of keys and fingerprints in any order. These lists are given back when they are not in order: nobody else may have them. */
export function sortManifest({ keys, fingerprints }: Manifest): Manifest {
  if (keys.isSorted()) return { keys, fingerprints };
  const order = new Uint32Array(keys.length);
  for (let index = 0; index < order.length; index++) order[index] = index;
  order.sort((a, b) => keys.compare(a, b) || a - b);
  const sorted = { keys: keys.inOrder(order), fingerprints: fingerprints.inOrder(order) };
  keys.release();
  fingerprints.release();
  return sorted;
}

export function manifestOf(entries: Iterable<readonly [key: string, fingerprint: string]>): Manifest {
  const [keys, fingerprints] = [new TextListBuilder(), new FingerprintListBuilder()];
  for (const [key, fingerprint] of entries) {
    keys.push(key);
    fingerprints.push(fingerprint);
  }
  return sortManifest({ keys: keys.build(), fingerprints: fingerprints.build() });
}

/** The index of the key in the manifest; -1 when it has no such key. */
export function indexOf({ keys }: Manifest, key: string): number {
  return keys.indexOf(key);
}

export function bytesOf({ fingerprints }: Manifest): number {
  let sum = 0;
  for (let index = 0; index < fingerprints.length; index++) sum += fingerprints.sizeAt(index);
  return sum;
}

/** A digest of keys, values and retentions. It does not depend on the time of writing. */
export function digestOf({ keys, fingerprints }: Manifest): string {
  const digest = createHash("sha256");
  let lines = "";
  for (let index = 0; index < keys.length; index++) {
    const own = retentionText(fingerprints.retentionAt(index));
    const line = `${keys.at(index)} ${fingerprints.hashAt(index, hashLength)}${own}`;
    lines += index === 0 ? line : `\n${line}`;
    if (lines.length < charactersAtOnce) continue;
    digest.update(lines);
    lines = "";
  }
  return digest.update(lines).digest("hex").slice(0, 32);
}

const charactersAtOnce = 32 * 1024;

/** Keys that are new, have another value, or are gone. */
export interface Difference {
  readonly added: TextList;
  readonly changed: TextList;
  readonly removed: TextList;
}

/** The changes that lead from one manifest to the other. */
export function compare(old: Manifest, news: Manifest): Difference {
  const [added, changed, removed] = [new TextListBuilder(), new TextListBuilder(), new TextListBuilder()];
  for (const [before, after] of pairsOf(old, news)) {
    if (after === absent) removed.push(old.keys.at(before));
    else if (before === absent) added.push(news.keys.at(after));
    else if (!sameContent(old, before, news, after)) changed.push(news.keys.at(after));
  }
  return { added: added.build(), changed: changed.build(), removed: removed.build() };
}

/** The index of a key that a manifest does not have. */
export const absent = -1;

/** The indices of each key that one of the two has, in the order of the keys. */
export function* pairsOf(old: Manifest, news: Manifest): Generator<readonly [before: number, after: number]> {
  let before = 0;
  let after = 0;
  while (before < old.keys.length || after < news.keys.length) {
    const isOver = before === old.keys.length;
    const order = isOver ? 1 : after === news.keys.length ? -1 : old.keys.compare(before, after, news.keys);
    if (order < 0) yield [before++, absent];
    else if (order > 0) yield [absent, after++];
    else yield [before++, after++];
  }
}

/** Whether two items have the same value, and the same retention of their own. */
export function sameContent(old: Manifest, before: number, news: Manifest, after: number): boolean {
  return old.fingerprints.sameContent(before, news.fingerprints, after);
}

/**
 * Drops runs that no item refers to, and numbers the others anew. Returns their times too.
 * @param limit of runs: where there are more, the oldest ones count as one, with the earliest time
 */
export function pruneRuns(
  manifest: Manifest,
  times: readonly string[],
  limit: number,
): { readonly manifest: Manifest; readonly times: string[] } {
  const runs = new Set<number>();
  for (let index = 0; index < manifest.fingerprints.length; index++)
    runs.add(manifest.fingerprints.runAt(index));
  const used = [...runs].sort((a, b) => a - b);
  const retained = used.length > limit ? [used[0] as number, ...used.slice(used.length - limit + 1)] : used;
  // A dropped run counts as the one before it. So its items are rewritten before they expire, not after.
  const numbers = new Map(used.map((run) => [run, retained.findLastIndex((one) => one <= run)]));
  return {
    manifest: withRuns(manifest, (run) => numbers.get(run) ?? 0),
    times: retained.map((run) => times[run] ?? ""),
  };
}

/** The same items with other numbers of runs. */
export function withRuns(
  { keys, fingerprints }: Manifest,
  numberOf: (run: number, index: number) => number,
): Manifest {
  return { keys, fingerprints: fingerprints.withRuns(numberOf) };
}
