/** What can't be seen, or changes how the rest is seen: control characters but the end of a line, marks of direction, halves of pairs. */
const unprintable = /(?!\n)[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function visible(text: string): string {
  return text.replace(unprintable, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}

/** A text of anybody's making, fit to be printed: its beginning and its end where it is long, and nothing in it that a terminal would obey. */
export function brief(text: string, most: number): string {
  const shown = text.length > most ? text : visible(text);
  if (shown.length <= most) return shown;
  const end = Math.floor(most / 4);
  const begin = most - end;
  return `${visible(text.slice(0, begin)).slice(0, begin)} … ${visible(text.slice(-end)).slice(-end)} (${text.length} characters in all)`;
}
