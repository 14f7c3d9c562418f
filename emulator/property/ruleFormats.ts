import type { RequestContext } from "../service";
import { notAcceptable, unsupportedMediaType } from "./errors";

/** Oldest first, but for the one that changes with every release. */
export const RULE_FORMATS: readonly string[] = [
  "latest",
  "v2023-01-05",
  "v2024-02-12",
  "v2025-10-16",
  "v2026-02-16",
  "v2026-06-09",
];
/** Of a new property that asks for none. */
export const DEFAULT_FORMAT = "latest";

const MEDIA_TYPE = /^application\/vnd\.akamai\.papirules\.(.+)\+json$/;
export const mediaTypeOf = (ruleFormat: string): string =>
  `application/vnd.akamai.papirules.${ruleFormat}+json`;

/** The rule format that the client wants to see; `undefined` when it takes any JSON. */
export function acceptedFormat({ headers }: RequestContext): string | undefined {
  const types = (headers.accept ?? "*/*")
    .split(",")
    .map((type) => type.split(";")[0]?.trim().toLowerCase() ?? "");
  for (const type of types) {
    const format = MEDIA_TYPE.exec(type)?.[1];
    if (format !== undefined && RULE_FORMATS.includes(format)) return format;
  }
  if (types.some((type) => ["*/*", "application/*", "application/json"].includes(type))) return undefined;
  throw notAcceptable();
}

/** The rule format that the client sends; `undefined` when it leaves it as it is. */
export function sentFormat({ contentType }: RequestContext): string | undefined {
  if (contentType === undefined || contentType === "application/json") return undefined;
  const format = MEDIA_TYPE.exec(contentType)?.[1];
  if (format === undefined || !RULE_FORMATS.includes(format)) throw unsupportedMediaType();
  return format;
}
