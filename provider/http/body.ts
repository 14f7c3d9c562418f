/** Bodies of answers, unpacked within bounds. Pure. */
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import type { ResponseHeaders } from "../runtime/httpClient";

/** Bytes of a body, as it comes and unpacked. The largest that the APIs document, a bundle, has 1 MB. */
export const maxBodyBytes = 32 * 1024 * 1024;

export const tooLarge = `it has more than ${maxBodyBytes / 1024 / 1024} MiB, and was not read`;

/** The encodings that requests accept. */
export const acceptedEncodings = "gzip, deflate, br";

/** A body that can't be read. The message is the end of a sentence about it. */
export class BodyError extends Error {
  override readonly name = "BodyError";
  /** @param status of the answer, where it is known */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

const bounds = { maxOutputLength: maxBodyBytes };

const unpackers: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, bounds),
  "x-gzip": (bytes) => gunzipSync(bytes, bounds),
  br: (bytes) => brotliDecompressSync(bytes, bounds),
  // Some servers leave out the header of zlib.
  deflate: (bytes) =>
    ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, bounds) : inflateRawSync(bytes, bounds),
  identity: (bytes) => Buffer.from(bytes),
};

/** Encodings on top of each other that are unpacked. */
const maxEncodings = 2;

/** The body as it was before the server packed it. Throws BodyError when that is too much, or no such thing. */
export function unpackBody(bytes: Uint8Array, headers: ResponseHeaders): Uint8Array {
  if (bytes.length > maxBodyBytes) throw new BodyError(tooLarge);
  const encodings = (headers["content-encoding"] ?? "")
    .toLowerCase()
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (bytes.length === 0 || encodings.length === 0) return bytes;
  if (encodings.length > maxEncodings) throw new BodyError(`it is packed ${encodings.length} times`);
  return encodings.reverse().reduce((packed: Uint8Array, encoding) => {
    const unpack = Object.hasOwn(unpackers, encoding) ? unpackers[encoding] : undefined;
    if (unpack === undefined) throw new BodyError("it is packed in a way that was not asked for");
    try {
      return unpack(packed);
    } catch (error) {
      const isTooLarge = (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
      throw new BodyError(isTooLarge ? tooLarge : "it can't be unpacked");
    }
  }, bytes);
}
