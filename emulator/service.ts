import type { IncomingHttpHeaders } from "node:http";
import type { Account, ApiClient } from "./account/account";
import type { EmulatorSettings } from "./account/settings";
import type { Lags, Replica } from "./replication";

/** An HTTP response. */
export interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: string | Buffer;
  /** What the journal says about the request: a mistake that its client cannot see. */
  readonly note?: string;
  /** The service keeps the client waiting for its work. Then it responds with what has come of it. */
  readonly hold?: { readonly until: number; readonly respond: Handler };
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
  readonly method: string;
  /** Absolute URL. */
  readonly url: string;
  readonly requestId: string;
  readonly clientIp: string;
  readonly serverIp: string;
}

/** An error that ends a request with a response of its own. */
export abstract class HttpError extends Error {
  abstract toResponse(request: RequestFacts): Response;
}

/** A request that passed the gateway, and all that a service may use to answer it. */
export interface RequestContext {
  readonly query: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Media type without parameters, lower case. */
  readonly contentType: string | undefined;
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** Scheme and host that the client uses. */
  readonly origin: string;
  readonly client: ApiClient;
  /** The name of the client: the APIs show it as the author of a change. */
  readonly user: string;
  readonly account: Account;
  readonly now: number;
  /** When the request came, on the clock that rates of traffic are measured on. */
  readonly trafficAt: number;
  /** The replica that this request reads from. */
  readonly replica: Replica;
  readonly lags: Lags;
}

/** A parameter of the path. The router guarantees it. */
export const param = ({ params }: RequestContext, name: string): string => params[name] ?? "";

/** Responds, with all effects, in one step: no other request comes between. */
export type Handler = (context: RequestContext) => Response;

interface Endpoint {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE" | "PATCH";
  /** Below the service's base path, with `:parameters`. */
  readonly path: string;
  /** A client with read-only access gets 403 for what needs `write`. */
  readonly access: "read" | "write";
  /** The journal keeps only the size of such a body (a user's value), or also a digest (a binary). */
  readonly opaqueBody?: "size" | "digest";
}

export type Route = Endpoint &
  (
    | { readonly handle: Handler }
    /** Reads a body that takes time to read. It does not see the account, which may change meanwhile. */
    | { prepare(body: Buffer, settings: EmulatorSettings): Promise<Handler> }
  );

/** One Akamai API on the common store: its routes, and what the passing of time does to its objects. */
export interface Service {
  /** The name that the grants of API clients use. */
  readonly name: string;
  /** Path below which all of its routes are. */
  readonly base: string;
  readonly routes: readonly Route[];
  /**
   * Requests come from edge servers, not from API clients: there is no signature, and no grant. Returns what the journal keeps of their
   * headers.
   */
  unsigned?(headers: IncomingHttpHeaders): Record<string, string>;
  /** Applies every change that is due at `now`. Called before each request: there are no timers. */
  advance(account: Account, now: number, lags: Lags): void;
}
