import { truncate } from "./printable";

/** Characters of a line in a message. */
const maxLineLength = 200;

const lineEnd = /\r\n|\r|\n/;

/** The line and the column of an index in a text. Both count from 1. */
export function positionOf(text: string, index: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, index).split(lineEnd);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** A line of a text, for a message. */
export function sourceLine(text: string, line: number): string {
  return truncate((text.split(lineEnd)[line - 1] ?? "").trim(), maxLineLength);
}

/** A place in a text file, and the line that it is in, for a message. */
export function sourcePlace(
  text: string,
  index: number,
): { readonly place: string; readonly source: string } {
  const { line, column } = positionOf(text, index);
  return { place: `${line}:${column}`, source: sourceLine(text, line) };
}
