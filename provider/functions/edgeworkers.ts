import { listContracts, listGroups, listLimits, listResourceTiers } from "../api/edgeworkers/account";
import {
  type Activation as ActivationOnWire,
  findLive,
  listActivations as listActivationsOn,
  type Network,
} from "../api/edgeworkers/activations";
import {
  type EdgeWorkerId,
  findEdgeWorker,
  listEdgeWorkers,
  listPropertiesUsing,
} from "../api/edgeworkers/ids";
import { listVersions } from "../api/edgeworkers/versions";
import { ApiError, PreconditionError } from "../errors";
import type { Context } from "../runtime/context";
import type { GetEdgeWorkerArgs, GetEdgeWorkersArgs } from "./edgeworkersArgs";
import type {
  ActivationResult,
  ActivationsResult,
  EdgeWorkerResult,
  EdgeWorkersGroupResult,
  LimitResult,
  PropertyUseResult,
  ResourceTierResult,
  VersionResult,
} from "./edgeworkersResults";
import { present } from "./present";

export type * from "./edgeworkersArgs";
export type * from "./edgeworkersResults";

export function groups(context: Context): Promise<EdgeWorkersGroupResult[]> {
  return listGroups(context.http);
}

export function contracts(context: Context): Promise<string[]> {
  return listContracts(context.http);
}

export function resourceTiers(
  context: Context,
  { contractId }: { contractId: string },
): Promise<ResourceTierResult[]> {
  return listResourceTiers(context.http, contractId.replace(/^ctr_/, ""));
}

export async function edgeWorkers(
  context: Context,
  filter: GetEdgeWorkersArgs = {},
): Promise<EdgeWorkerResult[]> {
  const all = await listEdgeWorkers(context.http, filter);
  return all.sort((a, b) => a.edgeWorkerId - b.edgeWorkerId).map(edgeWorkerResult);
}

export async function edgeWorker(context: Context, which: GetEdgeWorkerArgs): Promise<EdgeWorkerResult> {
  if ("edgeWorkerId" in which) {
    const found = await findEdgeWorker(context.http, which.edgeWorkerId);
    if (found === undefined)
      throw new PreconditionError(
        `there is no EdgeWorker with the id ${which.edgeWorkerId}, or the API client can't see it`,
      );
    return edgeWorkerResult(found);
  }
  const { name, groupId } = which;
  const [found, ...others] = (await edgeWorkers(context, { groupId })).filter((one) => one.name === name);
  const where = groupId === undefined ? "" : ` in group ${groupId}`;
  if (found === undefined)
    throw new PreconditionError(
      `there is no EdgeWorker of the name ${name}${where}, or the API client can't see it`,
    );
  if (others.length === 0) return found;
  const ids = [found, ...others].map(({ edgeWorkerId, groupId: of }) => `${edgeWorkerId} (group ${of})`);
  throw new PreconditionError(
    `${ids.length} EdgeWorkers have the name ${name}${where}: set \`edgeWorkerId\`, one of ${ids.join(", ")}`,
  );
}

export async function versions(
  context: Context,
  { edgeWorkerId }: { edgeWorkerId: number },
): Promise<VersionResult[]> {
  const all = await ofEdgeWorker(edgeWorkerId, () => listVersions(context.http, edgeWorkerId));
  return all.sort((a, b) => (a.sequenceNumber ?? 0) - (b.sequenceNumber ?? 0)).map((one) => present(one));
}

export async function activations(
  context: Context,
  { edgeWorkerId, network }: { edgeWorkerId: number; network: Network },
): Promise<ActivationsResult> {
  // Asked for first: without versions there may be no activations to ask for.
  await edgeWorker(context, { edgeWorkerId });
  const [all, live] = await Promise.all([
    listActivationsOn(context.http, edgeWorkerId, network),
    findLive(context.http, edgeWorkerId, network),
  ]);
  return {
    ...(live === undefined ? {} : { live: activationResult(live, network) }),
    activations: all.map((one) => activationResult(one, network)),
  };
}

export async function limits(
  context: Context,
  { edgeWorkerId }: { edgeWorkerId?: number | undefined } = {},
): Promise<LimitResult[]> {
  const [all, ids, ofOne] = await Promise.all([
    listLimits(context.http),
    listEdgeWorkers(context.http),
    edgeWorkerId === undefined ? undefined : versions(context, { edgeWorkerId }),
  ]);
  const used: Readonly<Record<string, number | undefined>> = {
    "ew-id-per-account-limit": ids.length,
    "version-per-ew-id-limit": ofOne?.length,
  };
  return all.map((limit) => {
    const count = used[limit.limitId];
    return {
      ...limit,
      ...(count === undefined ? {} : { used: count, left: Math.max(0, limit.limitValue - count) }),
    };
  });
}

export async function propertiesUsing(
  context: Context,
  { edgeWorkerId, activeOnly = false }: { edgeWorkerId: number; activeOnly?: boolean | undefined },
): Promise<PropertyUseResult[]> {
  const all = await ofEdgeWorker(edgeWorkerId, () =>
    listPropertiesUsing(context.http, edgeWorkerId, { activeOnly }),
  );
  return all.map((one) => present(one));
}

/** Fails with the id when there is no such EdgeWorker. */
async function ofEdgeWorker<T>(id: number, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiError && error.is(404))) throw error;
    throw new PreconditionError(`there is no EdgeWorker with the id ${id}, or the API client can't see it`);
  }
}

function edgeWorkerResult(live: EdgeWorkerId): EdgeWorkerResult {
  return present(live);
}

function activationResult(
  { activationId, version, status, note, createdBy, createdTime }: ActivationOnWire,
  network: Network,
): ActivationResult {
  return present({ activationId, version, network, status, note, createdBy, createdTime });
}
