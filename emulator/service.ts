import type { IncomingHttpHeaders } from "node:http";
import type { Account, ApiClient, EmulatorSettings } from "./account/settings";
import type { Lags, Replica } from "./replication";

/** What goes back to the client. */
export interface Response {
  status: number;
  headers?: Record<string, string>;
  contentType?: string;
  body?: string | Buffer;
}

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Response => ({
  status,
  headers,
  contentType: "application/json",
  body: JSON.stringify(value),
});

export const problem = (status: number, value: object): Response => ({
  status,
  contentType: "application/problem+json",
  body: JSON.stringify(value),
});

/** The facts of a request that error bodies repeat. */
export interface RequestFacts {
  method: string;
  /** Absolute URL. */
  url: string;
  requestId: string;
  clientIp: string;
  serverIp: string;
}

/** An error with an answer of its own. */
export abstract class HttpError extends Error {
  abstract toResponse(request: RequestFacts): Response;
}

/** A request that passed the gateway, and all that a product may use to answer it. */
export interface RequestContext {
  query: Readonly<Record<string, string>>;
  params: Readonly<Record<string, string>>;
  body: Buffer;
  /** Media type without parameters, lower case. */
  contentType: string | undefined;
  headers: Readonly<IncomingHttpHeaders>;
  client: ApiClient;
  /** The name of the client: who did it, in what the APIs tell. */
  user: string;
  account: Account;
  now: number;
  /** When the request came, on the clock that rates of traffic are measured on. */
  trafficAt: number;
  /** The replica that this request reads from. */
  replica: Replica;
  lags: Lags;
}

/** Answers, and has all effects, at once: no other request comes between. */
export type Handler = (context: RequestContext) => Response;

interface Endpoint {
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE" | "PATCH";
  /** Below the product's base path, with `:parameters`. */
  path: string;
  /** A client with read-only access is refused what needs `write`. */
  access: "read" | "write";
  /** The body is a value of the user's, of which the journal keeps only the size, or a binary, of which it keeps a digest too. */
  opaqueBody?: "size" | "digest";
}

export type Route = Endpoint &
  (
    | { handle: Handler }
    /** Reads a body that cannot be read at once, without looking at the account, which may change meanwhile. */
    | { prepare(body: Buffer, settings: EmulatorSettings): Promise<Handler> }
  );

/** One Akamai API on the common store: its routes, and what the passing of time does to its objects. */
export interface Service {
  /** The name that the grants of API clients use. */
  name: string;
  /** Path below which all of its routes are. */
  base: string;
  routes: readonly Route[];
  /** Requests come from edge servers, not from API clients: there is no signature, and no grant. What the journal keeps of their headers. */
  unsigned?(headers: IncomingHttpHeaders): Record<string, string>;
  /** Carries out all that became due. Called before every request: there are no timers. */
  advance(account: Account, now: number, lags: Lags): void;
}
