import type { StartTag } from "parse5-sax-parser";

interface Place {
  readonly startOffset: number;
  readonly endOffset: number;
}
type Change = { readonly value: string; readonly quote: string } | undefined;

/** The text of an attribute. An empty quote writes the value as it is. */
const written = (name: string, { value, quote }: { value: string; quote: string }): string => {
  const escaped = quote === "" ? value : value.replaceAll(quote, quote === '"' ? "&quot;" : "&#39;");
  return `${name}=${quote}${escaped}${quote}`;
};

/** A start tag with changed attributes. All else stays as it was written. `undefined` removes an attribute. */
export function withAttributes(tag: StartTag, raw: string, changes: ReadonlyMap<string, Change>): string {
  if (changes.size === 0) return raw;
  const begin = tag.sourceCodeLocation?.startOffset ?? 0;
  const { attrs: places = {} } = (tag.sourceCodeLocation ?? {}) as { attrs?: Record<string, Place> };
  let text = raw;
  const known = Object.entries(places)
    .filter(([name]) => changes.has(name))
    .sort(([, a], [, b]) => b.startOffset - a.startOffset);
  for (const [name, { startOffset, endOffset }] of known) {
    const change = changes.get(name);
    const before = text.slice(0, startOffset - begin);
    const after = text.slice(endOffset - begin);
    text = change === undefined ? before.trimEnd() + after : before + written(name, change) + after;
  }
  const added = [...changes].flatMap(([name, change]) =>
    change === undefined || Object.hasOwn(places, name) ? [] : [` ${written(name, change)}`],
  );
  return text.replace(/\s*\/?>$/, (end) => added.join("") + end);
}
