/** An .edgerc file as people have them: BOM, any line ends, quotes, comments, `=` or `:`, names with `-` or `_`. Pure. */

export interface EdgercEntry {
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

export interface EdgercSection {
  /** By their names in lower case with `_`. A key that comes again counts as it comes last. */
  readonly entries: ReadonlyMap<string, EdgercEntry>;
  /** Lines that are neither a key with its value nor a comment. */
  readonly unreadable: readonly number[];
}

/** The sections in their order. One that comes again goes on: its keys count as they come last. */
export function parseEdgerc(text: string): ReadonlyMap<string, EdgercSection> {
  const sections = new Map<string, { entries: Map<string, EdgercEntry>; unreadable: number[] }>();
  let current: { entries: Map<string, EdgercEntry>; unreadable: number[] } | undefined;
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .forEach((raw, index) => {
      const line = index + 1;
      const content = raw.trim();
      if (content === "" || /^[;#]/.test(content)) return;
      const name = sectionName(content);
      if (name !== undefined) {
        current = sections.get(name) ?? { entries: new Map(), unreadable: [] };
        sections.set(name, current);
        return;
      }
      const at = content.search(/[=:]/);
      const key = content.slice(0, Math.max(0, at)).trimEnd();
      if (!/^[A-Za-z][\w.-]*$/.test(key)) current?.unreadable.push(line);
      else current?.entries.set(keyName(key), { value: bare(content.slice(at + 1).trim()), line });
    });
  return sections;
}

/** `client-token` and `Client_Token` are the same key. */
function keyName(key: string): string {
  return key.toLowerCase().replaceAll("-", "_");
}

/** The name in brackets. Only a comment may follow it. Each character is looked at once, or twice. */
function sectionName(content: string): string | undefined {
  if (!content.startsWith("[")) return undefined;
  for (let end = content.indexOf("]"); end > 0; end = content.indexOf("]", end + 1)) {
    const next = content[endOfBlanks(content, end + 1)];
    if (next === undefined || next === ";" || next === "#") return content.slice(1, end).trim();
  }
  return undefined;
}

/** A value without its comment, which needs a blank before it, and without the quotes around it. */
function bare(value: string): string {
  return quoted(value)?.trim() ?? value.slice(0, commentStart(value)).trimEnd();
}

/** What is between two quotes, with nothing but a comment after them. */
function quoted(value: string): string | undefined {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return undefined;
  for (let end = value.lastIndexOf(quote); end > 0; end = value.lastIndexOf(quote, end - 1)) {
    const after = endOfBlanks(value, end + 1);
    const next = value[after];
    if (next === undefined ? after === end + 1 : after > end + 1 && (next === ";" || next === "#"))
      return value.slice(1, end);
  }
  return undefined;
}

function commentStart(value: string): number {
  for (const { index } of value.matchAll(/[;#]/g)) if (index === 0 || isBlank(value[index - 1])) return index;
  return value.length;
}

function endOfBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at += 1;
  return at;
}

const isBlank = (character: string | undefined) => character !== undefined && /\s/.test(character);
