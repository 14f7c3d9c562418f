/** A group by one download: every declared item is known, and every other one too. Values are compared as they come. */
import { type DownloadedItem, downloadItems } from "../../../api/edgekv/downloads";
import { fingerprintOfLive, matchesFingerprint } from "../../../items/fingerprint";
import { indexOf, type Manifest } from "../../../items/manifest";
import type { Context } from "../../../runtime/context";
import { CsvRecordError } from "../../../runtime/csvRecords";
import { noteUnavailable } from "../bulk/transfer";
import { inNamespace } from "../item/observe";
import { displayName, type GroupScope, itemRefOf } from "./content";

export const ABSENT = 0;
export const SAME = 1;
export const CHANGED = 2;

export interface DownloadedGroups {
  /** `ABSENT`, `SAME` or `CHANGED` for each item of the manifest. */
  readonly states: Uint8Array;
  /** What the changed items hold, by index. */
  readonly live: ReadonlyMap<number, string>;
  /** Items that the manifest does not have, at most `maxUnmanaged`. */
  readonly unmanaged: readonly { readonly group: string; readonly key: string }[];
  /** Whether there are more of them. */
  readonly isCut: boolean;
}

/** Unmanaged keys that are kept in memory: deleting more takes several rounds. */
const maxUnmanaged = 100_000;

/** The groups as one replica shows them. Undefined when the service has no downloads, or one can't be read. */
export async function downloadGroups(
  context: Context,
  scope: GroupScope,
  manifest: Manifest,
): Promise<DownloadedGroups | undefined> {
  const { network, namespace, groups } = scope;
  const [group] = groups;
  const ref = { network, namespace, ...(groups.length === 1 ? { group } : {}) };
  const declared = new Set(groups);
  const start = () => collect(scope, declared, manifest);
  try {
    return await inNamespace(context, scope, () => downloadItems(context.http, ref, start));
  } catch (error) {
    if (noteUnavailable(context, "download", error)) return undefined;
    if (!(error instanceof CsvRecordError)) throw error;
    context.logger.warn(`${displayName(scope)}: the download is cut off (${error.message}): it is not used.`);
    return undefined;
  }
}

function collect(scope: GroupScope, groups: ReadonlySet<string>, manifest: Manifest) {
  const states = new Uint8Array(manifest.keys.length);
  const unmanaged: { group: string; key: string }[] = [];
  const live = new Map<number, string>();
  let isCut = false;
  return {
    take({ group, key, bytes }: DownloadedItem): void {
      if (!groups.has(group)) return;
      const index = indexOf(manifest, key);
      if (index >= 0 && itemRefOf(scope, key).group === group) {
        const isSame = matchesFingerprint(bytes, manifest.fingerprints.at(index));
        states[index] = isSame ? SAME : CHANGED;
        if (!isSame) live.set(index, fingerprintOfLive(bytes));
      } else if (unmanaged.length < maxUnmanaged) unmanaged.push({ group, key });
      else isCut = true;
    },
    end: (): DownloadedGroups => ({ states, live, unmanaged, isCut }),
  };
}
