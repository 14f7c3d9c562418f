import { Agent } from "node:https";
import { createSecureContext, rootCertificates } from "node:tls";
import EdgeGrid from "akamai-edgegrid";
import got, { HTTPError, type RequestError } from "got";
import type { z } from "zod";
import type { Clock } from "../core/clock";
import { ConnectionError, isLimitOfNumber, ServiceError, UnexpectedReplyError } from "../errors";
import { version } from "../version";
import { pacer } from "./adaptiveLimit";
import { dispatcher, isForSpeed } from "./headerLimit";
import { askedDelay, defaultRetryPolicy, type Outcome, type RetryPolicy, retryDelay, saidDelay } from "./retry";

/** One request to an Akamai API, as the API modules speak it. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Such as `/edgekv/v1/tokens`, with every variable part encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: { readonly contentType: string; readonly bytes: Uint8Array | string };
  readonly accept?: string;
  /** More headers, names in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A request that only asks, whatever its method: it may be repeated like a GET, and what was read before it still holds. */
  readonly changesNothing?: true;
  /** Sent as fast as the service takes it, together with all others of the kind, instead of so many at a time: for requests that come in thousands. */
  readonly paced?: true;
  /** The limit of speed that it counts towards, where the API has several; requests of one limit wait together. Default: the API's own. */
  readonly limit?: string;
  /** Statuses from 300 up that are an answer here, not an error. */
  readonly answers?: readonly number[];
}

export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The body as JSON of the given shape; fails with UnexpectedReplyError when it is something else. */
  as<T>(shape: z.ZodType<T>): T;
}

/** The way to Akamai: everything above it speaks of endpoints, everything below of sockets. */
export interface Transport {
  /** Resolves with a reply below 400, or one of `answers`; fails with ServiceError or ConnectionError. */
  send(request: ApiRequest): Promise<ApiReply>;
}

export interface TransportOptions {
  readonly credentials: {
    readonly host: string;
    readonly clientToken: string;
    readonly accessToken: string;
    readonly clientSecret: string;
  };
  readonly accountSwitchKey?: string | undefined;
  /** PEM text of a certificate authority to trust beside the public ones. */
  readonly certificateAuthority?: string | undefined;
  /** Requests at once; more wait their turn. */
  readonly concurrency?: number | undefined;
  /** Called after every request that may have changed something. */
  readonly onChange?: (() => void) | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retry?: RetryPolicy | undefined;
  /** Milliseconds for one attempt; creating a namespace may take longer than 60 s. */
  readonly timeoutMs?: number | undefined;
}

const defaultTimeoutMs = 120_000;
const defaultConcurrency = 8;
/** So many times more of what is paced may be on the way at once: its speed is found by trying. */
const pacedTimes = 8;

/** Requests signed with EdgeGrid over verified TLS, a fresh signature for every attempt, repeated as `retryDelay` says. */
export function connect(options: TransportOptions): Transport {
  const { credentials, clock, random, retry = defaultRetryPolicy } = options;
  const atOnce = options.concurrency ?? defaultConcurrency;
  const dispatch = dispatcher({ clock, random, atOnce });
  const paced = pacer({ clock, random, atOnce, mostAtOnce: atOnce * pacedTimes });
  const origin = `https://${credentials.host}`;
  const signer = new EdgeGrid(credentials.clientToken, credentials.clientSecret, credentials.accessToken, origin);
  // With AKAMAI_LOG_LEVEL in somebody's shell it would print bodies, headers and the signing key on stdout.
  signer.enableLogging(false);

  const http = got.extend({
    headers: { "user-agent": `pulumi-akamai-edge/${version} (+https://www.npmjs.com/package/pulumi-akamai-edge)` },
    timeout: { request: options.timeoutMs ?? defaultTimeoutMs },
    followRedirect: false,
    decompress: true,
    responseType: "buffer",
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED in somebody's shell cannot switch it off.
    https: { rejectUnauthorized: true },
    agent: { https: agentTrusting(options.certificateAuthority) },
    hooks: {
      beforeRequest: [
        (request) => {
          const { url, method, body, headers } = request;
          if (url === undefined || typeof url === "string") throw new TypeError("a request without an address cannot be signed");
          const unsigned = {
            method,
            path: url.pathname + url.search,
            // The signer takes bytes as they are under this type only; of text it would count characters. The type is not part of the signature.
            headers: { "Content-Type": "application/gzip" },
            body: typeof body === "string" || ArrayBuffer.isView(body) ? Buffer.from(body as string | Uint8Array) : "",
          };
          headers.authorization = signer.auth(unsigned).request.headers.Authorization;
        },
      ],
    },
  });

  async function attempt(request: ApiRequest, heard: (headers: ApiReply["headers"]) => void = () => undefined): Promise<ApiReply> {
    const url = new URL(request.path, origin);
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    if (options.accountSwitchKey !== undefined) url.searchParams.set("accountSwitchKey", options.accountSwitchKey);
    const body = request.raw?.bytes ?? (request.json === undefined ? undefined : JSON.stringify(request.json));
    const began = clock.now();
    try {
      const reply = await http(url, {
        method: request.method,
        headers: {
          ...request.headers,
          accept: request.accept ?? "application/json",
          "content-type": request.raw?.contentType ?? "application/json",
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : Buffer.from(body) }),
        retry: {
          limit: retry.maxAttempts - 1,
          enforceRetryRules: false,
          // got repeats after the returned milliseconds, 0 meaning never. The waiting is done here, on our clock, so that tests can turn it.
          calculateDelay: async ({ attemptCount, error }) => {
            const elapsedMs = clock.now() - began;
            const wait = retryDelay(
              { method: changes(request) ? request.method : "GET", number: attemptCount, elapsedMs, outcome: outcomeOf(error) },
              random(),
              clock.now(),
              retry,
            );
            if (wait === undefined || waitsInLine(request, error, clock.now())) return 0;
            await clock.sleep(wait);
            return 1;
          },
        },
      });
      heard(flatten(reply.headers));
      // Redirects are not followed, and one that came from a proxy is no success.
      if (reply.statusCode >= 300 && request.answers?.includes(reply.statusCode) !== true)
        throw refusal(request, reply.statusCode, reply.headers, reply.body, clock.now());
      const answer = toReply(request, reply.statusCode, reply.headers, reply.body);
      if (isPage(answer)) throw new UnexpectedReplyError(shown(request), answer.status, notJson(answer.text), answer.headers["x-trace-id"]);
      return answer;
    } catch (error) {
      if (error instanceof HTTPError) heard(flatten(error.response.headers));
      if (error instanceof HTTPError && request.answers?.includes(error.response.statusCode) === true) {
        const { statusCode, headers, body: answer } = error.response;
        return toReply(request, statusCode, headers, answer as Uint8Array);
      }
      throw translate(request, error, clock.now());
    }
  }

  return {
    async send(request) {
      try {
        return await (request.paced ? paced(() => attempt(request)) : dispatch(limitOf(request), (heard) => attempt(request, heard)));
      } finally {
        if (changes(request)) options.onChange?.();
      }
    },
  };
}

/** Connections that are kept and used again. The certificates are read once: as options of each request, they would be compared for each. */
function agentTrusting(authority: string | undefined): Agent {
  const trusted = authority === undefined ? {} : { secureContext: createSecureContext({ ca: [...rootCertificates, authority] }) };
  return new Agent({ keepAlive: true, rejectUnauthorized: true, ...trusted });
}

function changes({ method, changesNothing }: ApiRequest): boolean {
  return method !== "GET" && changesNothing !== true;
}

/** Errors of a connection that was never made; the service cannot have seen the request. */
const neverConnected: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

function isCertificateTrouble(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code);
}

function limitOf({ limit, path }: ApiRequest): string {
  return limit ?? path.split("/")[1] ?? "";
}

/** What is refused for its speed goes back into its line, instead of using up its attempts; waiting for room doesn't make any. */
function waitsInLine(request: ApiRequest, error: RequestError, nowMs: number): boolean {
  if (!(error instanceof HTTPError) || error.response.statusCode !== 429) return false;
  const said = translate(request, error, nowMs);
  return request.paced === true || isForSpeed(said) || (said instanceof ServiceError && isLimitOfNumber(said));
}

function outcomeOf(error: RequestError): Outcome {
  if (error instanceof HTTPError) return { kind: "response", status: error.response.statusCode, headers: flatten(error.response.headers) };
  // A certificate that cannot be verified will not get better by asking again.
  if (isCertificateTrouble(error.code)) return { kind: "response", status: 495, headers: {} };
  return { kind: "failure", reached: !neverConnected.has(error.code) };
}

function toReply(request: ApiRequest, status: number, headers: Record<string, string | string[] | undefined>, bytes: Uint8Array): ApiReply {
  const text = Buffer.from(bytes).toString("utf8");
  return {
    status,
    headers: flatten(headers),
    bytes,
    text,
    as(shape) {
      const json = parseJson(text);
      const parsed = shape.safeParse(json);
      if (parsed.success) return parsed.data;
      const requestId = flatten(headers)["x-trace-id"];
      throw new UnexpectedReplyError(shown(request), status, json === undefined ? notJson(text) : unlike(parsed.error), requestId);
    },
  };
}

/** A page is from a stranger on the way, and no word of whether anything was done. The APIs serve none, and values of items come as text. */
function isPage({ headers, text }: ApiReply): boolean {
  return /^text\/html\b/i.test(headers["content-type"] ?? "") && /^\s*</.test(text);
}

function notJson(text: string): string {
  if (text.trim() === "") return "it is empty";
  return /^\s*</.test(text) ? "it is a page, not JSON" : "it is no JSON, or cut off";
}

/** Where a body is not as it should be, without what it says: it may be a secret. */
function unlike({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return "no reason";
  return `${issue.path.join(".") || "the body"}: ${issue.message.replace(/^Invalid input: (.*), received undefined$/, "is missing ($1)")}`;
}

/** What an error keeps of a request: not its body, which is nobody's to read in a log. */
function shown({ method, path }: ApiRequest): { method: string; path: string } {
  return { method, path };
}

function refusal(
  request: ApiRequest,
  status: number,
  headers: Record<string, string | string[] | undefined>,
  body: unknown,
  nowMs: number,
): ServiceError {
  const text = ArrayBuffer.isView(body) ? Buffer.from(body as Uint8Array).toString("utf8") : "";
  // Some proxies answer with the headers that they were sent.
  const said = describe(text.replace(/EG1-HMAC-SHA256\s+[^\s"]+/g, "EG1-HMAC-SHA256 …"), status);
  const requestId = said.requestId ?? flatten(headers)["x-trace-id"];
  const unknown = changes(request) && status >= 500;
  const wait = askedDelay(flatten(headers), nowMs) ?? saidDelay(text, nowMs);
  return new ServiceError(shown(request), status, said.code, said.text, requestId, unknown, wait === undefined ? undefined : nowMs + wait);
}

function translate(request: ApiRequest, error: unknown, nowMs: number): Error {
  const mutates = changes(request);
  if (error instanceof ServiceError) return error;
  if (error instanceof HTTPError) return refusal(request, error.response.statusCode, error.response.headers, error.response.body, nowMs);
  if (error instanceof Error && "code" in error && typeof error.code === "string" && error.name !== "UnexpectedReplyError") {
    const reached = !neverConnected.has(error.code) && !isCertificateTrouble(error.code);
    return new ConnectionError(shown(request), error.code, error.message, mutates && reached);
  }
  return error instanceof Error ? error : new Error(String(error));
}

const longest = 400;
/** Characters of a page that are searched for text. */
const longestPage = 20_000;

/** What an error body says, whatever its kind: the APIs' problem JSON, the gateway's, a list of errors, plain text, HTML. */
export function describe(
  body: string,
  status: number,
): { readonly text: string; readonly code: string | undefined; readonly requestId: string | undefined } {
  const json = parseJson(body);
  if (typeof json !== "object" || json === null) {
    // Of JSON that was cut off nobody knows which part says what is wrong, and which one holds a token.
    if (/^\s*(\{|\[\s*[[{"])/.test(body)) return { text: `JSON that is not whole (HTTP ${status})`, code: undefined, requestId: undefined };
    const plain = body
      .slice(0, longestPage)
      .replace(/<(script|style)[\s\S]*?<\/\1>|<!--[\s\S]*?-->|<[^>]*>/gi, " ")
      .replace(/&(amp|quot|nbsp|#39);/g, (_entity, name: string) => ({ amp: "&", quot: '"', "#39": "'" })[name] ?? " ")
      .replace(/\s+/g, " ")
      .trim();
    return { text: plain === "" ? `an empty body (HTTP ${status})` : plain.slice(0, longest), code: undefined, requestId: undefined };
  }
  const problem = new Map<string, unknown>(Object.entries(json));
  const text = (key: string): string | undefined => {
    const value = problem.get(key);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const listed = problem.get("errors");
  const details = Array.isArray(listed)
    ? listed.flatMap((entry: unknown) => (typeof entry === "object" && entry !== null && "detail" in entry ? [String(entry.detail)] : []))
    : [];
  const additional = problem.get("additionalDetail");
  const nested =
    typeof additional === "object" && additional !== null && "requestId" in additional ? String(additional.requestId) : undefined;
  const said = [text("title"), text("detail"), ...details].filter((part) => part !== undefined);
  return {
    text: (said.length > 0 ? said.join(": ") : "no reason given").slice(0, longest),
    code: text("errorCode") ?? text("messageId") ?? /\/papi\/v\d\/([\w/.-]+)$/.exec(text("type") ?? "")?.[1],
    requestId: nested ?? text("requestId") ?? text("instance"),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]));
}
