import { randomBytes, webcrypto } from "node:crypto";
import {
  ByteLengthQueuingStrategy,
  CompressionStream,
  CountQueuingStrategy,
  DecompressionStream,
  ReadableStream,
  TransformStream,
  WritableStream,
} from "node:stream/web";
import type { Bridge, ElementListener, HtmlParser, Streams } from "../guest/bridge";
import { framesOf } from "./errorText";
import type { FromWorker, HeaderLists, LogLine, SubResponse } from "./protocol";

export interface Messenger {
  post(message: FromWorker): void;
  now(): number;
  /** By the number of the sub-request. */
  readonly pending: Map<number, (result: SubResponse) => void>;
  nextId: number;
}

let createParser: ((listener: ElementListener) => HtmlParser) | undefined;

/** Loads the parser of HTML. Few bundles need it, and it would make every start slower. */
export async function loadHtmlRewriter(): Promise<void> {
  const { createHtmlParser } = await import("../html/rewriter.js");
  createParser = createHtmlParser;
}

/** The first use of Web Crypto loads it. That is not the code's CPU time. */
export async function loadCrypto(): Promise<void> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await webcrypto.subtle.importKey("raw", new Uint8Array(32), hmac, false, ["sign"]);
  await webcrypto.subtle.sign("HMAC", key, new Uint8Array(1));
}

const encoder = new TextEncoder();
const operations = ["importKey", "encrypt", "decrypt", "sign", "verify", "digest"] as const;

/** What the built-in modules may use of this realm. */
export const createBridge = (messenger: Messenger): Bridge => ({
  now: messenger.now,
  log(level, text, stack) {
    const [place] = framesOf(stack);
    const line: LogLine = {
      level: level as LogLine["level"],
      file: place?.file ?? "main.js",
      line: place?.line ?? 0,
      text,
    };
    messenger.post({ type: "log", line });
  },
  request(method, url, headers, body, timeoutMs, isEncodingKept) {
    const id = messenger.nextId;
    messenger.nextId += 1;
    const result = new Promise<SubResponse>((resolve) => messenger.pending.set(id, resolve));
    const copy = body && Uint8Array.from(body);
    const lists = JSON.parse(headers) as HeaderLists;
    const request = { method, url, headers: lists, body: copy, timeoutMs, isEncodingKept };
    messenger.post({ type: "subrequest", id, request });
    return result.then((answer) => {
      if (!answer.ok) throw new Error(answer.message);
      const { status, headers: received, body: bytes } = answer;
      return { head: JSON.stringify({ status, headers: received }), body: bytes };
    });
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  encode: (text) => encoder.encode(text),
  decoder(label, fatal, ignoreBOM) {
    const decoder = new TextDecoder(label, { fatal, ignoreBOM });
    return {
      encoding: decoder.encoding,
      decode: (chunk, more) => decoder.decode(chunk as Uint8Array | undefined, { stream: more }),
    };
  },
  randomBytes: (length) => randomBytes(length),
  subtle: Object.fromEntries(
    operations.map((name) => [
      name,
      (...args: unknown[]) =>
        (webcrypto.subtle[name] as (...given: unknown[]) => Promise<unknown>).apply(webcrypto.subtle, args),
    ]),
  ),
  streams: {
    ReadableStream,
    WritableStream,
    TransformStream,
    ByteLengthQueuingStrategy,
    CountQueuingStrategy,
    CompressionStream,
    DecompressionStream,
  } as unknown as Streams,
  URLSearchParams,
  htmlRewriter(listener) {
    if (createParser === undefined) throw new Error("html-rewriter is not loaded");
    return createParser(listener);
  },
});
