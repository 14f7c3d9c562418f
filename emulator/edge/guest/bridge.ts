/**
 * What the worker's own realm gives to the built-in modules. The files of this folder run in the realm of the user's code, so that the
 * arrays, errors and promises they make are of that realm. Objects of the worker's realm stay behind this interface.
 */
export interface Bridge {
  /** The time of the event, milliseconds. It stands still. */
  now(): number;
  log(level: string, text: string, stack: string): void;
  /** `headers` is JSON. Resolves with JSON of status and headers, and the bytes. */
  request(
    method: string,
    url: string,
    headers: string,
    body: Uint8Array | undefined,
    timeoutMs: number | undefined,
    isEncodingKept: boolean,
  ): Promise<{ readonly head: string; readonly body: Uint8Array }>;
  /** Resolves in a later turn of the event loop. */
  turn(): Promise<void>;
  encode(text: string): Uint8Array;
  /** A decoder, as a function of a chunk and whether more follow. */
  decoder(
    label: string,
    fatal: boolean,
    ignoreBom: boolean,
  ): { encoding: string; decode(chunk: ArrayBuffer | ArrayBufferView | undefined, more: boolean): string };
  randomBytes(length: number): Uint8Array;
  readonly subtle: Record<string, (...args: unknown[]) => Promise<unknown>>;
  readonly streams: Streams;
  readonly URLSearchParams: unknown;
  htmlRewriter(match: ElementListener): HtmlParser;
}

export interface Streams {
  readonly ReadableStream: typeof ReadableStream;
  readonly WritableStream: typeof WritableStream;
  readonly TransformStream: typeof TransformStream;
  readonly ByteLengthQueuingStrategy: typeof ByteLengthQueuingStrategy;
  readonly CountQueuingStrategy: typeof CountQueuingStrategy;
  readonly CompressionStream: typeof CompressionStream;
  readonly DecompressionStream: typeof DecompressionStream;
}

/** A parser of HTML that shows each element to the listener and writes what the listener leaves. */
export interface HtmlParser {
  /** Checks a selector, and returns its number. Throws what it can't match. */
  select(selector: string): number;
  write(text: string): string;
  end(): string;
}

/** Called with the numbers of the selectors that match an element. */
export type ElementListener = (selectors: readonly number[], element: ElementEdits) => void;

/** What may be done to an element whose start tag was read. */
export interface ElementEdits {
  /** The name of the element in lower case. */
  readonly tag: string;
  getAttribute(name: string): string | undefined;
  setAttribute(name: string, value: string, quote: string): void;
  /** Returns the value that it had. */
  removeAttribute(name: string): string | undefined;
  insert(
    where: "before" | "after" | "prepend" | "append" | "replaceWith" | "replaceChildren",
    text: string,
    implicitClose: boolean,
  ): void;
}
