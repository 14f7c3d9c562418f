/** How a version is uploaded once, and deleted. */

import { versionKey } from "../../../api/edgeworkers/keys";
import { deleteVersion, findVersion, uploadVersion, type Version } from "../../../api/edgeworkers/versions";
import { numberedName, splitName } from "../../../bundle/finish";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { createOnce, deleteIdempotently, isNotYetVisible, retryWhileStale } from "../../../consistency/write";
import { ApiError, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { userOf } from "../../stillUsed";
import { leaveLive } from "../retained";
import { isDerived } from "./content";
import { displayName, newNameHint } from "./identity";
import { findSame, networksOf } from "./observe";
import type { VersionInputs } from "./schema";

/** How often a derived name may be used up. */
const maxNames = 20;

// ---- Ensure ----

/** Uploads the content, or adopts the version that an interrupted run uploaded. */
export async function ensureUploaded(
  context: Context,
  inputs: VersionInputs,
  pack: (name: string) => Promise<Uint8Array>,
): Promise<Version> {
  const { version } = inputs;
  const { stem, number } = isDerived(inputs) ? splitName(version) : { stem: version, number: 1 };
  // A name can be used once, even when its version is deleted. A derived name gets the next number then.
  for (let next = number; ; next++) {
    const name = numberedName(stem, next);
    const uploaded = await uploadAs(context, inputs, name, await pack(name));
    if (uploaded !== undefined) return uploaded;
    if (!isDerived(inputs) || next - number === maxNames) {
      throw new PreconditionError(
        `the version name ${name} was used before, and can't be used again even if that version was deleted: ${newNameHint}`,
      );
    }
  }
}

/**
 * Undefined when other content has used up the name. The service refuses a name that was used: only then is looked for what an
 * interrupted run uploaded.
 */
async function uploadAs(
  context: Context,
  { edgeWorkerId, adopt }: Pick<VersionInputs, "edgeWorkerId" | "adopt">,
  name: string,
  packed: Uint8Array,
): Promise<Version | undefined> {
  const find = () => findSame(context, edgeWorkerId, name, packed);
  const send = () =>
    retryWhileStale(context, {
      send: () => uploadVersion(context.http, edgeWorkerId, packed),
      isStale: isNotYetVisible,
      window: propagation.edgeWorkerStale.seconds,
    });
  try {
    return await createOnce(context, { send, find, window: propagation.edgeWorkerCreateLost.seconds });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "EW1011") throw error;
    const title = displayName({ edgeWorkerId, version: name });
    const same = await findEventually(context, find);
    if (same !== undefined) {
      context.logger.info(`${title} is there already, with the same content: going on with it.`);
      return same;
    }
    if (!adopt) return undefined;
    const other = await findEventually(context, () => findVersion(context.http, edgeWorkerId, name));
    if (other !== undefined)
      context.logger.info(`${title} is there already, with other content: adopting it as it is.`);
    return other;
  }
}

// ---- Delete ----

/**
 * Deletes the version, unless it is live, or this run has created it.
 * @param tokens the access tokens that the state names for it
 */
export async function removeVersion(
  context: Context,
  edgeWorkerId: number,
  name: string,
  tokens: readonly string[] = [],
): Promise<void> {
  const key = versionKey(edgeWorkerId, name);
  if (context.runState.created.has(key)) return;
  // Its activation is deleted before it, and may have left it live.
  const user = userOf(context.runState, key);
  if (user !== undefined)
    return leaveLive(context, { edgeWorkerId, version: name, network: user.network }, tokens);
  const find = () => findVersion(context.http, edgeWorkerId, name);
  try {
    await deleteIdempotently(context, () => deleteVersion(context.http, edgeWorkerId, name), find);
  } catch (error) {
    // The service refuses while it is live.
    if (!(error instanceof ApiError)) throw error;
    const networks = await networksOf(context, edgeWorkerId, name);
    if (networks.length === 0) throw error;
    for (const network of networks)
      await leaveLive(context, { edgeWorkerId, version: name, network }, tokens);
  }
}
