import { HTTPError, type RequestError } from "got";
import { ApiError, ConnectionError, PreconditionError, type RequestLine } from "../errors";
import { parseProblem } from "../errors/problem";
import type { ApiRequest } from "../runtime/httpClient";
import { flattenHeaders, type RawHeaders } from "./reply";
import type { Outcome } from "./retry";
import { retryAfterFromBody, retryAfterFromHeaders } from "./retryAfter";

/** Whether the service may be another one after the request. */
export function mayChange({ method, changesNothing }: ApiRequest): boolean {
  return method !== "GET" && changesNothing !== true;
}

/** Errors without a connection: the service cannot have received the request. */
const neverConnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

function isCertificateError(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code);
}

/** What the retry policy has to know of a failed attempt. */
export function outcomeOf(error: RequestError): Outcome {
  if (error instanceof HTTPError)
    return {
      kind: "response",
      status: error.response.statusCode,
      headers: flattenHeaders(error.response.headers),
    };
  // Asking again makes no certificate valid. 495 is in no list of statuses to repeat.
  if (isCertificateError(error.code)) return { kind: "response", status: 495, headers: {} };
  return { kind: "failure", reached: !neverConnected.has(error.code) };
}

/** What errors keep of a request. A body may be secret and never reaches a log. */
export function lineOf({ method, path }: ApiRequest): RequestLine {
  return { method, path };
}

/** The error of a response that the service refused the request with. */
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

/** The error that a caller gets for whatever went wrong with a request. */
export function toError(request: ApiRequest, error: unknown, nowMs: number): Error {
  const mutates = mayChange(request);
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
    const reached = !neverConnected.has(error.code) && !isCertificateError(error.code);
    return new ConnectionError(lineOf(request), error.code, error.message, mutates && reached);
  }
  return error instanceof Error ? error : new Error(String(error));
}
