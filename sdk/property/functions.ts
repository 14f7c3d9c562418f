import * as property from "../../provider/functions/property";
import { invoke } from "../invoke";
import { outputOf } from "../output";

export type {
  ActivationResult,
  ActivationsResult,
  ContractResult,
  ElementResult,
  FindingResult,
  FoundPropertyResult,
  GroupResult,
  MatchingVersion,
  OfProperty,
  PropertyResult,
  PropertySearch,
  PropertyVersionResult,
  RuleResult,
  RulesResult,
  WhichActivations,
  WhichProperty,
  WhichRules,
} from "../../provider/functions/property";

export type { Inputs } from "../output";

/**
 * The contracts of the account.
 *
 * @example
 * const [contract] = await property.getContracts();
 */
export function getContracts(): Promise<property.ContractResult[]> {
  return invoke("looking up the contracts", property.contracts);
}

/** `getContracts` as an output. */
export const getContractsOutput = outputOf(getContracts);

/**
 * The groups of the account that properties can be in.
 *
 * @example
 * const team = (await property.getGroups()).find(({ groupName }) => groupName === "Team A");
 */
export function getGroups(): Promise<property.GroupResult[]> {
  return invoke("looking up the groups", property.groups);
}

/** `getGroups` as an output. */
export const getGroupsOutput = outputOf(getGroups);

/**
 * One property, with the numbers of its versions; fails when there is none, and when several match.
 *
 * @example
 * const site = await property.getProperty({ hostname: "shop.example.com" });
 */
export function getProperty(args: property.WhichProperty): Promise<property.PropertyResult> {
  const which =
    "propertyId" in args
      ? args.propertyId
      : "hostname" in args
        ? `with the hostname ${args.hostname}`
        : args.propertyName;
  return invoke(`looking up the property ${which}`, (context) => property.property(context, args));
}

/** `getProperty` with arguments from other resources. */
export const getPropertyOutput = outputOf(getProperty);

/**
 * The properties that have a name, or a hostname in a live version or the latest. The list is empty when there is none.
 *
 * @example
 * const [found] = await property.findProperties({ propertyName: "www.example.com" });
 */
export function findProperties(args: property.PropertySearch): Promise<property.FoundPropertyResult[]> {
  return invoke("searching properties", (context) => property.properties(context, args));
}

/** `findProperties` with arguments from other resources. */
export const findPropertiesOutput = outputOf(findProperties);

/**
 * The versions of a property, the newest 500, the newest first.
 *
 * @example
 * const [latest] = await property.getVersions({ propertyId: "prp_173136" });
 */
export function getVersions(args: property.OfProperty): Promise<property.PropertyVersionResult[]> {
  return invoke(`looking up the versions of property ${args.propertyId}`, (context) =>
    property.versions(context, args),
  );
}

/** `getVersions` with arguments from other resources. */
export const getVersionsOutput = outputOf(getVersions);

/**
 * The rule tree of a version, with the errors and warnings of its validation.
 *
 * @example
 * const { rules, errors } = await property.getRules({ propertyId: "prp_173136", version: "production" });
 */
export function getRules(args: property.WhichRules): Promise<property.RulesResult> {
  return invoke(`looking up the rules of property ${args.propertyId}`, (context) =>
    property.rules(context, args),
  );
}

/** `getRules` with arguments from other resources. */
export const getRulesOutput = outputOf(getRules);

/**
 * The live version of a property on a network, and all activations so far, the newest first.
 *
 * @example
 * const { liveVersion } = await property.getActivations({ propertyId: "prp_173136", network: "production" });
 */
export function getActivations(args: property.WhichActivations): Promise<property.ActivationsResult> {
  return invoke(`looking up the activations of property ${args.propertyId} on ${args.network}`, (context) =>
    property.activations(context, args),
  );
}

/** `getActivations` with arguments from other resources. */
export const getActivationsOutput = outputOf(getActivations);
