/** Failures of sources, and the limits of what is read. */
import { isAbsolute, resolve } from "node:path";
import { formatCount } from "../format";

/**
 * A source that can't be read. The message names the problem and its position, never a value: values may be
 * secret.
 */
export class SourceError extends Error {
  override readonly name = "SourceError";
}

/**
 * Characters of a record, and bytes of a file that is one item: far more than an item can hold in any
 * notation.
 */
export const maxRecordSize = 8 * 1024 * 1024;

export function recordTooLong(line: number, limit: number): SourceError {
  return new SourceError(
    `line ${line} begins a record of more than ${formatCount(limit)} characters, far more than an item can hold`,
  );
}

/** The same failure for a user, where it comes from the file system; any other error as it is. */
export function toReadError(path: string, error: unknown): unknown {
  const code = (error as { readonly code?: unknown }).code;
  if (error instanceof SourceError || typeof code !== "string") return error;
  return new SourceError(
    code === "ENOENT"
      ? `there is no ${path}${isAbsolute(path) ? "" : ` (resolved to ${resolve(path)})`}`
      : `${path} can't be read (${code})`,
  );
}
