/** What an attempt that failed means: the error for its caller, and what is known of its effect. Pure. */
import { HTTPError, type RequestError, TimeoutError } from "got";
import {
  ApiError,
  ConnectionError,
  PreconditionError,
  printablePart,
  type Redact,
  type RequestLine,
  UnexpectedReplyError,
} from "../errors";
import { parseProblem } from "../errors/problem";
import type { ApiRequest, ResponseHeaders } from "../runtime/httpClient";
import { BodyError, unpackBody } from "./body";
import { flattenHeaders, type RawHeaders, requestIdOf } from "./reply";
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
  redact: Redact = (text) => text,
): ApiError {
  const headers = flattenHeaders(rawHeaders);
  const { text, unread } = errorText(body, headers, redact);
  const problem = parseProblem(text, status, redact);
  const { code, requestId = requestIdOf(headers) } = problem;
  const detail =
    unread === undefined ? problem.detail : `the reason is in a body that can't be read: ${unread}`;
  const isUnknown = mayChange(request) && status >= 500;
  const waitMs = retryAfterFromHeaders(headers, nowMs) ?? retryAfterFromBody(text, nowMs);
  const retryAt = waitMs === undefined ? undefined : nowMs + waitMs;
  return new ApiError(lineOf(request), status, code, detail, requestId, isUnknown, retryAt);
}

/** The text of an error's body without secrets, or why it can't be read. */
function errorText(body: unknown, headers: ResponseHeaders, redact: Redact) {
  if (!ArrayBuffer.isView(body)) return { text: "", unread: undefined };
  try {
    const text = Buffer.from(unpackBody(body as Uint8Array, headers)).toString("utf8");
    return { text: redact(text), unread: undefined };
  } catch (error) {
    if (error instanceof BodyError) return { text: "", unread: error.message };
    throw error;
  }
}

/** Characters of the words that the system or a proxy has for a failed connection. */
const maxDetailLength = 600;

export function toError(
  request: ApiRequest,
  error: unknown,
  nowMs: number,
  redact: Redact = (text) => text,
): Error {
  if (error instanceof ApiError) return error;
  if (error instanceof BodyError) {
    const problem = `${error.message}. Something between here and the service may have answered`;
    return new UnexpectedReplyError(lineOf(request), error.status ?? 200, problem);
  }
  if (error instanceof Error && error.cause instanceof PreconditionError) return error.cause;
  if (error instanceof HTTPError)
    return toApiError(
      request,
      error.response.statusCode,
      error.response.headers,
      error.response.body,
      nowMs,
      redact,
    );
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    error.name !== "UnexpectedReplyError"
  ) {
    const hint = error.cause instanceof ProxyError ? error.cause.hint : undefined;
    const isUnknown = mayChange(request) && !isUnconnected(error);
    const [reason, detail] = [printablePart(error.code), redact(error.message.trim())];
    return new ConnectionError(
      lineOf(request),
      reason,
      printablePart(detail, maxDetailLength),
      isUnknown,
      hint,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
