/** Reads of a network, and what they mean for the activation of one EdgeWorker. */
import {
  type Activation,
  type Deactivation,
  findActivation,
  findDeactivation,
  findLive,
  isUnderWay,
  listActivations,
  listDeactivations,
} from "../../../api/edgeworkers/activations";
import { findEventually } from "../../../consistency/read";
import type { Context } from "../../../runtime/context";
import type { ActivationRequest, Status } from "../../activation";
import type { ActivationInputs, ActivationState } from "./schema";

export type Request = ActivationRequest<number, Status>;
type Slot = Pick<ActivationInputs, "edgeWorkerId" | "network">;

export function activationRequest(context: Context, edgeWorkerId: number, activation: Activation): Request {
  const { activationId: id, version, status } = activation;
  const find = () => findActivation(context.http, edgeWorkerId, id);
  return { id, label: `activation ${id}`, operation: "activate", version, status, find };
}

export function deactivationRequest(
  context: Context,
  edgeWorkerId: number,
  deactivation: Deactivation,
): Request {
  const { deactivationId: id, version, status } = deactivation;
  const find = () => findDeactivation(context.http, edgeWorkerId, id);
  return { id, label: `deactivation ${id}`, operation: "deactivate", version, status, find };
}

/** What the service lists for a network, the newest first. */
export interface NetworkHistory {
  readonly activations: readonly Activation[];
  /** Undefined where they were not asked for. */
  readonly deactivations: readonly Deactivation[] | undefined;
}

/** Reads what was activated, and what was taken off where `needsDeactivations` holds for that. */
export async function readHistory(
  { http }: Context,
  { edgeWorkerId, network }: Slot,
  needsDeactivations: (activations: readonly Activation[]) => boolean,
): Promise<NetworkHistory> {
  const activations = await listActivations(http, edgeWorkerId, network);
  const deactivations = needsDeactivations(activations)
    ? await listDeactivations(http, edgeWorkerId, network)
    : undefined;
  return { activations, deactivations };
}

export function isComplete({ status }: Status): boolean {
  return status === "COMPLETE";
}

/** The newest activation and the newest deactivation that have not ended. */
export function underWayIn(
  context: Context,
  edgeWorkerId: number,
  { activations, deactivations = [] }: NetworkHistory,
): Request[] {
  const activation = activations.find(isUnderWay);
  const deactivation = deactivations.find(isUnderWay);
  return [
    ...(activation === undefined ? [] : [activationRequest(context, edgeWorkerId, activation)]),
    ...(deactivation === undefined ? [] : [deactivationRequest(context, edgeWorkerId, deactivation)]),
  ];
}

export function findLiveEventually(
  context: Context,
  { edgeWorkerId, network }: Slot,
): Promise<Activation | undefined> {
  return findEventually(context, () => findLive(context.http, edgeWorkerId, network));
}

/** The version that is live, whoever activated it, and the one of the state while its activation has not ended. */
export async function versionsThatStay(context: Context, state: ActivationState): Promise<string[]> {
  const { edgeWorkerId, network, version } = state;
  const seen: (string | undefined)[] = [];
  // A stale read may show the version before. So another version than that of the state has to show several times.
  await findEventually(context, async () => {
    const live = await findLive(context.http, edgeWorkerId, network);
    seen.push(live?.version);
    return live?.version === version ? live : undefined;
  });
  return [...new Set([seen.at(-1), isUnderWay(state) ? version : undefined])].filter(
    (one) => one !== undefined,
  );
}
