/** The items of a group without what they hold: by key a hash, a size and when it was written. Compact, for a state holds a hundred thousand of them. */
import { hash } from "node:crypto";
import type { ItemContent } from "../api/edgekv/items";
import { canonicalJson } from "./content";

/**
 * Keys in their order, and for each a mark: the beginning of a hash, a sign that says in which run it was written, and the number of bytes, of which the last two
 * are written with the digits 0 to z.
 */
export interface Manifest {
  readonly keys: readonly string[];
  readonly fingerprints: readonly string[];
}

export const emptyManifest: Manifest = { keys: [], fingerprints: [] };

/** Characters of a SHA-256 in base64: 66 bits tell values apart, and nobody gains anything from two that have the same. */
const hashLength = 11;
const base = 36;
/** As many runs as there are signs. */
export const mostRuns = base;

// ---- marks ----

export function fingerprintOf({ bytes, json }: ItemContent, run = 0): string {
  return `${hashOf(bytes, json)}${run.toString(base)}${bytes.length.toString(base)}`;
}

function hashOf(bytes: Uint8Array, json: boolean): string {
  return hash("sha256", Buffer.concat([Buffer.from(json ? "j" : "t"), bytes]), "base64url").slice(0, hashLength);
}

/** Whether both stand for the same value, whenever it was written. */
export function sameValue(fingerprint: string | undefined, other: string | undefined): boolean {
  return fingerprint !== undefined && other !== undefined && fingerprint.slice(0, hashLength) === other.slice(0, hashLength);
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

/** Whether an item that holds these bytes is what the mark stands for: text is that by its bytes, JSON by what it means. */
export function matchesFingerprint(bytes: Uint8Array, fingerprint: string): boolean {
  if (sameValue(fingerprintOf({ bytes, json: false }), fingerprint)) return true;
  return sameValue(jsonFingerprint(bytes), fingerprint);
}

/** The mark of what an item holds now, as what it was before: JSON, unless it is none any more. */
export function fingerprintOfLive(bytes: Uint8Array): string {
  return jsonFingerprint(bytes) ?? fingerprintOf({ bytes, json: false });
}

function jsonFingerprint(bytes: Uint8Array): string | undefined {
  const text = canonicalJson(Buffer.from(bytes).toString("utf8"));
  return text === undefined ? undefined : fingerprintOf({ bytes: Buffer.from(text), json: true });
}

// ---- listings ----

/** A listing in the order of its keys, of keys and marks in any order. */
export function sorted({ keys, fingerprints }: Manifest): Manifest {
  const at = (index: number) => keys[index] as string;
  const order = Uint32Array.from(keys.keys()).sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a - b));
  return { keys: Array.from(order, at), fingerprints: Array.from(order, (index) => fingerprints[index] as string) };
}

export function manifestOf(entries: Iterable<readonly [key: string, mark: string]>): Manifest {
  const keys: string[] = [];
  const fingerprints: string[] = [];
  for (const [key, fingerprint] of entries) {
    keys.push(key);
    fingerprints.push(fingerprint);
  }
  return sorted({ keys, fingerprints });
}

/** Where the key is in the listing; -1 when it is not. */
export function indexOf({ keys }: Manifest, key: string): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const there = keys[middle] as string;
    if (there === key) return middle;
    if (there < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export function bytesOf({ fingerprints }: Manifest): number {
  return fingerprints.reduce((sum, fingerprint) => sum + sizeOf(fingerprint), 0);
}

/** One line for each item. Neither keys nor marks have blanks in them. */
export function pack({ keys, fingerprints }: Manifest): string {
  return keys.map((key, index) => `${key} ${fingerprints[index]}`).join("\n");
}

export function unpack(text: string): Manifest {
  if (text === "") return emptyManifest;
  const lines = text.split("\n").map((line) => line.split(" "));
  return { keys: lines.map(([key = ""]) => key), fingerprints: lines.map(([, fingerprint = ""]) => fingerprint) };
}

/** A digest of keys and values, the same whenever they were written. */
export function digestOf(manifest: Manifest): string {
  const lines = manifest.keys.map((key, index) => `${key} ${manifest.fingerprints[index]?.slice(0, hashLength)}`);
  return hash("sha256", lines.join("\n"), "hex").slice(0, 32);
}

export interface Difference {
  readonly added: string[];
  readonly changed: string[];
  readonly removed: string[];
}

/** What makes the second of the first. */
export function compare(old: Manifest, news: Manifest): Difference {
  const difference: Difference = { added: [], changed: [], removed: [] };
  let before = 0;
  let after = 0;
  while (before < old.keys.length || after < news.keys.length) {
    const [gone, come] = [old.keys[before], news.keys[after]];
    if (come === undefined || (gone !== undefined && gone < come)) {
      difference.removed.push(gone as string);
      before += 1;
    } else if (gone === undefined || come < gone) {
      difference.added.push(come);
      after += 1;
    } else {
      if (!sameValue(old.fingerprints[before], news.fingerprints[after])) difference.changed.push(come);
      before += 1;
      after += 1;
    }
  }
  return difference;
}

/** The listing with the runs that it still knows, numbered anew, and their times; at most so many, of which the oldest two are taken for one where they are too many. */
export function pruneRuns(
  manifest: Manifest,
  times: readonly string[],
  most: number,
): { readonly manifest: Manifest; readonly times: string[] } {
  const used = [...new Set(manifest.fingerprints.map(runOf))].sort((a, b) => a - b);
  const kept = used.length > most ? [used[0] as number, ...used.slice(used.length - most + 1)] : used;
  // A run that is dropped counts as the one before it: what is thought to end sooner is written again too soon, not too late.
  const numbers = new Map(used.map((run) => [run, kept.findLastIndex((one) => one <= run)]));
  return {
    manifest: {
      keys: manifest.keys,
      fingerprints: manifest.fingerprints.map((fingerprint) => inRun(fingerprint, numbers.get(runOf(fingerprint)) ?? 0)),
    },
    times: kept.map((run) => times[run] ?? ""),
  };
}
