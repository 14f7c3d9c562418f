import { truncate } from "./truncate";

/** Characters of a line in a message. */
const maxLineLength = 200;

/** A place in a text file, and the line that it is in, for a message. Lines and columns count from 1. */
export function sourcePlace(
  text: string,
  index: number,
): { readonly place: string; readonly source: string } {
  const before = text.slice(0, index).split(/\r\n|\r|\n/);
  const source = text.split(/\r\n|\r|\n/)[before.length - 1] ?? "";
  return {
    place: `${before.length}:${(before.at(-1) ?? "").length + 1}`,
    source: truncate(source.trim(), maxLineLength),
  };
}
