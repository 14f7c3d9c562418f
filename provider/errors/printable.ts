/**
 * The gate for everything that the provider prints: messages, reasons, errors, progress and logs. Names, titles and error bodies come from
 * people who may change the account, but not this program. A terminal and a CI system must obey nothing of it. Pure.
 */

/** Controls, marks of direction, line and paragraph separators, lone surrogates, invisible characters. */
const unprintable =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0001}]/gu;
/** Commands of CI systems: `##[` and `##vso[` anywhere in a line, `::` at its beginning. */
const commands = /##(?=[\p{L}\p{N}_-]*\[)|(?<=^\s*):(?=:)/gmu;

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function escapeCommands(text: string): string {
  return text.replace(commands, (mark) => (mark === ":" ? "\\u{3a}" : "#\\u{23}"));
}

/** Escapes what a terminal or a CI system would obey. The provider begins a line of its own with two spaces; any other line end is from outside. */
function escapeUnprintable(text: string): string {
  const escaped = text.replace(unprintable, (character, at: number) =>
    character === "\n" && text.startsWith("  ", at + 1) ? character : escapeCharacter(character),
  );
  return escapeCommands(escaped);
}

/** Characters of a part, where its place sets no other limit. */
const maxPartLength = 400;

/**
 * A part of a message that comes from outside, such as a name or a title: one line, at most `maxLength` characters of it.
 *
 * @example
 * printablePart("a\n::error::b"); // a\n::error::b, with the line end as two characters
 */
export function printablePart(text: string, maxLength = maxPartLength): string {
  // More than this is never shown: escapes only make a text longer.
  const escaped = escapeCommands(text.slice(0, maxLength + 1).replace(unprintable, escapeCharacter));
  return escaped.length > maxLength ? `${escaped.slice(0, maxLength - 1)}…` : escaped;
}

/** Characters of a line, and lines of a message. */
const maxLineLength = 2000;
const maxLines = 500;
/** A shortened line is longer by its note: it must not be shortened again. */
const slack = 100;

/** A whole message, ready to be printed. Done twice, it stays as it is. */
export function printable(message: string): string {
  const [first = "", ...rest] = message.split(/\n(?= {2})/);
  const lines = [first, ...rest.slice(0, maxLines - 1)].map(boundLine);
  const more = rest.length + 1 - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more lines`] : [])].join("\n");
}

function boundLine(line: string): string {
  if (line.length > maxLineLength + slack) return truncate(line, maxLineLength);
  const escaped = escapeUnprintable(line);
  return escaped.length > maxLineLength + slack ? truncate(escaped, maxLineLength) : escaped;
}

/**
 * Makes a text of unknown origin safe to print. A long text keeps its beginning and its end; nothing stays that a terminal would obey.
 * @param maxLength in characters; a shortened text gets a note of its full length on top
 */
export function truncate(text: string, maxLength: number): string {
  const shown = text.length > maxLength ? text : escapeUnprintable(text);
  if (shown.length <= maxLength) return shown;
  const end = Math.floor(maxLength / 4);
  const begin = maxLength - end;
  const head = escapeUnprintable(text.slice(0, begin)).slice(0, begin);
  const tail = escapeUnprintable(text.slice(-end)).slice(-end);
  return escapeCommands(`${head} … ${tail} (${text.length} characters in all)`);
}

/** Members of a value that is printed. */
const maxMembers = 10_000;

/** Whether a value may be printed as it is: it is not too large, and no text in it is too long, or has to be escaped. */
export function isPrintable(value: unknown): boolean {
  const left: unknown[] = [value];
  for (let seen = 0; left.length > 0; seen++) {
    if (seen > maxMembers) return false;
    const next = left.pop();
    if (typeof next === "string" && printablePart(next, maxLineLength) !== next) return false;
    if (typeof next === "object" && next !== null)
      for (const entry of Object.entries(next)) left.push(...entry);
  }
  return true;
}

/** A line of JSON for a log. What is not to be printed is in it as JSON escapes it, so it means the same. */
export function printableJson(json: string): string {
  return json.replace(unprintable, (character) =>
    character === "\n"
      ? character
      : [...Array(character.length).keys()]
          .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
          .join(""),
  );
}
