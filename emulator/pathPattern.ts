/** Patterns of paths: `*` stands for anything, slashes too, and `:name` for one part between slashes. Pure. */

/** Characters of a pattern. */
export const PATTERN_LENGTH = 500;

/** One character, or a wildcard with the characters that it may stand for. */
type Token = { readonly text: string } | { readonly least: 0 | 1; readonly takesSlash: boolean };

/**
 * A test of a path. It takes time in proportion to both lengths, whatever the pattern: a regular expression with many `*` would try every way to
 * divide the path among them.
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const tokens = tokensOf(pattern);
  return (path) => {
    // Marks the places of the path that the tokens so far may lead to.
    let places = new Uint8Array(path.length + 1);
    places[0] = 1;
    for (const token of tokens) places = after(token, places, path);
    return places[path.length] === 1;
  };
}

function tokensOf(pattern: string): Token[] {
  // Several `*` in a row mean the same as one.
  return [...pattern.matchAll(/\*+|(?<=\/):\w+|[^*:]+|:/g)].map(([part]) => {
    if (part.startsWith("*")) return { least: 0, takesSlash: true };
    return part.length > 1 && part.startsWith(":") ? { least: 1, takesSlash: false } : { text: part };
  });
}

function after(token: Token, places: Uint8Array, path: string): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(path.length + 1);
  if ("text" in token) {
    const first = token.text.charCodeAt(0);
    for (let place = places.indexOf(1); place >= 0; place = places.indexOf(1, place + 1))
      if (path.charCodeAt(place) === first && path.startsWith(token.text, place))
        next[place + token.text.length] = 1;
    return next;
  }
  // In order, so that each place of the path is visited once.
  let isOpen = false;
  for (let place = 0; place <= path.length; place++) {
    if (token.least === 0 && places[place] === 1) isOpen = true;
    if (isOpen) next[place] = 1;
    if (token.least === 1 && places[place] === 1) isOpen = true;
    if (!token.takesSlash && path[place] === "/") isOpen = false;
  }
  return next;
}
