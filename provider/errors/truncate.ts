/** Invisible characters, and those that change how the rest is shown: controls (but the line end), marks of direction, lone surrogates. */
const unprintable = /(?!\n)[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function escapeUnprintable(text: string): string {
  return text.replace(unprintable, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}

/**
 * Makes a text of unknown origin safe to print. A long text keeps its beginning and its end; nothing stays that a terminal would obey.
 * @param maxLength in characters; a shortened text gets a note of its full length on top
 */
export function truncate(text: string, maxLength: number): string {
  const printable = text.length > maxLength ? text : escapeUnprintable(text);
  if (printable.length <= maxLength) return printable;
  const end = Math.floor(maxLength / 4);
  const begin = maxLength - end;
  const head = escapeUnprintable(text.slice(0, begin)).slice(0, begin);
  const tail = escapeUnprintable(text.slice(-end)).slice(-end);
  return `${head} … ${tail} (${text.length} characters in all)`;
}
