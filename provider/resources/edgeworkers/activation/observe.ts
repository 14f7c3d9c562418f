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

/** The newest activation and the newest deactivation that have not ended. */
export async function listUnderWay(context: Context, { edgeWorkerId, network }: Slot): Promise<Request[]> {
  const [activation] = (await listActivations(context.http, edgeWorkerId, network)).filter(isUnderWay);
  const [deactivation] = (await listDeactivations(context.http, edgeWorkerId, network)).filter(isUnderWay);
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
