/** What the provider can fail with, each class named after what happened. */

/** Names a request in a message. It never holds a body or a header: those may hold secrets. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
}

/** The service answered with an error status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly request: RequestLine,
    readonly status: number,
    /** Such as `EKV_3000`. A code is a category: read it together with the status and the path. Gateway errors have none. */
    readonly code: string | undefined,
    /** The reason that the service gave, at most 400 characters. */
    readonly detail: string,
    /** Akamai's support asks for it. */
    readonly requestId: string | undefined,
    /** True when the request may have had its effect before the service failed. */
    readonly isOutcomeUnknown: boolean,
    /** When the service accepts the request again, by its own word: milliseconds since 1970. Undefined when it names no time. */
    readonly retryAt?: number | undefined,
  ) {
    const references = [code, requestId === undefined ? undefined : `request ${requestId}`].filter(
      (part) => part !== undefined,
    );
    const suffix = references.length > 0 ? ` (${references.join(", ")})` : "";
    super(`${request.method} ${request.path} was answered with ${status}: ${detail}${suffix}`);
  }

  is(status: number, code?: string): boolean {
    return this.status === status && (code === undefined || this.code === code);
  }
}

/** No answer came. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  constructor(
    readonly request: RequestLine,
    /** Such as `ECONNREFUSED` or `ETIMEDOUT`. */
    readonly reason: string,
    readonly detail: string,
    /** True when the request may have reached the service and had its effect. */
    readonly isOutcomeUnknown: boolean,
    /** What to do next, where the reason alone does not tell it. */
    readonly hint?: string | undefined,
    /** What to check beside the hint, such as where the host is set. */
    readonly advice?: string | undefined,
  ) {
    super(`${request.method} ${request.path} got no answer: ${detail} (${reason})`);
  }
}

/** The service answered with success, but the body is not what the API documents. */
export class UnexpectedReplyError extends Error {
  override readonly name = "UnexpectedReplyError";
  constructor(request: RequestLine, status: number, problem: string, requestId?: string) {
    const suffix = requestId === undefined ? "" : ` (request ${requestId})`;
    super(
      `${request.method} ${request.path} was answered with ${status}, but the body is not what the API documents: ${problem}${suffix}`,
    );
  }
}

/** A wait ended without its target: it timed out, or the object reached a state from which the target is impossible. */
export class WaitError extends Error {
  override readonly name = "WaitError";
}

/** The provider stopped before or between requests: a precondition is not met. The message, or the hint for its `cause`, names what to change. */
export class PreconditionError extends Error {
  override readonly name = "PreconditionError";
}

/** `check` found an invalid input while it computed others. It is reported like any other failure of that property. */
export class InvalidInputError extends Error {
  override readonly name = "InvalidInputError";
  constructor(
    readonly property: string,
    readonly reason: string,
  ) {
    super(`${property}: ${reason}`);
  }
}

/** The object exists, but the operation did not finish. Pulumi keeps the given state, and the next update continues from it. */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  constructor(
    readonly id: string,
    readonly state: Readonly<Record<string, unknown>>,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

/** Whether the request may have had its effect although it failed. Look for the effect before sending it again. */
export function isOutcomeUnknown(error: unknown): boolean {
  return (error instanceof ApiError || error instanceof ConnectionError) && error.isOutcomeUnknown;
}

/** Whether the account has as many objects as it may have. Waiting does not help. Codes EW3001 to EW3003: EdgeWorkers error codes. */
export function isQuotaExceeded(error: ApiError): boolean {
  return error.is(429) && /^EW300\d$/.test(error.code ?? "");
}

/**
 * Whether the service refused a request for its rate alone. It had no effect, and the same request succeeds some time later. Property Manager
 * names a time then; its 429 without one is a limit of number.
 */
export function isThrottled(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    error.is(429) &&
    !isQuotaExceeded(error) &&
    (error.retryAt !== undefined || !error.request.path.startsWith("/papi/"))
  );
}
