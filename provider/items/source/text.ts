/** Files as text, read in pieces: no source keeps what its items hold. */
import { createReadStream, statSync } from "node:fs";
import { resolve } from "node:path";
import { notUtf8, utf16Kind } from "../../runtime/encoding";
import { formatCount } from "../format";
import { maxRecordSize, recordTooLong, SourceError, toReadError } from "./sourceError";

/**
 * The text of a file in pieces, without its byte order mark. Bytes that are not UTF-8 are refused, not
 * replaced.
 * @param maxBytes of the whole file, for callers that keep all of it in memory
 */
export async function* readText(file: string, maxBytes = Number.POSITIVE_INFINITY): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let isFirst = true;
  const decode = (bytes?: Uint8Array) => {
    if (isFirst && bytes !== undefined && utf16Kind(bytes) !== undefined)
      throw new SourceError(`${file} ${notUtf8(bytes)}`);
    isFirst = false;
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new SourceError(`${file} is not text in UTF-8`);
    }
  };
  try {
    // A pipe or a device may never end.
    const stat = statSync(resolve(file));
    if (!stat.isFile()) throw new SourceError(`${file} is not a regular file`);
    if (stat.size > maxBytes) {
      throw new SourceError(
        `${file} has ${formatCount(stat.size)} bytes, more than the ${formatCount(maxBytes)} that are read as a whole: use .ndjson or .csv, which are read line by line`,
      );
    }
    for await (const chunk of createReadStream(resolve(file))) yield decode(chunk as Uint8Array);
    yield decode();
  } catch (error) {
    throw toReadError(file, error);
  }
}

/** The lines of a file, without their ends: line feeds, carriage returns, or both. */
export async function* readLines(file: string): AsyncGenerator<string> {
  // A long line comes in many pieces: they are joined at its end, once.
  let rest: string[] = [];
  let restLength = 0;
  let number = 1;
  for await (const piece of readText(file)) {
    rest.push(piece);
    restLength += piece.length;
    // A line feed may follow a carriage return in the next piece.
    if (/[\r\n]/.test(piece) || rest.at(-2)?.endsWith("\r")) {
      const lines = rest.join("").split(/\r\n|\n|\r(?!$)/);
      const last = lines.pop() ?? "";
      yield* lines;
      number += lines.length;
      rest = [last];
      restLength = last.length;
    }
    if (restLength > maxRecordSize) throw recordTooLong(number, maxRecordSize);
  }
  yield* rest.join("").split("\r");
}
