/** A version comes and goes. */

import { findLive } from "../../../api/edgeworkers/activations";
import { versionKey } from "../../../api/edgeworkers/keys";
import { deleteVersion, downloadVersion, findVersion, uploadVersion, type Version } from "../../../api/edgeworkers/versions";
import { BundleError, type BundleFiles, unpack } from "../../../bundle/files";
import { numberedName, splitName } from "../../../bundle/finish";
import { digests, sha256 } from "../../../bundle/pack";
import { pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually, holdsOnAnyReplica } from "../../../consistency/read";
import { createOnce, deleteIdempotently, isNotYetVisible, retryWhileStale } from "../../../consistency/write";

import { ApiError, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import type { LiveCode } from "../../stillUsed";
import { userOf } from "../../stillUsed";
import { versionsOrNone } from "../observe";
import { leaveLive } from "../retained";
import { isDerived } from "./content";
import type { VersionInputs } from "./schema";

/** How often a derived name may be used up. */
const mostNames = 20;

export const newNameHint = 'raise `edgeworker-version` in bundle.json, or say `version: "auto"`';

export function displayName({
  version,
  edgeWorkerId,
}: {
  readonly version?: string | undefined;
  readonly edgeWorkerId?: number | undefined;
}) {
  return `version ${version ?? "(name not known yet)"} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"}`;
}

/** Whether the service has the very content under this name. Compressed bytes need not be the same on another machine, their content is. */
export async function holds(id: number, { version, checksum }: Version, packed: Uint8Array, context: Context): Promise<boolean> {
  if (checksum === sha256(packed)) return true;
  const contentOf = async (bytes: Uint8Array) => digests((await unpack(bytes, version)) as BundleFiles);
  try {
    return same(await contentOf(await downloadVersion(context.http, id, version)), await contentOf(packed));
  } catch (error) {
    // What can't be unpacked is something else; and a server may not have heard of it.
    if (error instanceof BundleError || isNotYetVisible(error)) return false;
    throw error;
  }
}

/** Uploads the content, or finds that an earlier run did. */
export async function upload(inputs: VersionInputs, pack: (name: string) => Promise<Uint8Array>, context: Context): Promise<Version> {
  const { edgeWorkerId, version } = inputs;
  const { stem, number } = isDerived(inputs) ? splitName(version) : { stem: version, number: 1 };
  // A name can be used once, even if what it named is deleted: a derived one is counted on then.
  for (let next = number; ; next++) {
    const name = numberedName(stem, next);
    const uploaded = await uploadAs(name, edgeWorkerId, await pack(name), context);
    if (uploaded !== undefined) return uploaded;
    if (!isDerived(inputs) || next - number === mostNames) {
      throw new PreconditionError(
        `the version name ${name} was used before, and can't be used again even if that version was deleted: ${newNameHint}`,
      );
    }
  }
}

/** Undefined when the name was used up by something else. */
async function uploadAs(name: string, edgeWorkerId: number, packed: Uint8Array, context: Context): Promise<Version | undefined> {
  const title = displayName({ edgeWorkerId, version: name });
  const find = async () => {
    const named = (await versionsOrNone(edgeWorkerId, context)).find((one) => one.version === name);
    return named !== undefined && (await holds(edgeWorkerId, named, packed, context)) ? named : undefined;
  };
  const left = await find();
  if (left !== undefined) context.logger.info(`${title} is there already, with the same content: going on with it.`);
  const uploading = () =>
    retryWhileStale(context, {
      send: () => uploadVersion(context.http, edgeWorkerId, packed),
      isStale: isNotYetVisible,
      window: propagation.edgeWorkerStale.seconds,
    });
  try {
    const uploaded = left ?? (await createOnce(context, { send: uploading, find, window: 20 }));
    await pollUntil(context, {
      what: `${title} to be there`,
      observe: async () => {
        const seen = await findVersion(context.http, edgeWorkerId, name);
        return seen === undefined ? { state: "not to be seen", is: "pending" } : { state: "there", is: "reached", value: undefined };
      },
      timeout: propagation.edgeWorkerChanged.seconds,
    });
    return uploaded;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "EW1011") throw error;
    // An earlier run's upload, which the first look did not see.
    return findEventually(context, find);
  }
}

/**
 * Deletes the version, unless it serves, or this run goes on with it.
 * @param tokens the access tokens that the state names for it
 */
export async function removeVersion(id: number, name: string, context: Context, tokens: readonly string[] = []): Promise<void> {
  const { runState } = context;
  if (runState.created.has(versionKey(id, name))) return;
  // Its activation, which went before it, has left it live.
  const left = userOf(context.runState, versionKey(id, name));
  const networks = left === undefined ? await networksOf(id, name, context) : [left.network];
  for (const network of networks) await leaveLive({ edgeWorkerId: id, version: name, network }, tokens, context);
  if (networks.length > 0) return;
  const find = () => findVersion(context.http, id, name);
  await deleteIdempotently(context, () => deleteVersion(context.http, id, name), find);
}

/** The networks that the version is live on. */
async function networksOf(id: number, name: string, context: Context): Promise<LiveCode["network"][]> {
  const found: LiveCode["network"][] = [];
  for (const network of ["staging", "production"] as const) {
    const isOff = async () => (await findLive(context.http, id, network))?.version !== name;
    if (!(await holdsOnAnyReplica(context, isOff))) found.push(network);
  }
  return found;
}
