/**
 * The manifest of a group: hash, size and time of writing by key, without values. Compact, since a state may
 * have 100,000 items.
 */
import { createHash, hash } from "node:crypto";
import type { ItemContent } from "../api/edgekv/items";
import { canonicalJson } from "./content";
import { TextList, TextListBuilder } from "./textList";

/**
 * Keys in ascending order, each with a fingerprint: 11 characters of a hash, one character for the run that
 * wrote the item, and the size in bytes. Run and size are in base 36. Behind a dot, the seconds of a retention of its own follow.
 */
export interface Manifest {
  readonly keys: TextList;
  readonly fingerprints: TextList;
}

export const emptyManifest: Manifest = { keys: TextList.from([]), fingerprints: TextList.from([]) };

/** Characters of a SHA-256 in base64. 66 bits distinguish values; a forged collision would gain nothing. */
const hashLength = 11;
const base = 36;
/** One character names a run. */
export const maxRuns = base;

// ---- fingerprints ----

export function fingerprintOf({ bytes, json }: ItemContent, run = 0, retention?: number): string {
  const own = retention === undefined ? "" : `.${retention.toString(base)}`;
  return `${hashOf(bytes, json)}${run.toString(base)}${bytes.length.toString(base)}${own}`;
}

/** Seconds that the item lives, where it has a retention of its own. */
export function retentionOf(fingerprint: string): number | undefined {
  const at = fingerprint.indexOf(".");
  return at < 0 ? undefined : Number.parseInt(fingerprint.slice(at + 1), base);
}

function hashOf(bytes: Uint8Array, json: boolean): string {
  return hash("sha256", Buffer.concat([Buffer.from(json ? "j" : "t"), bytes]), "base64url").slice(
    0,
    hashLength,
  );
}

/** Whether both stand for the same value, whenever it was written. */
export function sameValue(fingerprint: string | undefined, other: string | undefined): boolean {
  return (
    fingerprint !== undefined &&
    other !== undefined &&
    fingerprint.slice(0, hashLength) === other.slice(0, hashLength)
  );
}

export function inRun(fingerprint: string, run: number): string {
  if (runOf(fingerprint) === run) return fingerprint;
  return fingerprint.slice(0, hashLength) + run.toString(base) + fingerprint.slice(hashLength + 1);
}

export function runOf(fingerprint: string): number {
  return Number.parseInt(fingerprint.charAt(hashLength), base);
}

function sizeOf(fingerprint: string): number {
  return Number.parseInt(fingerprint.slice(hashLength + 1), base);
}

/** Whether the bytes are the value of the fingerprint: text is compared by bytes, JSON by meaning. */
export function matchesFingerprint(bytes: Uint8Array, fingerprint: string): boolean {
  if (sameValue(fingerprintOf({ bytes, json: false }), fingerprint)) return true;
  return sameValue(jsonFingerprint(bytes), fingerprint);
}

/** The fingerprint of what an item holds now: of JSON where it is JSON, else of text. */
export function fingerprintOfLive(bytes: Uint8Array): string {
  return jsonFingerprint(bytes) ?? fingerprintOf({ bytes, json: false });
}

function jsonFingerprint(bytes: Uint8Array): string | undefined {
  const text = canonicalJson(Buffer.from(bytes).toString("utf8"));
  return text === undefined ? undefined : fingerprintOf({ bytes: Buffer.from(text), json: true });
}

// ---- manifests ----

/** The manifest of keys and fingerprints in any order. */
export function sortManifest({ keys, fingerprints }: Manifest): Manifest {
  if (keys.isSorted()) return { keys, fingerprints };
  const order = Uint32Array.from({ length: keys.length }, (_, index) => index).sort(
    (a, b) => keys.compare(a, b) || a - b,
  );
  const [sortedKeys, sortedFingerprints] = [new TextListBuilder(), new TextListBuilder()];
  for (const index of order) {
    sortedKeys.push(keys.at(index));
    sortedFingerprints.push(fingerprints.at(index));
  }
  return { keys: sortedKeys.build(), fingerprints: sortedFingerprints.build() };
}

export function manifestOf(entries: Iterable<readonly [key: string, fingerprint: string]>): Manifest {
  const [keys, fingerprints] = [new TextListBuilder(), new TextListBuilder()];
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
  for (const fingerprint of fingerprints) sum += sizeOf(fingerprint);
  return sum;
}

/** One line for each item. Neither keys nor fingerprints contain blanks. */
export function pack({ keys, fingerprints }: Manifest): string {
  if (keys.length === 0) return "";
  const text = Buffer.allocUnsafe(keys.byteLength + fingerprints.byteLength + 2 * keys.length);
  let end = 0;
  for (let index = 0; index < keys.length; index++) {
    end = text.writeUInt8(blank, keys.copy(index, text, end));
    end = text.writeUInt8(lineFeed, fingerprints.copy(index, text, end));
  }
  return text.toString("latin1", 0, end - 1);
}

const [blank, lineFeed] = [0x20, 0x0a] as const;

export function unpack(text: string): Manifest {
  if (text === "") return emptyManifest;
  const [keys, fingerprints] = [new TextListBuilder(), new TextListBuilder()];
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    const [key = "", fingerprint = ""] = text.slice(at, end).split(" ");
    keys.push(key);
    fingerprints.push(fingerprint);
    at = end + 1;
  }
  return { keys: keys.build(), fingerprints: fingerprints.build() };
}

/** The part of a fingerprint that the source sets. */
function contentPart(fingerprint: string): string {
  const at = fingerprint.indexOf(".");
  const hash = fingerprint.slice(0, hashLength);
  return at < 0 ? hash : hash + fingerprint.slice(at);
}

/** A digest of keys, values and retentions. It does not depend on the time of writing. */
export function digestOf({ keys, fingerprints }: Manifest): string {
  const digest = createHash("sha256");
  let lines: string[] = [];
  for (const [index, key] of keys.entries()) {
    lines.push(`${index === 0 ? "" : "\n"}${key} ${contentPart(fingerprints.at(index))}`);
    if (lines.length < linesAtOnce) continue;
    digest.update(lines.join(""));
    lines = [];
  }
  return digest.update(lines.join("")).digest("hex").slice(0, 32);
}

const linesAtOnce = 1000;

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
  return contentPart(old.fingerprints.at(before)) === contentPart(news.fingerprints.at(after));
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
  for (const fingerprint of manifest.fingerprints) runs.add(runOf(fingerprint));
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
export function withRuns({ keys, fingerprints }: Manifest, numberOf: (run: number) => number): Manifest {
  const changed = new TextListBuilder();
  for (const fingerprint of fingerprints) changed.push(inRun(fingerprint, numberOf(runOf(fingerprint))));
  return { keys, fingerprints: changed.build() };
}
