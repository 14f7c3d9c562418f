import { bytesOf, textOf } from "./bodies";
import type { Bridge } from "./bridge";
import { listsOf, readsHeaders } from "./headers";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

async function bytesOfBody(bridge: Bridge, body: unknown): Promise<Uint8Array | undefined> {
  if (body === undefined || body === null) return undefined;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (typeof body !== "object" || typeof (body as ReadableStream).getReader !== "function")
    return bridge.encode(String(body));
  const reader = (body as ReadableStream<unknown>).getReader();
  const bytes: number[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const chunk = ArrayBuffer.isView(next.value)
      ? new Uint8Array(next.value.buffer, next.value.byteOffset, next.value.byteLength)
      : bridge.encode(String(next.value));
    for (const byte of chunk) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** The built-in `httpRequest`. */
export const httpRequestOf =
  (bridge: Bridge) =>
  async (url: unknown, options?: Record<string, unknown>): Promise<object> => {
    const { method = "GET", headers, body, timeout } = options ?? {};
    const verb = String(method).toUpperCase();
    if (!METHODS.includes(verb)) throw new TypeError(`httpRequest does not allow the method ${verb}`);
    const milliseconds = timeout === undefined || timeout === null ? undefined : Number(timeout);
    if (milliseconds !== undefined && !(milliseconds > 0))
      throw new TypeError("The timeout of httpRequest must be a number of milliseconds above 0");
    const sent = await bytesOfBody(bridge, body);
    let answer: { readonly head: string; readonly body: Uint8Array };
    try {
      answer = await bridge.request(verb, String(url), JSON.stringify(listsOf(headers)), sent, milliseconds);
    } catch (error) {
      throw new Error(String((error as { message?: unknown }).message));
    }
    return httpResponse(bridge, answer.head, answer.body);
  };

function httpResponse(bridge: Bridge, head: string, bytes: Uint8Array): object {
  const { status, headers } = JSON.parse(head) as { status: number; headers: Record<string, string[]> };
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
    get body() {
      stream ??= bytesOf(bridge, bytes);
      return stream;
    },
    text: async () => whole(),
    json: async () => JSON.parse(whole()),
  };
}
