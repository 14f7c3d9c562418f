import type * as pulumi from "@pulumi/pulumi";
import type * as edgeworkers from "../../provider/functions/edgeworkers";
import * as lookups from "../../provider/functions/edgeworkersLookups";
import { invoke } from "../invoke";
import { outputOf } from "../output";

export type {
  EdgeWorkerById,
  EdgeWorkerByName,
  GetActivationsArgs,
  GetEdgeWorkerArgs,
  GetEdgeWorkersArgs,
  GetLimitsArgs,
  GetPropertiesUsingArgs,
  GetResourceTiersArgs,
  GetVersionsArgs,
} from "../../provider/functions/edgeworkersArgs";
export type {
  ActivationResult,
  ActivationsResult,
  EdgeWorkerResult,
  EdgeWorkersGroupResult,
  LimitResult,
  PropertyUseResult,
  ResourceTierLimit,
  ResourceTierResult,
  VersionResult,
} from "../../provider/functions/edgeworkersResults";

export type { Inputs } from "../output";

/**
 * The access groups in which the API client may do something with EdgeWorkers: what `groupId` of an EdgeWorker can be.
 *
 * @example
 * const team = (await edgeworkers.getGroups()).find(({ capabilities }) => capabilities.includes("EDIT"));
 */
export function getGroups(options: pulumi.InvokeOptions = {}): Promise<edgeworkers.EdgeWorkersGroupResult[]> {
  return invoke(lookups.getGroups, {}, options);
}

/** `getGroups` as an output. */
export const getGroupsOutput = outputOf(getGroups, "options");

/**
 * The contracts of the account, without the `ctr_` that other APIs put before them.
 *
 * @example
 * const [contractId] = await edgeworkers.getContracts();
 */
export function getContracts(options: pulumi.InvokeOptions = {}): Promise<string[]> {
  return invoke(lookups.getContracts, {}, options);
}

/** `getContracts` as an output. */
export const getContractsOutput = outputOf(getContracts, "options");

/**
 * The resource tiers that a contract offers, with what an EdgeWorker may use in each.
 *
 * @example
 * const tiers = await edgeworkers.getResourceTiers({ contractId: "1-3CV382" });
 */
export function getResourceTiers(
  args: edgeworkers.GetResourceTiersArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgeworkers.ResourceTierResult[]> {
  return invoke(lookups.getResourceTiers, args, options);
}

/** `getResourceTiers` with arguments from other resources. */
export const getResourceTiersOutput = outputOf(getResourceTiers);

/**
 * The EdgeWorkers that the API client can see, by their ids.
 *
 * @example
 * const ids = (await edgeworkers.getEdgeWorkers({ groupId: 72297 })).map(({ edgeWorkerId }) => edgeWorkerId);
 */
export function getEdgeWorkers(
  args: edgeworkers.GetEdgeWorkersArgs = {},
  options: pulumi.InvokeOptions = {},
): Promise<edgeworkers.EdgeWorkerResult[]> {
  return invoke(lookups.getEdgeWorkers, args, options);
}

/** `getEdgeWorkers` with arguments from other resources. */
export const getEdgeWorkersOutput = outputOf(getEdgeWorkers);

/**
 * One EdgeWorker, made by this program or not; fails when there is none, and when several have the name.
 *
 * @example
 * const { edgeWorkerId } = await edgeworkers.getEdgeWorker({ name: "greeter", groupId: 72297 });
 */
export function getEdgeWorker(
  args: edgeworkers.GetEdgeWorkerArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgeworkers.EdgeWorkerResult> {
  return invoke(lookups.getEdgeWorker, args, options);
}

/** `getEdgeWorker` with arguments from other resources. */
export const getEdgeWorkerOutput = outputOf(getEdgeWorker);

/**
 * The versions of an EdgeWorker, in the order of their upload.
 *
 * @example
 * const newest = (await edgeworkers.getVersions({ edgeWorkerId: 54321 })).at(-1);
 */
export function getVersions(
  args: edgeworkers.GetVersionsArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgeworkers.VersionResult[]> {
  return invoke(lookups.getVersions, args, options);
}

/** `getVersions` with arguments from other resources. */
export const getVersionsOutput = outputOf(getVersions);

/**
 * The live activation of an EdgeWorker on a network, and all activations so far, the newest first.
 *
 * @example
 * const { live } = await edgeworkers.getActivations({ edgeWorkerId: 54321, network: "production" });
 */
export function getActivations(
  args: edgeworkers.GetActivationsArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgeworkers.ActivationsResult> {
  return invoke(lookups.getActivations, args, options);
}

/** `getActivations` with arguments from other resources. */
export const getActivationsOutput = outputOf(getActivations);

/**
 * The limits of the account, and what is left of those that can be counted.
 *
 * @example
 * const ids = (await edgeworkers.getLimits()).find(({ limitId }) => limitId === "ew-id-per-account-limit");
 */
export function getLimits(
  args: edgeworkers.GetLimitsArgs = {},
  options: pulumi.InvokeOptions = {},
): Promise<edgeworkers.LimitResult[]> {
  return invoke(lookups.getLimits, args, options);
}

/** `getLimits` with arguments from other resources. */
export const getLimitsOutput = outputOf(getLimits);

/**
 * The properties whose rules refer to an EdgeWorker, as far as the API client can see them.
 *
 * @example
 * const names = (await edgeworkers.getPropertiesUsing({ edgeWorkerId: 54321 })).map(({ propertyName }) => propertyName);
 */
export function getPropertiesUsing(
  args: edgeworkers.GetPropertiesUsingArgs,
  options: pulumi.InvokeOptions = {},
): Promise<edgeworkers.PropertyUseResult[]> {
  return invoke(lookups.getPropertiesUsing, args, options);
}

/** `getPropertiesUsing` with arguments from other resources. */
export const getPropertiesUsingOutput = outputOf(getPropertiesUsing);
