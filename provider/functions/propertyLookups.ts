/** The lookups of Property Manager. */
import type { Lookup } from "../framework/lookup";
import * as z from "../framework/zod";
import * as property from "./property";
import * as given from "./propertyArgs";
import * as results from "./propertyResults";

type NoArgs = Record<string, never>;

export const getContracts: Lookup<NoArgs, results.ContractResult[]> = {
  token: "property:getContracts",
  args: [],
  result: z.array(results.contractResult),
  member: "contracts",
  madeBy: [],
  operation: () => "looking up the contracts",
  find: property.contracts,
};

export const getGroups: Lookup<NoArgs, results.GroupResult[]> = {
  token: "property:getGroups",
  args: [],
  result: z.array(results.groupResult),
  member: "groups",
  madeBy: [],
  operation: () => "looking up the groups",
  find: property.groups,
};

export const getProperty: Lookup<given.WhichProperty, results.PropertyResult> = {
  token: "property:getProperty",
  args: [given.ofProperty, given.propertyByName, given.propertyByHostname],
  result: results.propertyResult,
  madeBy: [],
  operation: (args) => `looking up the property ${whichOf(args)}`,
  find: property.property,
};

function whichOf(args: given.WhichProperty): string {
  if ("propertyId" in args) return args.propertyId;
  return "hostname" in args ? `with the hostname ${args.hostname}` : args.propertyName;
}

export const findProperties: Lookup<given.PropertySearch, results.FoundPropertyResult[]> = {
  token: "property:findProperties",
  args: [given.propertyByName, given.propertyByHostname],
  result: z.array(results.foundPropertyResult),
  member: "properties",
  madeBy: [],
  operation: () => "searching properties",
  find: property.properties,
};

export const getVersions: Lookup<given.OfProperty, results.PropertyVersionResult[]> = {
  token: "property:getVersions",
  args: [given.ofProperty],
  result: z.array(results.propertyVersionResult),
  member: "versions",
  madeBy: [],
  operation: ({ propertyId }) => `looking up the versions of property ${propertyId}`,
  find: property.versions,
};

export const getRules: Lookup<given.WhichRules, results.RulesResult> = {
  token: "property:getRules",
  args: [given.whichRules],
  result: results.rulesResult,
  madeBy: [],
  operation: ({ propertyId }) => `looking up the rules of property ${propertyId}`,
  find: property.rules,
};

export const getActivations: Lookup<given.WhichActivations, results.ActivationsResult> = {
  token: "property:getActivations",
  args: [given.whichActivations],
  result: results.activationsResult,
  madeBy: [],
  operation: ({ propertyId, network }) =>
    `looking up the activations of property ${propertyId} on ${network}`,
  find: property.activations,
};
