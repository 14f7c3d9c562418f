/**
 * The manifest of a group: hash, size and time of writing by key, without values. Compact, since a state may
 * have 100,000 items.
 */
import { hash } from "node:crypto";
import type { ItemContent } from "../api/edgekv/items";
import { canonicalJson } from "./content";

/**
 * Keys in ascending order, each with a fingerprint: 11 characters of a hash, one character for the run that
 * wrote the item, and the size in bytes. Run and size are in base 36. Behind a dot, the seconds of a retention of its own follow.
 */
export interface Manifest {
  readonly keys: readonly string[];
  readonly fingerprints: readonly string[];
}

export const emptyManifest: Manifest = { keys: [], fingerprints: [] };

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
  const at = (index: number) => keys[index] as string;
  const order = Uint32Array.from(keys.keys()).sort((a, b) =>
    at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a - b,
  );
  return {
    keys: Array.from(order, at),
    fingerprints: Array.from(order, (index) => fingerprints[index] as string),
  };
}

export function manifestOf(entries: Iterable<readonly [key: string, fingerprint: string]>): Manifest {
  const keys: string[] = [];
  const fingerprints: string[] = [];
  for (const [key, fingerprint] of entries) {
    keys.push(key);
    fingerprints.push(fingerprint);
  }
  return sortManifest({ keys, fingerprints });
}

/** The index of the key in the manifest; -1 when it has no such key. */
export function indexOf({ keys }: Manifest, key: string): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const candidate = keys[middle] as string;
    if (candidate === key) return middle;
    if (candidate < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export function bytesOf({ fingerprints }: Manifest): number {
  return fingerprints.reduce((sum, fingerprint) => sum + sizeOf(fingerprint), 0);
}

/** One line for each item. Neither keys nor fingerprints contain blanks. */
export function pack({ keys, fingerprints }: Manifest): string {
  return keys.map((key, index) => `${key} ${fingerprints[index]}`).join("\n");
}

export function unpack(text: string): Manifest {
  if (text === "") return emptyManifest;
  const lines = text.split("\n").map((line) => line.split(" "));
  return {
    keys: lines.map(([key = ""]) => key),
    fingerprints: lines.map(([, fingerprint = ""]) => fingerprint),
  };
}

/** The part of a fingerprint that the source sets. */
function contentPart(fingerprint: string): string {
  const at = fingerprint.indexOf(".");
  const hash = fingerprint.slice(0, hashLength);
  return at < 0 ? hash : hash + fingerprint.slice(at);
}

/** A digest of keys, values and retentions. It does not depend on the time of writing. */
export function digestOf(manifest: Manifest): string {
  const lines = manifest.keys.map(
    (key, index) => `${key} ${contentPart(manifest.fingerprints[index] as string)}`,
  );
  return hash("sha256", lines.join("\n"), "hex").slice(0, 32);
}

/** Keys that are new, have another value, or are gone. */
export interface Difference {
  readonly added: string[];
  readonly changed: string[];
  readonly removed: string[];
}

/** The changes that lead from one manifest to the other. */
export function compare(old: Manifest, news: Manifest): Difference {
  const difference: Difference = { added: [], changed: [], removed: [] };
  let before = 0;
  let after = 0;
  while (before < old.keys.length || after < news.keys.length) {
    const [oldKey, newKey] = [old.keys[before], news.keys[after]];
    if (newKey === undefined || (oldKey !== undefined && oldKey < newKey)) {
      difference.removed.push(oldKey as string);
      before += 1;
    } else if (oldKey === undefined || newKey < oldKey) {
      difference.added.push(newKey);
      after += 1;
    } else {
      if (contentPart(old.fingerprints[before] as string) !== contentPart(news.fingerprints[after] as string))
        difference.changed.push(newKey);
      before += 1;
      after += 1;
    }
  }
  return difference;
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
  const used = [...new Set(manifest.fingerprints.map(runOf))].sort((a, b) => a - b);
  const retained = used.length > limit ? [used[0] as number, ...used.slice(used.length - limit + 1)] : used;
  // A dropped run counts as the one before it. So its items are rewritten before they expire, not after.
  const numbers = new Map(used.map((run) => [run, retained.findLastIndex((one) => one <= run)]));
  return {
    manifest: {
      keys: manifest.keys,
      fingerprints: manifest.fingerprints.map((fingerprint) =>
        inRun(fingerprint, numbers.get(runOf(fingerprint)) ?? 0),
      ),
    },
    times: retained.map((run) => times[run] ?? ""),
  };
}
