/** Reads of a version, and whether it is what a run wants. */
import { findLive, type Network } from "../../../api/edgeworkers/activations";
import { downloadVersion, type Version } from "../../../api/edgeworkers/versions";
import { BundleError, type BundleFiles, unpack } from "../../../bundle/files";
import { digests, sha256 } from "../../../bundle/pack";
import { holdsOnAnyReplica } from "../../../consistency/read";
import { isNotYetVisible } from "../../../consistency/write";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import { versionsOrNone } from "../observe";

/**
 * Whether the version has the content of the packed archive. Compressed bytes may differ from machine to machine. The files in them do
 * not.
 */
export async function hasContent(
  context: Context,
  edgeWorkerId: number,
  { version, checksum }: Version,
  packed: Uint8Array,
): Promise<boolean> {
  if (checksum === sha256(packed)) return true;
  const contentOf = async (bytes: Uint8Array) => digests((await unpack(bytes, version)) as BundleFiles);
  try {
    return same(
      await contentOf(await downloadVersion(context.http, edgeWorkerId, version)),
      await contentOf(packed),
    );
  } catch (error) {
    // An archive that can't be unpacked is something else. A stale replica may not show the version yet.
    if (error instanceof BundleError || isNotYetVisible(error)) return false;
    throw error;
  }
}

/** The version of this name, if it has the content of the packed archive. */
export async function findSame(
  context: Context,
  edgeWorkerId: number,
  name: string,
  packed: Uint8Array,
): Promise<Version | undefined> {
  const named = (await versionsOrNone(context, edgeWorkerId)).find((one) => one.version === name);
  return named !== undefined && (await hasContent(context, edgeWorkerId, named, packed)) ? named : undefined;
}

/** The networks that the version is live on. */
export async function networksOf(context: Context, edgeWorkerId: number, name: string): Promise<Network[]> {
  const found: Network[] = [];
  for (const network of ["staging", "production"] as const) {
    const isOff = async () => (await findLive(context.http, edgeWorkerId, network))?.version !== name;
    if (!(await holdsOnAnyReplica(context, isOff))) found.push(network);
  }
  return found;
}
