import type { Bridge, ElementEdits } from "./bridge";
import { realmError } from "./encoding";

type Handler = (element: object) => unknown;

const elementOf = (edits: ElementEdits): object => {
  const insert =
    (where: Parameters<ElementEdits["insert"]>[0]) =>
    (text: unknown, options?: { insert_implicit_close?: boolean }): void =>
      edits.insert(where, String(text), options?.insert_implicit_close === true);
  return Object.freeze({
    getAttribute: (name: unknown) => edits.getAttribute(String(name)),
    setAttribute(name: unknown, value: unknown, options?: { quote?: string }) {
      edits.setAttribute(String(name), String(value), options?.quote ?? "'");
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
    #handlers = new Map<number, Handler>();

    constructor() {
      const parser = bridge.htmlRewriter((selectors, edits) => {
        const element = elementOf(edits);
        for (const selector of selectors) {
          const result = this.#handlers.get(selector)?.(element);
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
            const text = ArrayBuffer.isView(chunk) ? decoder.decode(chunk, true) : String(chunk);
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
        this.#handlers.set(this.#select(String(selector)), handler);
      } catch (error) {
        throw realmError(error);
      }
    }
  }
  return { HtmlRewritingStream };
}
