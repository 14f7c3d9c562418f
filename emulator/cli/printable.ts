/** Text of clients and files on a terminal, or in the log of a CI system. Neither must obey anything of it. Pure. */

/** All but printable ASCII and letters of any language: controls, marks of direction, separators, halves of characters. */
const HOSTILE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\ufeff]/gu;
/** Commands: `##[` and `##vso[` anywhere in a line, `::` at its beginning. */
const COMMANDS = /##(?=[\p{L}\p{N}_-]*\[)|(?<=^\s*):(?=:)/gmu;
/** Characters of one message. */
const LENGTH = 4000;

const escaped = (text: string): string =>
  [...text].map((one) => `\\x{${one.codePointAt(0)?.toString(16)}}`).join("");

/** Line ends of a message stay where its own text goes on below, indented. */
export function printable(text: string): string {
  const shown = text.length > LENGTH ? `${text.slice(0, LENGTH)}… (${text.length} characters in all)` : text;
  return shown
    .replace(HOSTILE, (one, at: number) =>
      one === "\n" && /^(?: {2}|$)/.test(shown.slice(at + 1, at + 3)) ? one : escaped(one),
    )
    .replace(COMMANDS, escaped);
}

/** JSON on one line, in ASCII: it means the same. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
