import type * as pulumi from "@pulumi/pulumi";
import type * as property from "../../provider/functions/property";
import * as lookups from "../../provider/functions/propertyLookups";
import { invoke } from "../invoke";
import { outputOf } from "../output";

export type {
  OfProperty,
  PropertyByHostname,
  PropertyByName,
  PropertySearch,
  WhichActivations,
  WhichProperty,
  WhichRules,
} from "../../provider/functions/propertyArgs";
export type {
  ActivationResult,
  ActivationsResult,
  ContractResult,
  ElementResult,
  FindingResult,
  FoundPropertyResult,
  GroupResult,
  MatchingVersion,
  PropertyResult,
  PropertyVersionResult,
  RuleResult,
  RulesResult,
} from "../../provider/functions/propertyResults";

export type { Inputs } from "../output";

/**
 * The contracts of the account.
 *
 * @example
 * const [contract] = await property.getContracts();
 */
export function getContracts(options: pulumi.InvokeOptions = {}): Promise<property.ContractResult[]> {
  return invoke(lookups.getContracts, {}, options);
}

/** `getContracts` as an output. */
export const getContractsOutput = outputOf(getContracts, "options");

/**
 * The groups of the account that properties can be in.
 *
 * @example
 * const team = (await property.getGroups()).find(({ groupName }) => groupName === "Team A");
 */
export function getGroups(options: pulumi.InvokeOptions = {}): Promise<property.GroupResult[]> {
  return invoke(lookups.getGroups, {}, options);
}

/** `getGroups` as an output. */
export const getGroupsOutput = outputOf(getGroups, "options");

/**
 * One property, with the numbers of its versions; fails when there is none, and when several match.
 *
 * @example
 * const site = await property.getProperty({ hostname: "shop.example.com" });
 */
export function getProperty(
  args: property.WhichProperty,
  options: pulumi.InvokeOptions = {},
): Promise<property.PropertyResult> {
  return invoke(lookups.getProperty, args, options);
}

/** `getProperty` with arguments from other resources. */
export const getPropertyOutput = outputOf(getProperty);

/**
 * The properties that have a name, or a hostname in a live version or the latest. The list is empty when there is none.
 *
 * @example
 * const [found] = await property.findProperties({ propertyName: "www.example.com" });
 */
export function findProperties(
  args: property.PropertySearch,
  options: pulumi.InvokeOptions = {},
): Promise<property.FoundPropertyResult[]> {
  return invoke(lookups.findProperties, args, options);
}

/** `findProperties` with arguments from other resources. */
export const findPropertiesOutput = outputOf(findProperties);

/**
 * The versions of a property, the newest 500, the newest first.
 *
 * @example
 * const [latest] = await property.getVersions({ propertyId: "prp_173136" });
 */
export function getVersions(
  args: property.OfProperty,
  options: pulumi.InvokeOptions = {},
): Promise<property.PropertyVersionResult[]> {
  return invoke(lookups.getVersions, args, options);
}

/** `getVersions` with arguments from other resources. */
export const getVersionsOutput = outputOf(getVersions);

/**
 * The rule tree of a version, with the errors and warnings of its validation.
 *
 * @example
 * const { rules, errors } = await property.getRules({ propertyId: "prp_173136", version: "production" });
 */
export function getRules(
  args: property.WhichRules,
  options: pulumi.InvokeOptions = {},
): Promise<property.RulesResult> {
  return invoke(lookups.getRules, args, options);
}

/** `getRules` with arguments from other resources. */
export const getRulesOutput = outputOf(getRules);

/**
 * The live version of a property on a network, and all activations so far, the newest first.
 *
 * @example
 * const { liveVersion } = await property.getActivations({ propertyId: "prp_173136", network: "production" });
 */
export function getActivations(
  args: property.WhichActivations,
  options: pulumi.InvokeOptions = {},
): Promise<property.ActivationsResult> {
  return invoke(lookups.getActivations, args, options);
}

/** `getActivations` with arguments from other resources. */
export const getActivationsOutput = outputOf(getActivations);
