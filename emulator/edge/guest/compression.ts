import type { Bridge } from "./bridge";

type Kind = "CompressionStream" | "DecompressionStream";

/** `CompressionStream` and `DecompressionStream`. Their chunks are arrays of this realm. */
export function compressionStreams(bridge: Bridge): Record<Kind, unknown> {
  const made = (kind: Kind) =>
    class {
      readonly readable: ReadableStream<Uint8Array>;
      readonly writable: WritableStream<ArrayBuffer | ArrayBufferView>;

      constructor(format: unknown) {
        const { readable, writable } = new bridge.streams[kind](String(format) as "gzip");
        this.writable = writable;
        this.readable = readable.pipeThrough(
          new bridge.streams.TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
            transform: (chunk, controller) => controller.enqueue(Uint8Array.from(chunk)),
          }),
        );
      }
    };
  const [CompressionStream, DecompressionStream] = [made("CompressionStream"), made("DecompressionStream")];
  return { CompressionStream, DecompressionStream };
}
