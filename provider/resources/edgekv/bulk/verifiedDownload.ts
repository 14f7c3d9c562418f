/**
 * All items of a namespace in a file, as the service has them. A download is what one replica shows, and it may be cut off. So two
 * downloads have to agree, half a minute apart, and what the service lists has to be in them.
 */
import { type DownloadedItem, downloadItems } from "../../../api/edgekv/downloads";
import { sampleItemKeys } from "../../../api/edgekv/items";
import { sampleItemGroups } from "../../../api/edgekv/namespaces";
import type { NamespaceRef } from "../../../api/edgekv/uploads";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { pause } from "../../../consistency/retry";
import { formatCount, formatItems, formatKeys } from "../../../items/format";
import { ContentDigest } from "../../../items/snapshot/contentDigest";
import type { SnapshotWriter } from "../../../items/snapshot/files";
import type { Context } from "../../../runtime/context";
import { CsvRecordError } from "../../../runtime/csvRecords";
import { inNamespace } from "../item/observe";

/** Groups whose keys are listed, and keys that one of them is asked for: those that the download has, some more, and so many at most. */
const maxGroups = 200;
const margin = 1000;
const maxKeys = 100_000;

/**
 * Downloads into the writer until two downloads and the listings agree.
 * @returns the digest of what the file has
 * @throws WaitError when they do not: somebody writes all the time, or the service shows less than it has
 */
export async function downloadVerified(
  context: Context,
  ref: NamespaceRef,
  writer: SnapshotWriter,
): Promise<string> {
  return pollUntil(context, {
    what: `two downloads of namespace ${ref.network}/${ref.namespace} and its list of keys to agree`,
    observe: async (): Promise<Observation<string>> => {
      try {
        return await observe(context, ref, writer);
      } catch (error) {
        if (!(error instanceof CsvRecordError)) throw error;
        return { state: `cut off (${error.message})`, is: "pending" };
      }
    },
    interval: 3,
    timeout: propagation.dataSettled.seconds,
    hint: "",
  });
}

async function observe(
  context: Context,
  ref: NamespaceRef,
  writer: SnapshotWriter,
): Promise<Observation<string>> {
  await download(context, { ...ref, showExpires: true }, () => {
    writer.begin();
    return (item) => writer.add(item);
  });
  writer.flush();
  const first = writer.digest;
  // Replicas may all be behind. What was written just before the first download shows in the second.
  await pause(context, propagation.itemVisible.seconds);
  const listed = await listKeys(context, ref, writer.groups);
  let missing = new Set<string>();
  const second = await digestOf(context, ref, () => {
    missing = new Set(listed.keys);
    return ({ group, key }) => missing.delete(`${group}/${key}`);
  });
  if (missing.size > 0) {
    const some = formatKeys([...missing]);
    return {
      state: `${formatItems(first.count)}, without ${formatCount(missing.size)} that the service lists (${some})`,
      is: "pending",
    };
  }
  if (`${second}` !== `${first}`) {
    const both =
      second.count === first.count
        ? `${formatItems(first.count)} with other values each time`
        : `${formatItems(first.count)}, then ${formatCount(second.count)}`;
    return { state: both, is: "pending" };
  }
  if (listed.isMore)
    return { state: `${formatItems(first.count)}, and the service lists more`, is: "pending" };
  return { state: formatItems(first.count), is: "reached", value: `${first}` };
}

/** The digest of what a namespace has, as one replica shows it. */
export async function digestOf(
  context: Context,
  ref: NamespaceRef,
  start: () => (item: DownloadedItem) => void = () => () => undefined,
): Promise<ContentDigest> {
  let digest = new ContentDigest();
  await download(context, ref, () => {
    digest = new ContentDigest();
    const take = start();
    return (item) => {
      digest.add(item.group, item.key, item.bytes);
      take(item);
    };
  });
  return digest;
}

function download(
  context: Context,
  ref: Parameters<typeof downloadItems>[1],
  start: () => (item: DownloadedItem) => void,
): Promise<void> {
  const begin = () => ({ take: start(), end: () => undefined });
  return inNamespace(context, ref, () => downloadItems(context.http, ref, begin));
}

/** Keys as the service lists them: of some groups, and of a large group a random part. */
async function listKeys(
  context: Context,
  ref: NamespaceRef,
  counts: ReadonlyMap<string, number>,
): Promise<{ readonly keys: readonly string[]; readonly isMore: boolean }> {
  const listed = await inNamespace(context, ref, () =>
    sampleItemGroups(context.http, ref.network, ref.namespace),
  );
  // What the download lacks comes first. The list may have groups whose last item is gone, and those of sandboxes.
  const groups = listed.sort((a, b) => Number(counts.has(a)) - Number(counts.has(b))).slice(0, maxGroups);
  const keys: string[] = [];
  let isMore = false;
  for (const group of groups) {
    const count = counts.get(group) ?? 0;
    const limit = Math.min(maxKeys, count + margin);
    const found = await inNamespace(context, ref, () =>
      sampleItemKeys(context.http, { ...ref, group }, limit),
    );
    isMore ||= found.length > count;
    for (const key of found) keys.push(`${group}/${key}`);
  }
  return { keys, isMore };
}
