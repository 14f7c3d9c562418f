/**
 * Whether a text is what a pattern describes: `*` stands for any characters, `?` for one. It takes time in proportion to both lengths,
 * whatever the pattern: a regular expression would try every way to divide the text among many `*`. Pure.
 * @param hasSingle `false`: `?` stands for itself
 */
export function matchesWildcards(pattern: string, text: string, hasSingle = true): boolean {
  let [at, place] = [0, 0];
  // The last `*`, and the first character after what it stands for.
  let [star, resume] = [-1, 0];
  while (place < text.length) {
    if (pattern[at] === "*") {
      star = at;
      resume = place;
      at += 1;
    } else if (at < pattern.length && ((hasSingle && pattern[at] === "?") || pattern[at] === text[place])) {
      at += 1;
      place += 1;
    } else {
      if (star < 0) return false;
      at = star + 1;
      resume += 1;
      place = resume;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
