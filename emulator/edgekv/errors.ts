import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { HttpError, problem, type RequestFacts, type Response } from "../service";

const TYPES: Record<number, string> = {
  400: "bad-request",
  403: "forbidden",
  404: "not-found",
  406: "not-acceptable",
  409: "conflict",
  410: "not-found",
  413: "payload-too-large",
  415: "unsupported-media-type",
  422: "unprocessable-entity",
  429: "too-many-requests",
  500: "internal-server-error",
};

// EdgeKV calls an expired token "Not Found" too; Node has no name of the kind for these two.
const TITLES: Record<number, string> = { 410: "Not Found", 422: "Unprocessable Entity" };

/** An error of the EdgeKV API. The code is a category: only status, code and detail together identify what happened. */
export class EdgeKvError extends HttpError {
  constructor(
    readonly status: number,
    readonly errorCode: string,
    detail: string,
  ) {
    super(detail);
  }

  toResponse({ requestId }: RequestFacts): Response {
    return problem(this.status, {
      type: `/edgekv/error-types/edgekv-${TYPES[this.status]}`,
      title: TITLES[this.status] ?? (this.status === 413 ? "Payload Too Large" : STATUS_CODES[this.status]),
      status: this.status,
      detail: this.message,
      errorCode: this.errorCode,
      instance: `/edgekv/error-instances/${randomUUID()}`,
      additionalDetail: { requestId },
    });
  }
}

export const invalid = (detail: string) => new EdgeKvError(400, "EKV_2000", detail);
export const internalError = () => new EdgeKvError(500, "EKV_0000", "An internal error occurred.");
export const noSuchNamespace = () =>
  new EdgeKvError(400, "EKV_9000", "The requested namespace does not exist.");
export const missingOrForbidden = (capability: string) =>
  new EdgeKvError(
    400,
    "EKV_1002",
    `That resource does not exist or you are missing the '${capability}' permission for it.`,
  );
export const noAccessToGroup = (groupId: number) =>
  new EdgeKvError(403, "EKV_1000", `You do not have access to group ${groupId}.`);
export const syntaxError = () =>
  new EdgeKvError(422, "EKV_2001", "The JSON request body contained a syntax error or duplicate attributes.");
export const notInitialized = () =>
  new EdgeKvError(400, "EKV_3000", "The EdgeKV database is not initialized.");
export const notFound = (detail: string) => new EdgeKvError(404, "EKV_3000", detail);
export const conflict = (detail: string) => new EdgeKvError(409, "EKV_3000", detail);
/** A limit of number or size is reached. */
export const payloadTooLarge = (detail: string) => new EdgeKvError(413, "EKV_9000", detail);
export const rateLimitExceeded = (hits: number, limit: number) =>
  new EdgeKvError(
    429,
    "EKV_9100",
    `Your request has been denied: ${hits} hits per second too high. limit set at ${limit}. Please try again soon.`,
  );
export const standardTlsNotAllowed = () =>
  new EdgeKvError(
    400,
    "EKV_1005",
    "You cannot set `restrictDataAccess` to false. Your account entitlement doesn't allow EdgeKV data access to Akamai's Standard TLS network.",
  );
export const unsupportedMediaType = (detail: string) => new EdgeKvError(415, "EKV_2000", detail);
export const notAcceptable = (detail: string) => new EdgeKvError(406, "EKV_2000", detail);

/** A request that may be sent again after a time. */
export class TooSoonError extends EdgeKvError {
  constructor(
    detail: string,
    private readonly waitMs: number,
  ) {
    super(429, "EKV_9100", detail);
  }

  override toResponse(request: RequestFacts): Response {
    const seconds = String(Math.ceil(this.waitMs / 1000));
    return { ...super.toResponse(request), headers: { "Retry-After": seconds } };
  }
}
