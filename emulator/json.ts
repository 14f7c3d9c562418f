/**
 * An object without a prototype. Names that users choose (`__proto__`, `constructor`) are ordinary keys in it, and stay so.
 */
export function table<T>(entries: Iterable<readonly [string, T]> = []): Record<string, T> {
  const result: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) result[key] = value;
  return result;
}

/** The entry of a table, made when it is not there. */
export function getOrCreate<T>(of: Record<string, T>, key: string, make: () => T): T {
  const found = of[key] ?? make();
  of[key] = found;
  return found;
}

/** `JSON.parse` with every object a `table`. */
export function parseTables(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? table(Object.entries(value))
      : value,
  );
}

/** How deep a JSON text is nested. Of a text that is no JSON it is some number. Takes time in proportion to its length. */
export function jsonDepth(text: string): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isText = !isText;
    else if (isText && character === "\\") at += 1;
    else if (!isText && (character === "{" || character === "[")) deepest = Math.max(deepest, ++depth);
    else if (!isText && (character === "}" || character === "]")) depth -= 1;
  }
  return deepest;
}

/** Whether an object in a valid JSON text has an attribute twice. `JSON.parse` accepts that. */
export function hasDuplicateAttributes(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const name = String(JSON.parse(token.slice(0, -colon.length)));
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}
