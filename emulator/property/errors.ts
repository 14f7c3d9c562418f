import { HttpError, problem, type RequestFacts, type Response } from "../service";

const PROBLEMS = "https://problems.luna.akamaiapis.net/papi";

/** An error of the Property Manager API. */
export class PapiError extends HttpError {
  readonly headers: Record<string, string> = {};

  constructor(
    readonly status: number,
    /** Below the common address of problems. */
    readonly type: string,
    readonly title: string,
    readonly detail: string | undefined,
    /** More members of the body. */
    readonly more: object = {},
  ) {
    super(detail ?? title);
  }

  /** The body without the members that depend on the request. */
  body(): object {
    const { status, type, title, detail, more } = this;
    return { type: `${PROBLEMS}/${type}`, title, ...(detail !== undefined && { detail }), status, ...more };
  }

  toResponse({ url, requestId }: RequestFacts): Response {
    const { pathname, search } = new URL(url);
    const reply = problem(this.status, { ...this.body(), instance: `${pathname}${search}#${requestId}` });
    return { ...reply, headers: this.headers };
  }
}

export const badRequest = (
  detail = "The system cannot understand your request.  Please check the syntax and correct any problems.",
) => new PapiError(400, "v0/http/bad-request", "Bad Request", detail);

export const notFound = (detail = "The system was unable to locate the requested resource.") =>
  new PapiError(404, "v1/http/not-found", "Not Found", detail);

export const notAcceptable = () =>
  new PapiError(
    406,
    "v1/http/not-acceptable",
    "Not Acceptable",
    "The system does not support the content-type restrictions provided by your 'Accept' header.",
  );

export const unsupportedMediaType = () =>
  new PapiError(
    415,
    "v1/http/unsupported-media-type",
    "Unsupported Media Type",
    "Our system does not support requests in the format you're sending.",
  );

export const etagMismatch = () =>
  new PapiError(
    412,
    "v1/http/precondition-failed",
    "Precondition Failed",
    "The object has changed since you read it: the etag does not match the current one.",
  );

export const limitExceeded = (
  title: string,
  detail: string,
  limitKey: string,
  instanceKey: string,
  limit: number,
) => new PapiError(429, "v1/limit-exceeded", title, detail, { limitKey, instanceKey, limit, remaining: 0 });

/** An activation that would change nothing: the network is already in the requested state. */
export const unprocessable = (detail: string) =>
  new PapiError(422, "v1/activation-unprocessable", "Activation Unprocessable", detail);

/** A problem with a message id, and parameters that name what it is about. */
export function exception(
  status: number,
  messageId: string,
  params: readonly string[],
  title = "Property Manager Exception",
): PapiError {
  const errors = [{ type: `papi/v1/${messageId}`, title, detail: messageId }];
  return new PapiError(status, `v1/${messageId}`, title, undefined, {
    errors,
    details: {},
    messageId,
    params,
    result: "ERROR",
  });
}
