/** All items of a group or a namespace with their values, in one request. */
import { ApiError } from "../../errors";
import { CsvRecordError, readCsv } from "../../runtime/csvRecords";
import type { HttpClient } from "../../runtime/httpClient";
import { dataPath, type NamespaceRef } from "./uploads";

export interface DownloadRef extends NamespaceRef {
  /** Default: all groups of the namespace. */
  readonly group?: string | undefined;
}

export interface DownloadedItem {
  readonly group: string;
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Characters of a name. EdgeKV allows 512 in a key. */
const maxNameLength = 512;

/**
 * Downloads the items as one replica shows them: it may be stale. An absent group has no items.
 * @param start called for each attempt, and returns what takes its items: a broken download begins anew
 */
export async function downloadItems<T>(
  http: HttpClient,
  ref: DownloadRef,
  start: () => { readonly take: (item: DownloadedItem) => void; readonly end: () => T },
): Promise<T> {
  const { group } = ref;
  const path =
    group === undefined
      ? `${dataPath(ref)}/download`
      : `${dataPath(ref)}/groups/${encodeURIComponent(group)}/download`;
  let result: { readonly value: T } | undefined;
  const consume = async (body: AsyncIterable<Uint8Array>) => {
    const { take, end } = start();
    for await (const records of readCsv(body)) {
      for (const [group = "", key = "", value = ""] of records) {
        if (Math.max(group.length, key.length) > maxNameLength)
          throw new CsvRecordError(`a name has more than ${maxNameLength} characters`);
        take({ group, key, bytes: Buffer.from(value, "latin1") });
      }
    }
    result = { value: end() };
  };
  try {
    await http.send({ method: "GET", path, accept: "text/csv", consume });
  } catch (error) {
    if (!(error instanceof ApiError && error.is(404, "EKV_9000"))) throw error;
  }
  return result === undefined ? start().end() : result.value;
}
