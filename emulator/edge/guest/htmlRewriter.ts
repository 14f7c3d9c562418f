import type { Bridge, ElementEdits } from "./bridge";
import { realmError } from "./encoding";

type Handler = (element: object) => unknown;

/** What the name of an attribute may not have. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among them
const ILLEGAL = /[\s"'<>/=\u0000-\u001f\u007f]/;

function attributeName(given: unknown): string {
  const name = String(given);
  if (name === "" || ILLEGAL.test(name)) throw new TypeError(`Invalid attribute name: "${name}"`);
  return name;
}

const elementOf = (edits: ElementEdits, selector: string): object => {
  const insert =
    (where: Parameters<ElementEdits["insert"]>[0]) =>
    (text: unknown, options?: { insert_implicit_close?: boolean }): void =>
      edits.insert(where, String(text), options?.insert_implicit_close === true);
  return Object.freeze({
    selector,
    tag: edits.tag,
    getAttribute: (name: unknown) => edits.getAttribute(String(name)),
    setAttribute(name: unknown, value: unknown, options?: { quote?: string }) {
      edits.setAttribute(attributeName(name), String(value), options?.quote ?? "'");
    },
    removeAttribute: (name: unknown) => edits.removeAttribute(String(name)),
    before: insert("before"),
    after: insert("after"),
    prepend: insert("prepend"),
    append: insert("append"),
    replaceWith: insert("replaceWith"),
    replaceChildren: insert("replaceChildren"),
  });
};

/** The module `html-rewriter`. */
export function htmlRewriterModule(bridge: Bridge): Record<string, unknown> {
  class HtmlRewritingStream {
    readonly readable: ReadableStream;
    readonly writable: WritableStream;
    #select: (selector: string) => number;
    #handlers = new Map<number, { readonly selector: string; readonly handler: Handler }>();

    constructor() {
      const parser = bridge.htmlRewriter((selectors, edits) => {
        for (const number of selectors) {
          const registered = this.#handlers.get(number);
          const result = registered?.handler(elementOf(edits, registered.selector));
          if (typeof (result as Promise<unknown> | undefined)?.then === "function")
            throw new TypeError("A handler of onElement must not be asynchronous");
        }
      });
      this.#select = parser.select;
      const decoder = bridge.decoder("utf-8", false, false);
      const send = (text: string, controller: TransformStreamDefaultController) => {
        if (text !== "") controller.enqueue(Uint8Array.from(bridge.encode(text)));
      };
      const guarded = (act: () => void) => {
        try {
          act();
        } catch (error) {
          throw realmError(error);
        }
      };
      const { readable, writable } = new bridge.streams.TransformStream<unknown, Uint8Array>({
        transform(chunk, controller) {
          guarded(() => {
            const isBytes = ArrayBuffer.isView(chunk) || chunk instanceof ArrayBuffer;
            const text = isBytes ? decoder.decode(chunk, true) : String(chunk);
            send(parser.write(text), controller);
          });
        },
        flush(controller) {
          guarded(() => {
            send(parser.write(decoder.decode(undefined, false)), controller);
            send(parser.end(), controller);
          });
        },
      });
      this.readable = readable;
      this.writable = writable;
    }

    onElement(selector: unknown, handler: Handler): void {
      if (typeof handler !== "function") throw new TypeError("onElement needs a function");
      try {
        this.#handlers.set(this.#select(String(selector)), { selector: String(selector), handler });
      } catch (error) {
        throw realmError(error);
      }
    }
  }
  return { HtmlRewritingStream };
}
