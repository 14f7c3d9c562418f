import { randomUUID } from "node:crypto";
import { HttpError, problem, type Response } from "../service";

/** By type. This API has sentences as titles, not the reason phrases of the status. */
const TITLES = {
  "not-found": "The given resource could not be found.",
  "bad-request": "Bad Request.",
  "invalid-argument": "Invalid Argument.",
  forbidden: "Forbidden.",
  "too-many-requests": "Too Many Requests.",
};

/** An error of the EdgeWorkers API. Many have no code. */
export class EdgeWorkersError extends HttpError {
  constructor(
    readonly status: number,
    readonly kind: keyof typeof TITLES,
    detail: string,
    readonly errorCode?: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
  }

  toResponse(): Response {
    const body = {
      type: `/edgeworkers/error-types/edgeworkers-${this.kind}`,
      title: TITLES[this.kind],
      detail: this.message,
      instance: `/edgeworkers/error-instances/${randomUUID()}`,
      status: this.status,
      ...(this.errorCode !== undefined && { errorCode: this.errorCode }),
    };
    return { ...problem(this.status, body), headers: this.headers };
  }
}

/** A rate limit without an error code: plain text. */
export class PlainTextLimit extends HttpError {
  constructor(
    readonly until: number,
    readonly headers: Record<string, string>,
  ) {
    super(
      `Your request did not succeed as this operation has reached the limit for your account. Please try after ${new Date(until).toISOString()}`,
    );
  }

  toResponse(): Response {
    return { status: 429, headers: this.headers, contentType: "text/plain", body: this.message };
  }
}

export const badRequest = (detail: string, errorCode?: string) =>
  new EdgeWorkersError(400, "bad-request", detail, errorCode);
export const invalidArgument = (detail: string, errorCode?: string) =>
  new EdgeWorkersError(400, "invalid-argument", detail, errorCode);
export const notFound = (errorCode: string, detail: string) =>
  new EdgeWorkersError(404, "not-found", detail, errorCode);
export const forbidden = (errorCode: string, detail: string) =>
  new EdgeWorkersError(403, "forbidden", detail, errorCode);

export const noSuchId = () => notFound("EW2002", "Unable to find the requested EdgeWorker ID");
