import { RewritingStream } from "parse5-html-rewriting-stream";
import type { StartTag } from "parse5-sax-parser";
import type { ElementEdits, ElementListener, HtmlParser } from "../guest/bridge";
import { closes, isVoid } from "./nesting";
import { type Matcher, matcherOf, type OpenElement } from "./selectors";
import { withAttributes } from "./startTag";

/** What is to be written around an element, and whether its own text is left out. */
interface Edits {
  before: string;
  after: string;
  prepend: string;
  append: string;
  implicitClose: boolean;
  replacement: { readonly whole: boolean; readonly text: string } | undefined;
  readonly attributes: Map<string, { readonly value: string; readonly quote: string } | undefined>;
}

interface Open extends OpenElement {
  readonly edits: Edits;
  readonly parent: Open | undefined;
}

const noEdits = (): Edits => ({
  before: "",
  after: "",
  prepend: "",
  append: "",
  implicitClose: false,
  replacement: undefined,
  attributes: new Map(),
});

/** Rewrites HTML as it is read. What no handler touches is written as it was. */
export function createHtmlParser(listener: ElementListener): HtmlParser {
  const selectors: Matcher[] = [];
  const stream = new RewritingStream();
  let output = "";
  let current: Open | undefined;
  /** The element whose content is left out. */
  let muted: Open | undefined;
  const write = (text: string) => {
    if (muted === undefined) output += text;
  };
  stream.push = (chunk: unknown) => {
    if (chunk !== null && muted === undefined) output += String(chunk);
    return true;
  };

  /** Ends the innermost element. `tag` is its end tag; `undefined` when it has none. */
  const close = (tag: string | undefined): void => {
    if (current === undefined) return;
    const { edits, name, parent } = current;
    const { replacement } = edits;
    const isOuter = muted === current;
    if (isOuter) muted = undefined;
    if (isOuter && replacement) write(replacement.text);
    const isWhole = replacement?.whole === true;
    if (!isWhole) write(edits.append);
    if (!isWhole) write(tag ?? (edits.implicitClose ? `</${name}>` : ""));
    write(edits.after);
    current = parent;
  };

  stream.on("startTag", (tag, raw) => {
    while (current !== undefined && closes(current.name, tag.tagName)) close(undefined);
    const element = opened(tag, current);
    if (muted === undefined) {
      const matching = selectors.flatMap((matches, number) => (matches(element) ? [number] : []));
      if (matching.length > 0) listener(matching, editsFor(element));
    }
    const { edits } = element;
    const isEmpty = isVoid(tag.tagName) || tag.selfClosing;
    write(edits.before);
    if (edits.replacement?.whole !== true) write(withAttributes(tag, raw, edits.attributes));
    if (isEmpty) {
      if (edits.replacement?.whole) write(edits.replacement.text);
      write(edits.after);
      return;
    }
    if (edits.replacement?.whole !== true) write(edits.prepend);
    current = element;
    if (edits.replacement !== undefined && muted === undefined) muted = element;
  });
  stream.on("endTag", ({ tagName }, raw) => {
    let found = current;
    while (found !== undefined && found.name !== tagName) found = found.parent;
    // An end tag without a start.
    if (found === undefined) return write(raw);
    while (current !== undefined && current !== found) close(undefined);
    close(raw);
  });
  return {
    select(selector) {
      selectors.push(matcherOf(selector));
      return selectors.length - 1;
    },
    write(text) {
      // Not through the stream: its errors and its end would come later.
      stream._transformChunk(text);
      return taken();
    },
    end() {
      stream._final(() => undefined);
      while (current !== undefined) close(undefined);
      return taken();
    },
  };

  function taken(): string {
    const text = output;
    output = "";
    return text;
  }
}

const opened = (tag: StartTag, parent: Open | undefined): Open => ({
  name: tag.tagName,
  attributes: new Map(tag.attrs.map(({ name, value }) => [name, value])),
  parent,
  edits: noEdits(),
});

function editsFor({ name: tag, attributes, edits }: Open): ElementEdits {
  const getAttribute = (name: string): string | undefined => {
    const key = name.toLowerCase();
    const changed = edits.attributes.get(key);
    return edits.attributes.has(key) ? changed?.value : attributes.get(key);
  };
  return {
    tag,
    getAttribute,
    setAttribute: (name, value, quote) => void edits.attributes.set(name.toLowerCase(), { value, quote }),
    removeAttribute(name) {
      const value = getAttribute(name);
      edits.attributes.set(name.toLowerCase(), undefined);
      return value;
    },
    insert(where, text, implicitClose) {
      edits.implicitClose ||= implicitClose;
      if (where === "replaceWith") edits.replacement = { whole: true, text };
      else if (where === "replaceChildren") edits.replacement = { whole: false, text };
      else if (where === "after" || where === "prepend") edits[where] = text + edits[where];
      else edits[where] += text;
    },
  };
}
