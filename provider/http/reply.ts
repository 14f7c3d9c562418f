import type { z } from "zod";
import { printablePart, type RequestLine, UnexpectedReplyError } from "../errors";
import { parseJson } from "../errors/problem";
import type { ApiReply, ResponseHeaders } from "../runtime/httpClient";

const noContent = 204;

export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Characters of a request id. */
const maxRequestIdLength = 200;

/** What Akamai calls the request. */
export function requestIdOf(headers: ResponseHeaders): string | undefined {
  const id = headers["x-trace-id"];
  return id === undefined ? undefined : printablePart(id, maxRequestIdLength);
}

export function flattenHeaders(headers: RawHeaders): ResponseHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

/** @param request named in errors */
export function toReply(
  request: RequestLine,
  status: number,
  rawHeaders: RawHeaders,
  bytes: Uint8Array,
): ApiReply {
  const text = Buffer.from(bytes).toString("utf8");
  const headers = flattenHeaders(rawHeaders);
  const unexpected = (problem: string) =>
    new UnexpectedReplyError(request, status, problem, requestIdOf(headers));
  return {
    status,
    headers,
    bytes,
    text,
    as(shape) {
      const json = parseJson(text);
      const parsed = shape.safeParse(json);
      if (parsed.success) return parsed.data;
      const problem = json === undefined ? describeNonJson(text) : describeMismatch(parsed.error);
      throw unexpected(problem);
    },
    assertText() {
      if (status === noContent) return;
      const isCutOff = /^\s*[{[]/.test(text) && parseJson(text) === undefined;
      if (text.trim() === "" || isCutOff) throw unexpected(describeNonJson(text));
    },
  };
}

/** Throws when a proxy answered with a page: the outcome of the request is then unknown. The APIs serve no pages, and values of items come as text. */
export function assertNoPage(request: RequestLine, { status, headers, text }: ApiReply): void {
  const isPage = /^text\/html\b/i.test(headers["content-type"] ?? "") && /^\s*</.test(text);
  if (isPage) throw new UnexpectedReplyError(request, status, describeNonJson(text), requestIdOf(headers));
}

function describeNonJson(text: string): string {
  if (text.trim() === "") return "it is empty";
  return /^\s*</.test(text) ? "it is a page, not JSON" : "it is no JSON, or cut off";
}

/** Characters of a place in a body. */
const maxPlaceLength = 200;

/** Names where a body differs from its shape, and never its values: they may be secret. */
function describeMismatch({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return "no reason";
  const place = printablePart(issue.path.join("."), maxPlaceLength) || "the body";
  const what = issue.message.replace(/^Invalid input: (.*), received undefined$/, "is missing ($1)");
  return `${place}: ${printablePart(what)}`;
}
