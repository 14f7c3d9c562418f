/** Items as packed CSV in pieces of a size: the body of an upload each. Values are kept for one piece only. */
import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { SourceItem } from "../../../items/source/record";
import { csvRecord } from "../../../runtime/csvRecords";
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

/** CSV is text: an item whose bytes are no UTF-8 is in no piece. */
export async function* piecesOf(
  scope: GroupScope,
  items: AsyncIterable<DueItem>,
  maxBytes: number,
): AsyncGenerator<Piece> {
  let records: Buffer[] = [];
  let indices: number[] = [];
  let bytes = 0;
  const finish = async (): Promise<Piece> => {
    const piece = { indices: Uint32Array.from(indices), csv: await pack(Buffer.concat(records)) };
    [records, indices, bytes] = [[], [], 0];
    return piece;
  };
  for await (const { key, content, index, retentionInSeconds } of items) {
    if (!isUtf8(content.bytes)) continue;
    const record = csvRecord(itemRefOf(scope, key).group, key, content.bytes, retentionInSeconds);
    if (records.length > 0 && bytes + record.length > maxBytes) yield await finish();
    records.push(record);
    indices.push(index);
    bytes += record.length;
  }
  if (records.length > 0) yield await finish();
}
