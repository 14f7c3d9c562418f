import { once } from "node:events";
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";

const mega = 1_048_576;

/** A tar archive with entries of any kind and name. */
export async function tar(
  ...entries: readonly (Partial<Header> & { readonly name: string; readonly text?: string })[]
): Promise<Buffer> {
  const archive = pack();
  for (const { text = "", ...header } of entries) {
    if ((header.type ?? "file") === "file") archive.entry(header, text);
    else archive.entry(header);
  }
  archive.finalize();
  return buffer(archive);
}

/** What every bundle has. */
export const code = {
  "main.js": "export function onClientRequest() {}\n",
  "bundle.json": '{"edgeworker-version":"1.0"}',
};
export const codeEntries = Object.entries(code).map(([name, text]) => ({ name, text }));

/** So many zeros behind some bytes, packed: one part after the other, so that they never are in memory together. */
export function zeros(count: number, before: Uint8Array = new Uint8Array()): Buffer {
  const part = gzipSync(Buffer.alloc(64 * mega));
  return Buffer.concat([gzipSync(before), ...Array<Buffer>(Math.ceil(count / (64 * mega))).fill(part)]);
}

/** The first block of a tar archive with one file, of which the size is all that is there. */
export async function headerOf(name: string, size: number): Promise<Buffer> {
  const block = (await tar({ name })).subarray(0, 512);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  const sum = block.fill(" ", 148, 156).reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** A file of any size that takes no room on the disk: all of it reads as zeros. */
export function sparse(path: string, bytes: number): void {
  const file = openSync(path, "w");
  ftruncateSync(file, bytes);
  closeSync(file);
}

export async function socket(path: string): Promise<Server> {
  const server = createServer().listen(path);
  await once(server, "listening");
  return server;
}

/** The text of JSON that is nested so deep. */
export const deepJson = (levels: number, around = '{"a":'): string =>
  `${around.repeat(levels)}1${(around.endsWith("[") ? "]" : "}").repeat(levels)}`;
