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
      const name = /^\[(.*?)\]\s*(?:[;#].*)?$/.exec(content)?.[1]?.trim();
      if (name !== undefined) {
        current = sections.get(name) ?? { entries: new Map(), unreadable: [] };
        sections.set(name, current);
        return;
      }
      const [, key, value] = /^([A-Za-z][\w.-]*)\s*[=:]\s*(.*)$/.exec(content) ?? [];
      if (key === undefined || value === undefined) current?.unreadable.push(line);
      else current?.entries.set(keyName(key), { value: bare(value), line });
    });
  return sections;
}

/** `client-token` and `Client_Token` are the same key. */
function keyName(key: string): string {
  return key.toLowerCase().replaceAll("-", "_");
}

/** A value without its comment, which needs a blank before it, and without the quotes around it. */
function bare(value: string): string {
  const inQuotes = /^(["'])(.*)\1(?:\s+[;#].*)?$/.exec(value);
  return inQuotes?.[2]?.trim() ?? value.replace(/(?:^|\s+)[;#].*$/, "");
}
