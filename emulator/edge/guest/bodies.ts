import type { Bridge } from "./bridge";
import { listsOf } from "./headers";
import { checkedStatus } from "./request";

const CHUNK = 65_536;
const STRING_CHARACTERS = 100_000;
const HEAD_BYTES = 16_384;

/** The text of bytes in UTF-8. */
export const textOf = (bridge: Bridge, bytes: Uint8Array): string =>
  bridge.decoder("utf-8", false, false).decode(bytes, false);

/** A stream of bytes, in chunks of this realm. */
export function bytesOf(bridge: Bridge, bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new bridge.streams.ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(Uint8Array.from(bytes.subarray(at, at + CHUNK)));
      at += CHUNK;
    },
  });
}

const responses = new WeakMap<object, Provided>();

export interface Provided {
  readonly head: object;
  readonly body: string | ReadableStream;
}

/** The built-in `createResponse`, in both of its forms. What it returns is opaque. */
export function createResponse(...args: unknown[]): object {
  const isLong = typeof args[0] === "number" || args.length > 2;
  const [status, headers, body, denyReason] = isLong ? args : fromOptions(args);
  const provided: Provided = {
    head: {
      status: checkedStatus(status ?? 200),
      headers: listsOf(headers),
      ...(denyReason !== undefined && { denyReason: String(denyReason) }),
    },
    body: bodyFrom(body),
  };
  if (JSON.stringify(provided.head).length > HEAD_BYTES)
    throw new RangeError(`Status and headers of createResponse exceed ${HEAD_BYTES} bytes`);
  const response = Object.freeze({});
  responses.set(response, provided);
  return response;
}

function fromOptions([body, options]: unknown[]): unknown[] {
  const { status, headers, deny_reason, denyReason } = (options ?? {}) as Record<string, unknown>;
  // Akamai's page has the one name, its types the other.
  return [status, headers, body, deny_reason ?? denyReason];
}

function bodyFrom(body: unknown): string | ReadableStream {
  if (body === undefined || body === null) return "";
  if (typeof body === "object" && typeof (body as ReadableStream).getReader === "function")
    return body as ReadableStream;
  const text = String(body);
  if (text.length > STRING_CHARACTERS)
    throw new RangeError(
      `A text body of createResponse has more than ${STRING_CHARACTERS} characters: use a stream`,
    );
  return text;
}

/** What a response provider has returned. */
export function provided(result: unknown): Provided {
  const found = typeof result === "object" && result !== null ? responses.get(result) : undefined;
  if (found === undefined) throw new TypeError("responseProvider must return the result of createResponse");
  return found;
}
