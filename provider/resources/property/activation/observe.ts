/** Reads of an activation, and what the state has of them. */
import type { Activation } from "../../../api/property/activations";
import { findPropertyById } from "../../../api/property/properties";
import type { Context } from "../../../runtime/context";
import type { ActivationInputs, ActivationState } from "./schema";

export function resourceIdOf({
  propertyId,
  network,
}: Pick<ActivationInputs, "propertyId" | "network">): string {
  return `${propertyId}/${network}`;
}

/** The state with the property's name, contract and group as they are now; undefined when the property is gone. */
export async function findCurrent(
  { http }: Context,
  state: ActivationState,
): Promise<ActivationState | undefined> {
  const property = await findPropertyById(http, state.propertyId);
  if (property === undefined) return undefined;
  const { propertyName, contractId, groupId } = property;
  return { ...state, propertyName, contractId, groupId };
}

/** The outputs of an activation that is live. */
export function outputsOf(
  activation: Activation | undefined,
): Pick<ActivationState, "activationId" | "status" | "previousVersion"> {
  const { activationId, fallbackInfo } = activation ?? {};
  return {
    status: "ACTIVE",
    ...(activationId === undefined ? {} : { activationId }),
    ...(fallbackInfo == null ? {} : { previousVersion: fallbackInfo.fallbackVersion }),
  };
}
