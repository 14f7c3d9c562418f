/** Text of files: UTF-8, and what else a file turns out to be. */

/** Bytes that are looked at: enough to see how the others are encoded. */
const sampleSize = 512;
// biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of these
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/;

/**
 * `UTF-16 LE` or `UTF-16 BE` for bytes that are text of that kind, with or without a byte order mark. Without
 * one, letters of ASCII tell it: every other byte of them is zero.
 */
export function utf16Kind(bytes: Uint8Array): "UTF-16 LE" | "UTF-16 BE" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "UTF-16 LE";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "UTF-16 BE";
  const pairs = Math.floor(Math.min(bytes.length, sampleSize) / 2);
  const sample = bytes.subarray(0, pairs * 2);
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (pairs < 2 || Math.max(even, odd) * 2 < pairs || Math.min(even, odd) > 0) return undefined;
  const kind = odd > 0 ? "UTF-16 LE" : "UTF-16 BE";
  // Numbers in binary files have zeros too, but are no text.
  return control.test(new TextDecoder(kind.replace(" ", "").toLowerCase()).decode(sample)) ? undefined : kind;
}

/** Why bytes are not text in UTF-8, as the end of a sentence. */
export function notUtf8(bytes: Uint8Array): string {
  const kind = utf16Kind(bytes);
  return kind === undefined ? "is not text in UTF-8" : `is text in ${kind}: save it in UTF-8`;
}

/** The text of bytes in UTF-8, without its byte order mark. Undefined for anything else, UTF-16 too. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  if (utf16Kind(bytes) !== undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The same bytes without the byte order mark of UTF-8. Files that were put together may have several. */
export function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
  return start === 0 ? bytes : bytes.subarray(start);
}
