/** Reads of an activation, and what the state has of them. */
import type { Activation } from "../../../api/property/activations";
import { findProperty, findPropertyById, type Property } from "../../../api/property/properties";
import type { PropertyRef } from "../../../api/property/request";
import { InvalidInputError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { propertyRef } from "../propertyRef";
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

/** The property as this run read it first, or first after its last change. */
export function propertyOfRun({ http, runState }: Context, ref: PropertyRef): Promise<Property | undefined> {
  return runState.read(keyOf("versions", ref.propertyId), () => findProperty(http, ref));
}

/** The newest version of the property. This run's own changes are read too. */
export async function latestVersion(context: Context, ref: PropertyRef): Promise<number> {
  const property = await propertyOfRun(context, propertyRef(ref));
  if (property !== undefined) return property.latestVersion;
  throw new InvalidInputError(
    "propertyId",
    `there is no property ${ref.propertyId} in contract ${ref.contractId} and group ${ref.groupId}, or the API client can't see it`,
  );
}
