import type { Bridge } from "./bridge";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function encode64(bytes: Uint8Array, alphabet: string, padding: boolean): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const digit = (shift: number) => alphabet[(bits >> shift) & 63] ?? "";
    text += digit(18) + digit(12);
    text += b === undefined ? (padding ? "=" : "") : digit(6);
    text += c === undefined ? (padding ? "=" : "") : digit(0);
  }
  return text;
}

/** The bytes of a text in base64 or base64url, padded or not. */
export function decode64(given: unknown): Uint8Array {
  const text = String(given)
    .replace(/[\t\n\f\r ]/g, "")
    .replace(/-/g, "+")
    .replace(/_/g, "/")
    .replace(/={1,2}$/, "");
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text))
    throw new TypeError("The text is not correctly encoded in base64");
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [bits, count, at] = [0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    bits = ((bits << 6) | BASE64.indexOf(text[index] ?? "")) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at] = (bits >> count) & 0xff;
    at += 1;
  }
  return bytes;
}

function decode16(given: unknown): Uint8Array {
  const text = String(given);
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text))
    throw new TypeError("The text is not correctly encoded in base16");
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1)
    bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

const binary = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

const viewOf = (data: unknown): Uint8Array => {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("The data to encode must be a Uint8Array");
};

const codec = (encode: (bytes: Uint8Array) => string, decode: (text: unknown) => Uint8Array) =>
  Object.freeze({
    encode(data: unknown, ...more: unknown[]) {
      if (more.length > 0) throw new TypeError("encode takes one argument");
      return encode(viewOf(data));
    },
    decode(text: unknown, format = "Uint8Array") {
      const bytes = decode(text);
      return format === "String" ? binary(bytes) : bytes;
    },
  });

const base16 = codec(
  (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
  decode16,
);
const base64 = codec((bytes) => encode64(bytes, BASE64, true), decode64);
const base64url = codec((bytes) => encode64(bytes, BASE64URL, false), decode64);

function btoa(text: unknown): string {
  const bytes = Array.from(String(text), (character) => character.codePointAt(0) ?? 0);
  if (bytes.some((code) => code > 255)) throw new TypeError("btoa: a character is outside of Latin1");
  return encode64(Uint8Array.from(bytes), BASE64, true);
}

/** The module `encoding`. */
export function encodingModule(bridge: Bridge): Record<string, unknown> {
  class TextEncoder {
    readonly encoding = "utf-8";
    encode(text: unknown = ""): Uint8Array {
      return Uint8Array.from(bridge.encode(String(text)));
    }
  }
  class TextDecoder {
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    #decoder: ReturnType<Bridge["decoder"]>;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      this.#decoder = inRealm(() => bridge.decoder(String(label), Boolean(fatal), Boolean(ignoreBOM)));
      this.encoding = this.#decoder.encoding;
      this.fatal = Boolean(fatal);
      this.ignoreBOM = Boolean(ignoreBOM);
    }
    decode(data?: ArrayBuffer | ArrayBufferView, { stream = false } = {}): string {
      return inRealm(() => this.#decoder.decode(data, Boolean(stream)));
    }
  }
  const atob = (text: unknown): string => binary(decode64(text));
  return { atob, btoa, base16, base64, base64url, TextEncoder, TextDecoder };
}

/** An error of the worker's realm, as one of this realm. */
export function realmError(error: unknown): unknown {
  if (error instanceof Error || typeof error !== "object" || error === null) return error;
  const { name, message } = error as { name?: unknown; message?: unknown };
  const kinds: Record<string, ErrorConstructor> = { TypeError, RangeError, SyntaxError };
  const made = new (kinds[String(name)] ?? Error)(String(message));
  if (made.name !== name) Object.defineProperty(made, "name", { value: String(name) });
  return made;
}

export function inRealm<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw realmError(error);
  }
}

/** The module `text-encode-transform`. */
export function textStreams(bridge: Bridge): Record<string, unknown> {
  const { TransformStream } = bridge.streams;
  class TextEncoderStream {
    readonly encoding = "utf-8";
    readonly readable: ReadableStream;
    readonly writable: WritableStream;
    constructor() {
      let pending = "";
      const { readable, writable } = new TransformStream<unknown, Uint8Array>({
        transform(chunk, controller) {
          // A pair of surrogates may be cut by the border of two chunks.
          const text = pending + String(chunk);
          const last = text.charCodeAt(text.length - 1);
          pending = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
          const whole = pending === "" ? text : text.slice(0, -1);
          if (whole !== "") controller.enqueue(Uint8Array.from(bridge.encode(whole)));
        },
        flush(controller) {
          if (pending !== "") controller.enqueue(Uint8Array.from(bridge.encode(pending)));
        },
      });
      this.readable = readable;
      this.writable = writable;
    }
  }
  class TextDecoderStream {
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    readonly readable: ReadableStream;
    readonly writable: WritableStream;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      const decoder = inRealm(() => bridge.decoder(String(label), Boolean(fatal), Boolean(ignoreBOM)));
      this.encoding = decoder.encoding;
      this.fatal = Boolean(fatal);
      this.ignoreBOM = Boolean(ignoreBOM);
      const { readable, writable } = new TransformStream<ArrayBufferView, string>({
        transform(chunk, controller) {
          const text = inRealm(() => decoder.decode(chunk, true));
          if (text !== "") controller.enqueue(text);
        },
        flush(controller) {
          const text = inRealm(() => decoder.decode(undefined, false));
          if (text !== "") controller.enqueue(text);
        },
      });
      this.readable = readable;
      this.writable = writable;
    }
  }
  return { TextEncoderStream, TextDecoderStream };
}
