/** What `up` would run into with an activation, reported at preview. */

import { findLive } from "../../../api/edgeworkers/activations";
import { activationKey, edgeWorkerKey, versionKey } from "../../../api/edgeworkers/keys";
import { findEventually } from "../../../consistency/read";
import { claimOnce } from "../../../framework/claims";
import type { CheckFailure, Draft } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { findEdgeWorkerEventually, versionsOfRun, versionsOrNone } from "../observe";
import type { ActivationInputs } from "./schema";

/** Two activations of one EdgeWorker on one network would replace each other at every `up`. */
export function claimNetwork(context: Context, { known }: Draft<ActivationInputs>): CheckFailure[] {
  const { edgeWorkerId, network, owner = "" } = known;
  const key =
    edgeWorkerId === undefined || network === undefined ? undefined : activationKey(edgeWorkerId, network);
  return claimOnce(context, key, owner, (first) => ({
    property: "network",
    reason: `the program has an activation of EdgeWorker ${edgeWorkerId} on ${network} already: ${first}`,
  }));
}

export async function preflightActivation(
  context: Context,
  { known, oldInputs }: Draft<ActivationInputs>,
): Promise<CheckFailure[]> {
  const { edgeWorkerId, network, version } = known;
  if (edgeWorkerId === undefined || network === undefined) return [];
  const isReplaced = oldInputs.edgeWorkerId !== edgeWorkerId || oldInputs.network !== network;
  // What others did is for a refresh to find.
  if (!isReplaced && version === oldInputs.version) return [];
  const live = await context.runState.read(keyOf("live", edgeWorkerId, network), () =>
    findLive(context.http, edgeWorkerId, network),
  );
  const expected = isReplaced ? version : oldInputs.version;
  if (live !== undefined && live.version !== expected && live.version !== version && expected !== undefined)
    context.logger.warn(
      `EdgeWorker ${edgeWorkerId}: version ${live.version} is live on ${network}, and was not activated by this resource; \`up\` replaces it.`,
    );
  return version === undefined || version === oldInputs.version
    ? []
    : missingVersion(context, edgeWorkerId, version);
}

async function missingVersion(
  context: Context,
  edgeWorkerId: number,
  version: string,
): Promise<CheckFailure[]> {
  const { runState } = context;
  const key = versionKey(edgeWorkerId, version);
  if (runState.planned.has(key) || runState.created.has(key)) return [];
  const versions = await versionsOfRun(context, edgeWorkerId);
  if (versions.some((one) => one.version === version)) return [];
  // One stale read is not enough to refuse it.
  const found = await findEventually(context, async () =>
    (await versionsOrNone(context, edgeWorkerId)).find((one) => one.version === version),
  );
  if (found !== undefined) return [];
  const refuse = (property: string, reason: string): CheckFailure[] => [{ property, reason }];
  const names = versions.map((one) => one.version).sort();
  const isMade = runState.created.has(edgeWorkerKey(edgeWorkerId));
  if (names.length === 0 && !isMade && (await findEdgeWorkerEventually(context, edgeWorkerId)) === undefined)
    return refuse("edgeWorkerId", `there is no EdgeWorker ${edgeWorkerId}, or the API client may not see it`);
  const others = names.length === 0 ? "it has no version yet" : `it has ${names.join(", ")}`;
  return refuse(
    "version",
    `EdgeWorker ${edgeWorkerId} has no version ${version}, and no resource before this one declares it; ${others}`,
  );
}
