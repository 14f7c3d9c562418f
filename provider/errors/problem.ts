/** Reads error bodies, whatever sent them: EdgeKV, EdgeWorkers, Property Manager, the gateway, or a proxy with text or HTML. Pure. */
import { printablePart } from "./printable";
import type { Redact } from "./redact";

export interface Problem {
  /** The reason in words, at most 400 characters. */
  readonly detail: string;
  /** EdgeKV and EdgeWorkers: `errorCode`. Property Manager: `messageId`, or the end of the problem `type`. */
  readonly code: string | undefined;
  readonly requestId: string | undefined;
}

/** Characters of a reason that reach a message. */
const maxDetailLength = 400;
/** Characters of a code. The documented ones have 30 at most. */
const maxCodeLength = 100;
/** Characters of a request id: where there is none, it is an address. */
const maxRequestIdLength = 300;
/** Characters of a part that are looked at. */
const maxPartLength = 8000;
/** Characters of a page's text that are read at most. */
const maxPageText = 20_000;

/**
 * Reads an error body. Never throws, and takes time in proportion to the length of the body.
 * @param status the HTTP status, named where the body gives no reason
 * @param redact hides what was sent and is secret: some services and proxies send it back
 */
export function parseProblem(body: string, status: number, redact: Redact = (text) => text): Problem {
  const safe = redactSignatures(body);
  const json = parseJson(safe);
  const isJson = typeof json === "object" && json !== null;
  const raw = isJson ? fromJson(new Map(Object.entries(json))) : { detail: fromText(safe, status) };
  // Hidden first, then shortened: half of a secret is one too.
  const part = (text: string, length: number) =>
    printablePart(redact(redactSignatures(text.slice(0, maxPartLength))), length);
  const optional = (text: string | undefined, length: number) =>
    text === undefined ? undefined : part(text, length);
  return {
    detail: part(raw.detail, maxDetailLength),
    code: optional("code" in raw ? raw.code : undefined, maxCodeLength),
    requestId: optional("requestId" in raw ? raw.requestId : undefined, maxRequestIdLength),
  };
}

/** Some proxies send back the headers that they got, the signed one included, and addresses with the account switch key. */
function redactSignatures(body: string): string {
  return body
    .replace(/(EG1[-_]HMAC[-_]SHA256)(?:\s|\+|%20)+[^\s"]+/gi, "$1 …")
    .replace(/\b(accountSwitchKey(?:=|%3D))[^\s"&;#]+/gi, "$1…");
}

/** Problem JSON (RFC 9457) with each service's additions, or a list of errors. */
function fromJson(problem: ReadonlyMap<string, unknown>): Problem {
  const text = (key: string): string | undefined => {
    const value = problem.get(key);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const reasons = [text("title"), text("detail"), ...detailsOf(problem.get("errors"))].filter(
    (part) => part !== undefined,
  );
  return {
    detail: reasons.length > 0 ? reasons.join(": ") : "no reason given",
    code: text("errorCode") ?? text("messageId") ?? /\/papi\/v\d\/([\w/.-]+)$/.exec(text("type") ?? "")?.[1],
    requestId: nestedRequestId(problem.get("additionalDetail")) ?? text("requestId") ?? text("instance"),
  };
}

function detailsOf(errors: unknown): string[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((entry: unknown) =>
    typeof entry === "object" && entry !== null && "detail" in entry ? [String(entry.detail)] : [],
  );
}

/** EdgeKV keeps the id one level down. */
function nestedRequestId(additional: unknown): string | undefined {
  return typeof additional === "object" && additional !== null && "requestId" in additional
    ? String(additional.requestId)
    : undefined;
}

function fromText(body: string, status: number): string {
  // In JSON that was cut off, no part is known to be the reason, and any part may be a token.
  if (/^\s*(\{|\[\s*[[{"])/.test(body)) return `JSON that is not whole (HTTP ${status})`;
  const plain = withoutMarkup(body)
    .replace(
      /&(amp|quot|nbsp|#39);/g,
      (_entity, name: string) => ({ amp: "&", quot: '"', "#39": "'" })[name] ?? " ",
    )
    .replace(/\s+/g, " ")
    .trim();
  return plain === "" ? `an empty body (HTTP ${status})` : plain;
}

/** The text between the tags. Each end mark that is missing is searched once only, so that no page takes quadratic time. */
function withoutMarkup(page: string): string {
  const parts: string[] = [];
  const missing = new Set<string>();
  let length = 0;
  let at = 0;
  const endAfter = (mark: string, from: number): number | undefined => {
    if (missing.has(mark)) return undefined;
    const pattern = new RegExp(mark, "gi");
    pattern.lastIndex = from;
    if (pattern.exec(page) !== null) return pattern.lastIndex;
    missing.add(mark);
    return undefined;
  };
  while (at < page.length && length < maxPageText) {
    const open = page.indexOf("<", at);
    const text = page.slice(at, Math.min(open < 0 ? page.length : open, at + maxPageText - length));
    parts.push(text);
    length += text.length + 1;
    if (open < 0) break;
    const element = /^<(script|style)/i.exec(page.slice(open, open + 7))?.[1]?.toLowerCase();
    const end =
      (element === undefined ? undefined : endAfter(`</${element}>`, open)) ??
      (page.startsWith("<!--", open) ? endAfter("-->", open) : undefined) ??
      endAfter(">", open);
    if (end === undefined) {
      // No ">" follows, so the rest is text.
      parts.push(page.slice(open, open + maxPageText));
      break;
    }
    at = end;
  }
  return parts.join(" ");
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
