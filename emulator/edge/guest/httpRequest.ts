import { bytesOf, textOf } from "./bodies";
import type { Bridge } from "./bridge";
import { type HeaderLists, listsOf, readsHeaders } from "./headers";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

async function bytesOfBody(bridge: Bridge, body: unknown): Promise<Uint8Array | undefined> {
  if (body === undefined || body === null) return undefined;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (typeof body !== "object" || typeof (body as ReadableStream).getReader !== "function")
    return bridge.encode(String(body));
  const reading = wholeOf(bridge, body as ReadableStream<unknown>);
  unsent.add(reading);
  return reading.finally(() => unsent.delete(reading));
}

async function wholeOf(bridge: Bridge, stream: ReadableStream<unknown>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const { value } = next;
    const isBytes = ArrayBuffer.isView(value);
    chunks.push(
      isBytes
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : bridge.encode(String(value)),
    );
  }
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Bodies that are read from streams. Their requests are made when they are whole. */
const unsent = new Set<Promise<Uint8Array>>();
/** What is in memory is read within a few turns. A stream that waits for more is not waited for. */
const TURNS = 50;

/** A handler that ends does not stop a request whose body is being read, as it does not stop one that was made. */
export async function bodiesSent(bridge: Bridge): Promise<void> {
  for (let turn = 0; turn < TURNS && unsent.size > 0; turn += 1) await bridge.turn();
}

/** The built-in `httpRequest`. */
export const httpRequestOf =
  (bridge: Bridge) =>
  async (url: unknown, options?: Record<string, unknown>): Promise<object> => {
    const { method = "GET", headers, body, timeout, preserveEncoding } = options ?? {};
    const verb = String(method).toUpperCase();
    if (!METHODS.includes(verb)) throw new TypeError(`httpRequest does not allow the method ${verb}`);
    const milliseconds = timeout === undefined || timeout === null ? undefined : Number(timeout);
    if (milliseconds !== undefined && !(milliseconds > 0))
      throw new TypeError("The timeout of httpRequest must be a number of milliseconds above 0");
    const sent = await bytesOfBody(bridge, body);
    let answer: { readonly head: string; readonly body: Uint8Array };
    try {
      const lists = JSON.stringify(listsOf(headers));
      answer = await bridge.request(verb, String(url), lists, sent, milliseconds, preserveEncoding === true);
    } catch (error) {
      throw new Error(String((error as { message?: unknown }).message));
    }
    return httpResponse(bridge, answer.head, answer.body);
  };

/** The `headers` of a response: only `get`, as in the Fetch API. It has no members of its own, so code that passes it on passes no header on. */
class ResponseHeaders {
  readonly #lists: HeaderLists;

  constructor(lists: HeaderLists) {
    this.#lists = lists;
  }

  get(name: unknown): string | null {
    const key = String(name).toLowerCase();
    return Object.hasOwn(this.#lists, key) ? (this.#lists[key] ?? []).join(", ") : null;
  }
}

function httpResponse(bridge: Bridge, head: string, bytes: Uint8Array): object {
  const { status, headers } = JSON.parse(head) as { status: number; headers: HeaderLists };
  let stream: ReadableStream | undefined;
  let isRead = false;
  const whole = (): string => {
    if (isRead || stream?.locked) throw new TypeError("The body has been read already");
    isRead = true;
    return textOf(bridge, bytes);
  };
  return {
    status,
    ok: status >= 200 && status <= 299,
    ...readsHeaders(headers),
    headers: new ResponseHeaders(headers),
    get body() {
      stream ??= bytesOf(bridge, bytes);
      return stream;
    },
    text: async () => whole(),
    json: async () => JSON.parse(whole()),
  };
}
