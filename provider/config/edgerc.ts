import { parse } from "ini";

/**
 * The sections of an .edgerc file. Every value is handed to `ini` quoted, and every dot of a section name escaped: otherwise `ini` would cut
 * a secret at `;` or `#`, turn backslashes around and split a section at its dots. A comment after a value needs a blank before it.
 */
export function parseEdgerc(text: string): Map<string, Map<string, string>> {
  const quoted = text
    .replace(
      /^\s*\[(.*?)\]\s*(?:[;#].*)?$/gm,
      (_line, name: string) => `[${name.trim().replaceAll(".", "\\.")}]`,
    )
    .replace(
      /^([^=;#[\n]+)=(.*)$/gm,
      (_line, key: string, value: string) => `${key.trim()}=${JSON.stringify(bare(value.trim()))}`,
    );
  const sections = Object.entries(parse(quoted)).filter(
    ([, entries]) => typeof entries === "object" && entries !== null,
  );
  return new Map(
    sections.map(([name, entries]) => [
      name,
      new Map(Object.entries(entries as object).map(([key, value]) => [key, String(value)])),
    ]),
  );
}

/** A value of an .edgerc line without its comment and without the quotes around it. */
function bare(value: string): string {
  const inQuotes = /^(["'])(.*)\1(?:\s+[;#].*)?$/.exec(value);
  return inQuotes?.[2] ?? value.replace(/(?:^|\s+)[;#].*$/, "");
}
