/** Items as packed CSV in pieces of a size: the body of an upload each. Values are kept for one piece only. */
import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { SourceItem } from "../../../items/source/record";
import { csvRecord } from "../../../runtime/csvRecords";
import { allocate, release } from "../../../runtime/largeMemory";
import { type GroupScope, itemRefOf } from "./content";

export interface DueItem extends SourceItem {
  /** In the wanted manifest. */
  readonly index: number;
}

export interface Piece {
  /** Of its items, in the wanted manifest. */
  readonly indices: Uint32Array;
  /** Packed with gzip. */
  readonly csv: Uint8Array;
}

const pack = promisify(gzip);
const firstBytes = 64 * 1024;

/** CSV is text: an item whose bytes are no UTF-8 is in no piece. */
export async function* piecesOf(
  scope: GroupScope,
  items: AsyncIterable<DueItem>,
  maxBytes: number,
): AsyncGenerator<Piece> {
  // One piece at a time: its bytes are packed before the next one begins.
  let text = allocate(firstBytes);
  let indices: number[] = [];
  let bytes = 0;
  const finish = async (): Promise<Piece> => {
    const piece = { indices: Uint32Array.from(indices), csv: await pack(text.subarray(0, bytes)) };
    [indices, bytes] = [[], 0];
    return piece;
  };
  for await (const { key, content, index, retentionInSeconds } of items) {
    if (!isUtf8(content.bytes)) continue;
    const record = csvRecord(itemRefOf(scope, key).group, key, content.bytes, retentionInSeconds);
    if (bytes > 0 && bytes + record.length > maxBytes) yield await finish();
    if (bytes + record.length > text.length) {
      const grown = allocate(Math.max(2 * text.length, bytes + record.length));
      text.copy(grown, 0, 0, bytes);
      release(text);
      text = grown;
    }
    indices.push(index);
    bytes += record.copy(text, bytes);
  }
  const last = bytes > 0 ? await finish() : undefined;
  release(text);
  if (last !== undefined) yield last;
}
