/** What a handler may ask of the network. provider/http has the client that does it. */
import type { z } from "zod";

export type ResponseHeaders = Readonly<Record<string, string | undefined>>;

/** One request to an Akamai API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Such as `/edgekv/v1/tokens`, with every variable part encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as is. */
  readonly raw?: { readonly contentType: string; readonly bytes: Uint8Array | string };
  readonly accept?: string;
  /** More headers, names in lower case. They never replace `accept`, `content-type` or the signature. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Set it for a POST or PUT without an effect: it is then repeated like a GET, and `onChange` is not called. */
  readonly changesNothing?: true;
  /** For requests that come in thousands: sent as fast as the service accepts them, under one rate with all others of the kind. */
  readonly adaptive?: true;
  /** The rate limit that it counts towards, where the API has several. Default: one limit per API. */
  readonly limit?: string;
  /**
   * Takes the body of a GET as it comes, of whatever size; the reply then has none. It is called again when the body
   * broke off: each call begins anew.
   */
  readonly consume?: (body: AsyncIterable<Uint8Array>) => Promise<void>;
  /** Statuses of 300 and above that are no error here. */
  readonly expectedStatuses?: readonly number[];
}

/** Sends requests to Akamai. Only provider/http knows sockets, signatures, retries and rate limits. */
export interface HttpClient {
  /** Resolves with a reply below 300, or with a status of `expectedStatuses`. Fails with ApiError, ConnectionError or UnexpectedReplyError. */
  send(request: ApiRequest): Promise<ApiReply>;
}

export interface ApiReply {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Parses the body as JSON of the given shape. Throws UnexpectedReplyError when it is anything else. */
  as<T>(shape: z.ZodType<T>): T;
  /**
   * For a body that is a text in several wordings, where the status is not 204. Throws UnexpectedReplyError when the body is empty, or JSON that was cut off: what
   * answered was not the service.
   */
  assertText(): void;
}
