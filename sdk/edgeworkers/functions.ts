import * as edgeworkers from "../../provider/functions/edgeworkers";
import { invoke } from "../invoke";
import { outputOf } from "../output";

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
} from "../../provider/functions/edgeworkers";

export type { Inputs } from "../output";

/**
 * The access groups in which the API client may do something with EdgeWorkers: what `groupId` of an EdgeWorker can be.
 *
 * @example
 * const team = (await edgeworkers.getGroups()).find(({ capabilities }) => capabilities.includes("EDIT"));
 */
export function getGroups(): Promise<edgeworkers.EdgeWorkersGroupResult[]> {
  return invoke("looking up the access groups of EdgeWorkers", edgeworkers.groups);
}

/** `getGroups` as an output. */
export const getGroupsOutput = outputOf(getGroups);

/**
 * The contracts of the account, without the `ctr_` that other APIs put before them.
 *
 * @example
 * const [contractId] = await edgeworkers.getContracts();
 */
export function getContracts(): Promise<string[]> {
  return invoke("looking up the contracts", edgeworkers.contracts);
}

/** `getContracts` as an output. */
export const getContractsOutput = outputOf(getContracts);

export interface GetResourceTiersArgs {
  /** With or without `ctr_`. */
  readonly contractId: string;
}

/**
 * The resource tiers that a contract offers, with what an EdgeWorker may use in each.
 *
 * @example
 * const tiers = await edgeworkers.getResourceTiers({ contractId: "1-3CV382" });
 */
export function getResourceTiers(args: GetResourceTiersArgs): Promise<edgeworkers.ResourceTierResult[]> {
  return invoke(`looking up the resource tiers of the contract ${args.contractId}`, (context) =>
    edgeworkers.resourceTiers(context, args),
  );
}

/** `getResourceTiers` with arguments from other resources. */
export const getResourceTiersOutput = outputOf(getResourceTiers);

export interface GetEdgeWorkersArgs {
  /** Only those of this access group. Default: of all that the API client can see. */
  readonly groupId?: number | undefined;
  /** Only those of this resource tier. Default: of all. */
  readonly resourceTierId?: number | undefined;
}

/**
 * The EdgeWorkers that the API client can see, by their ids.
 *
 * @example
 * const ids = (await edgeworkers.getEdgeWorkers({ groupId: 72297 })).map(({ edgeWorkerId }) => edgeWorkerId);
 */
export function getEdgeWorkers(args: GetEdgeWorkersArgs = {}): Promise<edgeworkers.EdgeWorkerResult[]> {
  return invoke("looking up the EdgeWorkers", (context) => edgeworkers.edgeWorkers(context, args));
}

/** `getEdgeWorkers` with arguments from other resources. */
export const getEdgeWorkersOutput = outputOf(getEdgeWorkers);

/** Its id, or its name; the access group where several have that name. */
export type GetEdgeWorkerArgs = edgeworkers.WhichEdgeWorker;

/**
 * One EdgeWorker, made by this program or not; fails when there is none, and when several have the name.
 *
 * @example
 * const { edgeWorkerId } = await edgeworkers.getEdgeWorker({ name: "greeter", groupId: 72297 });
 */
export function getEdgeWorker(args: GetEdgeWorkerArgs): Promise<edgeworkers.EdgeWorkerResult> {
  const which = "edgeWorkerId" in args ? args.edgeWorkerId : args.name;
  return invoke(`looking up the EdgeWorker ${which}`, (context) => edgeworkers.edgeWorker(context, args));
}

/** `getEdgeWorker` with arguments from other resources. */
export const getEdgeWorkerOutput = outputOf(getEdgeWorker);

export interface GetVersionsArgs {
  readonly edgeWorkerId: number;
}

/**
 * The versions of an EdgeWorker, in the order of their upload.
 *
 * @example
 * const newest = (await edgeworkers.getVersions({ edgeWorkerId: 54321 })).at(-1);
 */
export function getVersions(args: GetVersionsArgs): Promise<edgeworkers.VersionResult[]> {
  return invoke(`looking up the versions of EdgeWorker ${args.edgeWorkerId}`, (context) =>
    edgeworkers.versions(context, args),
  );
}

/** `getVersions` with arguments from other resources. */
export const getVersionsOutput = outputOf(getVersions);

export interface GetActivationsArgs {
  readonly edgeWorkerId: number;
  readonly network: "staging" | "production";
}

/**
 * The live activation of an EdgeWorker on a network, and all activations so far, the newest first.
 *
 * @example
 * const { live } = await edgeworkers.getActivations({ edgeWorkerId: 54321, network: "production" });
 */
export function getActivations(args: GetActivationsArgs): Promise<edgeworkers.ActivationsResult> {
  return invoke(
    `looking up the activations of EdgeWorker ${args.edgeWorkerId} on ${args.network}`,
    (context) => edgeworkers.activations(context, args),
  );
}

/** `getActivations` with arguments from other resources. */
export const getActivationsOutput = outputOf(getActivations);

export interface GetLimitsArgs {
  /** Also counts the versions of this EdgeWorker. Default: of none. */
  readonly edgeWorkerId?: number | undefined;
}

/**
 * The limits of the account, and what is left of those that can be counted.
 *
 * @example
 * const ids = (await edgeworkers.getLimits()).find(({ limitId }) => limitId === "ew-id-per-account-limit");
 */
export function getLimits(args: GetLimitsArgs = {}): Promise<edgeworkers.LimitResult[]> {
  return invoke("looking up the limits of EdgeWorkers", (context) => edgeworkers.limits(context, args));
}

/** `getLimits` with arguments from other resources. */
export const getLimitsOutput = outputOf(getLimits);

export interface GetPropertiesUsingArgs {
  readonly edgeWorkerId: number;
  /** Only properties with an active version that refers to it. Default: false. */
  readonly activeOnly?: boolean | undefined;
}

/**
 * The properties whose rules refer to an EdgeWorker, as far as the API client can see them.
 *
 * @example
 * const names = (await edgeworkers.getPropertiesUsing({ edgeWorkerId: 54321 })).map(({ propertyName }) => propertyName);
 */
export function getPropertiesUsing(args: GetPropertiesUsingArgs): Promise<edgeworkers.PropertyUseResult[]> {
  return invoke(`looking up the properties that use EdgeWorker ${args.edgeWorkerId}`, (context) =>
    edgeworkers.propertiesUsing(context, args),
  );
}

/** `getPropertiesUsing` with arguments from other resources. */
export const getPropertiesUsingOutput = outputOf(getPropertiesUsing);
