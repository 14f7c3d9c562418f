/** Writes what a file of downloaded items has into a namespace: by uploads, and by single requests where there are none. */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { deleteItem, writeItem } from "../../../api/edgekv/items";
import type { NamespaceRef, Upload } from "../../../api/edgekv/uploads";
import { PreconditionError } from "../../../errors";
import { forEachConcurrently } from "../../../items/concurrently";
import { formatCount, formatKeys } from "../../../items/format";
import type { SnapshotItem } from "../../../items/snapshot/files";
import type { Context } from "../../../runtime/context";
import { csvRecord, readCsv } from "../../../runtime/csvRecords";
import { inNamespace } from "../item/observe";
import { runUpload } from "./runUpload";
import { pieceBytes, uploadsAtOnce } from "./transfer";

const pack = promisify(gzip);
/** Single requests at a time. The adaptive rate of requests decides how many there are. */
const concurrency = 64;

export async function* readItemsFile(path: string): AsyncGenerator<SnapshotItem> {
  for await (const records of readCsv(createReadStream(path))) {
    for (const [group = "", key = "", value = "", seconds] of records)
      yield { group, key, bytes: Buffer.from(value, "latin1"), seconds };
  }
}

/** Items of a piece that no upload has written are written one by one: without their own retention. */
export async function writeFileInto(context: Context, ref: NamespaceRef, path: string): Promise<void> {
  await forEachConcurrently(pieces(readItemsFile(path)), uploadsAtOnce, async (piece) => {
    const text = piece.filter(({ bytes }) => isUtf8(bytes));
    const records = text.map(({ group, key, bytes, seconds }) => csvRecord(group, key, bytes, seconds));
    const upload =
      text.length === 0
        ? undefined
        : await runUpload(context, ref, await pack(Buffer.concat(records)), (reason) =>
            context.logger.warn(`an upload into namespace ${ref.network}/${ref.namespace} failed: ${reason}`),
          );
    if (upload !== undefined) assertComplete(upload);
    const left = upload === undefined ? piece : piece.filter(({ bytes }) => !isUtf8(bytes));
    await forEachConcurrently(toAsync(left), Math.min(concurrency, left.length), ({ group, key, bytes }) =>
      inNamespace(context, ref, () =>
        writeItem(context.http, { ...ref, group, key }, { bytes, json: false }),
      ),
    );
  });
}

export async function deleteItems(
  context: Context,
  ref: NamespaceRef,
  items: readonly { readonly group: string; readonly key: string }[],
): Promise<void> {
  await forEachConcurrently(toAsync(items), Math.min(concurrency, items.length), ({ group, key }) =>
    inNamespace(context, ref, () => deleteItem(context.http, { ...ref, group, key })),
  );
}

function assertComplete({ errors, failures }: Upload): void {
  if (errors === 0) return;
  const keys = formatKeys(
    failures.map(({ item }) => (item === undefined ? "?" : `${item.group}/${item.key}`)),
  );
  const reason = failures[0]?.message ?? "the job gives no reason";
  throw new PreconditionError(`the upload could not write ${formatCount(errors)} items (${keys}): ${reason}`);
}

async function* pieces(items: AsyncIterable<SnapshotItem>): AsyncGenerator<SnapshotItem[]> {
  let piece: SnapshotItem[] = [];
  let bytes = 0;
  for await (const item of items) {
    piece.push(item);
    bytes += item.bytes.length;
    if (bytes < pieceBytes) continue;
    yield piece;
    [piece, bytes] = [[], 0];
  }
  if (piece.length > 0) yield piece;
}

async function* toAsync<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
