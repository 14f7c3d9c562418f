/**
 * Manifests as the state keeps them. A small one is a line for each item. A large one is packed: it goes through encoders that take
 * eight bytes of memory for each of its own, and longer for a long text.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { PreconditionError } from "../errors";
import { allocate, release } from "../runtime/largeMemory";
import { comparedBytes, FingerprintListBuilder } from "./fingerprintList";
import { emptyManifest, type Manifest } from "./manifest";
import { TextListBuilder } from "./textList";

export interface PackedManifest {
  readonly manifest: string;
  /** What follows of a packed one. */
  readonly manifestParts?: string[] | undefined;
}

/** Items of a manifest in lines. */
const maxLines = 1000;
/** No key begins with it. */
const packedMark = "=";
/**
 * Three bytes are four characters. A list of numbers that grows to 4,400 and some for the encoder has room for 4,433: at 4,096 a tenth
 * of it would stay empty, and at 4,440 a third.
 */
const partBytes = 3300;
/** Count of items, and bytes of the packed keys and of the packed numbers. */
const headBytes = 12;
/** Bytes of a number, and of a key with its two. */
const maxNumberBytes = 5;
const noRetention = 0;
/** Bytes of the unpacked keys or numbers: far more than the items of a namespace. */
const maxUnpacked = 2 ** 30;
/** Bytes of a buffer for what is unpacked. A thousand small ones would leave holes that the system does not get back. */
const inflatedAtOnce = 1024 * 1024;

export function pack(manifest: Manifest): PackedManifest {
  if (manifest.keys.length <= maxLines) return { manifest: lines(manifest) };
  const bytes = packed(manifest);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += partBytes)
    parts.push(bytes.toString("base64", at, Math.min(bytes.length, at + partBytes)));
  release(bytes);
  return { manifest: `${packedMark}${parts[0] ?? ""}`, manifestParts: parts.slice(1) };
}

export function unpack({ manifest, manifestParts = [] }: PackedManifest): Manifest {
  if (!manifest.startsWith(packedMark)) return unpackLines(manifest);
  // Other versions may cut at other places.
  const characters = manifestParts.reduce((sum, { length }) => sum + length, manifest.length);
  const bytes = allocate(Math.ceil((characters * 3) / 4));
  let end = bytes.write(manifest.slice(packedMark.length), "base64");
  for (const part of manifestParts) end += bytes.write(part, end, "base64");
  try {
    return unpacked(bytes.subarray(0, end));
  } catch {
    throw damaged();
  } finally {
    release(bytes);
  }
}

const damaged = () =>
  new PreconditionError(
    "the resource's state is not what this provider wrote: its manifest is damaged. Restore the state from a backup with `pulumi stack export` and `pulumi stack import`",
  );

/** Whether some item has a retention of its own. */
export function hasRetentions({ fingerprints }: Manifest): boolean {
  return fingerprints.hasRetentions;
}

// ---- lines ----

/** One line for each item. Neither keys nor fingerprints contain blanks. */
function lines({ keys, fingerprints }: Manifest): string {
  return Array.from(keys, (key, index) => `${key} ${fingerprints.at(index)}`).join("\n");
}

function unpackLines(text: string): Manifest {
  if (text === "") return emptyManifest;
  const [keys, fingerprints] = [new TextListBuilder(), new FingerprintListBuilder()];
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

// ---- packed ----

/** The hashes stand apart: they are random, and nothing makes them smaller. */
function packed({ keys, fingerprints }: Manifest): Buffer {
  const count = keys.length;
  const deflated = (bytes: Buffer) => {
    const packed = deflateRawSync(bytes);
    release(bytes);
    return packed;
  };
  const names = deflated(frontCoded({ keys, fingerprints }));
  const numbers = deflated(numbersOf({ keys, fingerprints }));
  const bytes = allocate(headBytes + names.length + numbers.length + count * comparedBytes);
  bytes.writeUInt32LE(count, 0);
  bytes.writeUInt32LE(names.length, 4);
  bytes.writeUInt32LE(numbers.length, 8);
  let at = headBytes + names.copy(bytes, headBytes);
  at += numbers.copy(bytes, at);
  for (let index = 0; index < count; index++, at += comparedBytes) fingerprints.copyHash(index, bytes, at);
  return bytes;
}

function unpacked(bytes: Buffer): Manifest {
  const [count, namesLength, numbersLength] = [0, 4, 8].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
  ];
  const hashesAt = headBytes + namesLength + numbersLength;
  if (bytes.length !== hashesAt + count * comparedBytes) throw damaged();
  const inflate = (begin: number, end: number) =>
    inflateRawSync(bytes.subarray(begin, end), { maxOutputLength: maxUnpacked, chunkSize: inflatedAtOnce });
  const keys = fromFrontCoded(inflate(headBytes, headBytes + namesLength), count);
  const numbers = new NumberReader(inflate(headBytes + namesLength, hashesAt));
  const fingerprints = new FingerprintListBuilder(count);
  for (let index = 0; index < count; index++) {
    const [run, size, retention] = [numbers.next(), numbers.next(), numbers.next()];
    const at = hashesAt + index * comparedBytes;
    fingerprints.pushHash(
      bytes.subarray(at, at + comparedBytes),
      run,
      size,
      retention === noRetention ? undefined : retention - 1,
    );
  }
  return { keys, fingerprints: fingerprints.build() };
}

/** Sorted keys begin alike: each has the number of characters that it shares with the one before, and the others. */
function frontCoded({ keys }: Manifest): Buffer {
  const bytes = allocate(keys.byteLength + keys.length * 2 * maxNumberBytes);
  let at = 0;
  for (let index = 0; index < keys.length; index++) {
    const shared = index === 0 ? 0 : keys.sharedWithPrevious(index);
    at = writeNumber(bytes, at, shared);
    at = writeNumber(bytes, at, keys.byteLengthAt(index) - shared);
    at = keys.copy(index, bytes, at, shared);
  }
  return bytes.subarray(0, at);
}

function fromFrontCoded(bytes: Buffer, count: number) {
  const reader = new NumberReader(bytes);
  const keys = new TextListBuilder(count);
  for (let index = 0; index < count; index++) {
    const [shared, length] = [reader.next(), reader.next()];
    keys.pushAfter(shared, reader.bytes(length));
  }
  return keys.build();
}

function numbersOf({ fingerprints }: Manifest): Buffer {
  const bytes = allocate(fingerprints.length * 3 * maxNumberBytes);
  let at = 0;
  for (let index = 0; index < fingerprints.length; index++) {
    const retention = fingerprints.retentionAt(index);
    at = writeNumber(bytes, at, fingerprints.runAt(index));
    at = writeNumber(bytes, at, fingerprints.sizeAt(index));
    at = writeNumber(bytes, at, retention === undefined ? noRetention : retention + 1);
  }
  return bytes.subarray(0, at);
}

/** Seven bits in each byte, the lowest first. */
function writeNumber(bytes: Buffer, at: number, value: number): number {
  let [rest, end] = [value, at];
  while (rest >= 0x80) {
    bytes[end++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[end++] = rest;
  return end;
}

class NumberReader {
  #at = 0;
  constructor(private readonly source: Buffer) {}

  next(): number {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.source[this.#at++];
      if (byte === undefined) throw damaged();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  }

  bytes(length: number): Buffer {
    const begin = this.#at;
    this.#at += length;
    if (this.#at > this.source.length) throw damaged();
    return this.source.subarray(begin, this.#at);
  }
}
