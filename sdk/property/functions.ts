import * as pulumi from "@pulumi/pulumi";
import * as property from "../../provider/functions/property";
import { invoke } from "../invoke";

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

/** The arguments of a lookup, each of which may come from other resources. */
export type Inputs<T> = { readonly [K in keyof T]: pulumi.Input<T[K]> };

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
export function getContractsOutput(): pulumi.Output<property.ContractResult[]> {
  return pulumi.output(getContracts());
}

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
export function getGroupsOutput(): pulumi.Output<property.GroupResult[]> {
  return pulumi.output(getGroups());
}

/**
 * One property, with the numbers of its versions; fails when there is none, and when several match.
 *
 * @example
 * const site = await property.getProperty({ hostname: "shop.example.com" });
 */
export function getProperty(args: property.WhichProperty): Promise<property.PropertyResult> {
  const which = "propertyId" in args ? args.propertyId : "hostname" in args ? `with the hostname ${args.hostname}` : args.propertyName;
  return invoke(`looking up the property ${which}`, (context) => property.property(context, args));
}

/** `getProperty` with arguments from other resources. */
export function getPropertyOutput(
  args: Inputs<property.OfProperty> | { propertyName: pulumi.Input<string> } | { hostname: pulumi.Input<string> },
): pulumi.Output<property.PropertyResult> {
  return pulumi.output(args).apply((known) => getProperty(known));
}

/**
 * The properties that have a name, or a hostname in a live version or the latest; none is no error.
 *
 * @example
 * const [found] = await property.findProperties({ propertyName: "www.example.com" });
 */
export function findProperties(args: property.PropertySearch): Promise<property.FoundPropertyResult[]> {
  return invoke("searching properties", (context) => property.properties(context, args));
}

/** `findProperties` with arguments from other resources. */
export function findPropertiesOutput(
  args: { propertyName: pulumi.Input<string> } | { hostname: pulumi.Input<string> },
): pulumi.Output<property.FoundPropertyResult[]> {
  return pulumi.output(args).apply((known) => findProperties(known));
}

/**
 * The versions of a property, the newest 500, the newest first.
 *
 * @example
 * const [latest] = await property.getVersions({ propertyId: "prp_173136" });
 */
export function getVersions(args: property.OfProperty): Promise<property.PropertyVersionResult[]> {
  return invoke(`looking up the versions of property ${args.propertyId}`, (context) => property.versions(context, args));
}

/** `getVersions` with arguments from other resources. */
export function getVersionsOutput(args: Inputs<property.OfProperty>): pulumi.Output<property.PropertyVersionResult[]> {
  return pulumi.output(args).apply((known) => getVersions(known));
}

/**
 * The rule tree of a version, with the errors and warnings of its validation.
 *
 * @example
 * const { rules, errors } = await property.getRules({ propertyId: "prp_173136", version: "production" });
 */
export function getRules(args: property.WhichRules): Promise<property.RulesResult> {
  return invoke(`looking up the rules of property ${args.propertyId}`, (context) => property.rules(context, args));
}

/** `getRules` with arguments from other resources. */
export function getRulesOutput(args: Inputs<property.WhichRules>): pulumi.Output<property.RulesResult> {
  return pulumi.output(args).apply((known) => getRules(known));
}

/**
 * What is live of a property on a network, and all activations there ever were, the newest first.
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
export function getActivationsOutput(args: Inputs<property.WhichActivations>): pulumi.Output<property.ActivationsResult> {
  return pulumi.output(args).apply((known) => getActivations(known));
}
