/** What an attempt that failed means: the error for its caller, and what is known of its effect. Pure. */
import { HTTPError, type RequestError, TimeoutError } from "got";
import { ApiError, ConnectionError, PreconditionError, type RequestLine } from "../errors";
import { parseProblem } from "../errors/problem";
import type { ApiRequest } from "../runtime/httpClient";
import { flattenHeaders, type RawHeaders } from "./reply";
import type { Outcome } from "./retry";
import { retryAfterFromBody, retryAfterFromHeaders } from "./retryAfter";

/** Errors without a connection: the service cannot have received the request. */
const noConnection: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
/** Steps of an attempt before the request itself is sent. */
const connecting: ReadonlySet<string> = new Set(["lookup", "connect", "secureConnect"]);

/** The proxy gave no tunnel to the host: the service cannot have received the request. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code = "PROXY";
  /** @param isFinal the proxy refused, and will refuse again */
  constructor(
    message: string,
    readonly isFinal: boolean,
    readonly hint: string,
  ) {
    super(message);
  }
}

export function mayChange({ method, changesNothing }: ApiRequest): boolean {
  return method !== "GET" && changesNothing !== true;
}

/** What errors keep of a request. A body may be secret and never reaches a log. */
export function lineOf({ method, path }: ApiRequest): RequestLine {
  return { method, path };
}

/** Whether there was no connection to the host, or none whose certificate holds. */
export function isUnconnected(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (error.cause instanceof ProxyError) return true;
  const code = String(error.code);
  if (noConnection.has(code) || isCertificateError(code)) return true;
  if (error instanceof TimeoutError) return connecting.has(error.event);
  return code === "ETIMEDOUT" && (error.cause as { syscall?: unknown } | undefined)?.syscall === "connect";
}

function isCertificateError(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code);
}

export function outcomeOf(error: RequestError): Outcome {
  if (error instanceof HTTPError)
    return {
      kind: "response",
      status: error.response.statusCode,
      headers: flattenHeaders(error.response.headers),
    };
  // Asking again makes no certificate valid, and no proxy willing. 495 is in no list of statuses to repeat.
  const isFinal =
    isCertificateError(error.code) || (error.cause instanceof ProxyError && error.cause.isFinal);
  if (isFinal) return { kind: "response", status: 495, headers: {} };
  return { kind: "failure", reached: !isUnconnected(error) };
}

export function toApiError(
  request: ApiRequest,
  status: number,
  rawHeaders: RawHeaders,
  body: unknown,
  nowMs: number,
): ApiError {
  const text = ArrayBuffer.isView(body) ? Buffer.from(body as Uint8Array).toString("utf8") : "";
  const headers = flattenHeaders(rawHeaders);
  const { detail, code, requestId = headers["x-trace-id"] } = parseProblem(text, status);
  const isUnknown = mayChange(request) && status >= 500;
  const waitMs = retryAfterFromHeaders(headers, nowMs) ?? retryAfterFromBody(text, nowMs);
  const retryAt = waitMs === undefined ? undefined : nowMs + waitMs;
  return new ApiError(lineOf(request), status, code, detail, requestId, isUnknown, retryAt);
}

export function toError(request: ApiRequest, error: unknown, nowMs: number): Error {
  if (error instanceof ApiError) return error;
  if (error instanceof Error && error.cause instanceof PreconditionError) return error.cause;
  if (error instanceof HTTPError)
    return toApiError(request, error.response.statusCode, error.response.headers, error.response.body, nowMs);
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    error.name !== "UnexpectedReplyError"
  ) {
    const hint = error.cause instanceof ProxyError ? error.cause.hint : undefined;
    const isUnknown = mayChange(request) && !isUnconnected(error);
    return new ConnectionError(lineOf(request), error.code, error.message, isUnknown, hint);
  }
  return error instanceof Error ? error : new Error(String(error));
}
