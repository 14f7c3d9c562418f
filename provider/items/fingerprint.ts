/**
 * What stands for the value of an item: 11 characters of a hash, one character for the run that wrote the item, and the size in
 * bytes. Run and size are in base 36. Behind a dot, the seconds of a retention of its own follow.
 */
import { hash } from "node:crypto";
import type { ItemContent } from "../api/edgekv/items";
import { canonicalJson } from "./content";

/** Characters of a SHA-256 in base64: 66 bits. */
export const hashLength = 11;
/**
 * Characters that are compared: 48 bits, which the state of a large group keeps. They distinguish values; a forged collision would
 * gain nothing.
 */
export const comparedLength = 8;
const base = 36;
/** One character names a run. */
export const maxRuns = base;

export function fingerprintOf({ bytes, json }: ItemContent, run = 0, retention?: number): string {
  return fingerprintFrom(hashOf(bytes, json), run, bytes.length, retention);
}

export function fingerprintFrom(hashText: string, run: number, size: number, retention?: number): string {
  return `${hashText}${run.toString(base)}${size.toString(base)}${retentionText(retention)}`;
}

/** What stands behind all else of a fingerprint. */
export function retentionText(retention: number | undefined): string {
  return retention === undefined ? "" : `.${retention.toString(base)}`;
}

/** Seconds that the item lives, where it has a retention of its own. */
export function retentionOf(fingerprint: string): number | undefined {
  const at = fingerprint.indexOf(".");
  return at < 0 ? undefined : Number.parseInt(fingerprint.slice(at + 1), base);
}

function hashOf(bytes: Uint8Array, json: boolean): string {
  return hash("sha256", Buffer.concat([json ? jsonMark : textMark, bytes]), "base64url").slice(0, hashLength);
}

const [jsonMark, textMark] = [Buffer.from("j"), Buffer.from("t")];

/** Whether both stand for the same value, whenever it was written. */
export function sameValue(fingerprint: string | undefined, other: string | undefined): boolean {
  return (
    fingerprint !== undefined &&
    other !== undefined &&
    fingerprint.slice(0, comparedLength) === other.slice(0, comparedLength)
  );
}

export function runOf(fingerprint: string): number {
  return Number.parseInt(fingerprint.charAt(hashLength), base);
}

export function sizeOf(fingerprint: string): number {
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
