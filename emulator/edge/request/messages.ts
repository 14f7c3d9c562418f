import type { IncomingHttpHeaders } from "node:http";
import type { HeaderLists } from "../runtime/protocol";

export type EdgeNetwork = "staging" | "production";

/** A request to a site, from a client or from code at the edge. */
export interface Incoming {
  readonly network: EdgeNetwork;
  readonly kind: "CLIENT_REQ" | "EW_SUBREQUEST";
  readonly scheme: "http" | "https";
  readonly method: string;
  /** Without a port, lower case. */
  readonly host: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: HeaderLists;
  readonly clientIp: string;
  readonly body: Buffer;
}

export interface Outgoing {
  readonly status: number;
  readonly headers: HeaderLists;
  readonly body: Buffer | AsyncIterable<Uint8Array>;
}

/** Headers of one connection: they are not passed on. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export function withoutHopByHop(headers: HeaderLists): HeaderLists {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}

/** From the pairs that Node reads, in order of arrival. */
export function listsOfRaw(raw: readonly string[]): HeaderLists {
  const lists: HeaderLists = {};
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    lists[name] = [...(Object.hasOwn(lists, name) ? (lists[name] ?? []) : []), raw[at + 1] ?? ""];
  }
  return lists;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Node reads the bytes of a header as Latin-1. Code at the edge sees them as UTF-8, where they are. */
function fromWire(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the range of ASCII
  if (/^[\x00-\x7f]*$/.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}

/** As `listsOfRaw`, for code at the edge. */
export const listsFromWire = (raw: readonly string[]): HeaderLists =>
  listsOfRaw(raw.map((text, at) => (at % 2 === 0 ? text : fromWire(text))));

/** A value for Node to send: its UTF-8, a character for each byte. */
export const toWire = (value: string): string => Buffer.from(value, "utf8").toString("latin1");

export const listsToWire = (headers: HeaderLists): HeaderLists =>
  Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.map(toWire)]));

export const listsOfNode = (headers: IncomingHttpHeaders): HeaderLists =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value : [value]]],
    ),
  );

/** A refusal of the local edge itself. Akamai would not answer so: its `Server` header tells them apart. */
export const refusal = (status: number, title: string, detail: string, more: object = {}): Outgoing => ({
  status,
  headers: { server: ["akamai-edge-emulator"], "content-type": ["application/problem+json"] },
  body: Buffer.from(`${JSON.stringify({ status, title, detail, ...more })}\n`),
});

/** What a client sees of a handler that failed. */
export const failurePage = (): Outgoing => ({
  status: 500,
  headers: { server: ["AkamaiGHost"], "mime-version": ["1.0"], "content-type": ["text/html"] },
  body: Buffer.from(
    "<HTML><HEAD><TITLE>Internal Server Error</TITLE></HEAD><BODY><H1>Internal Server Error</H1>Reference&#32;#500</BODY></HTML>\n",
  ),
});
