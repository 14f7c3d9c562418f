/** The lookups of EdgeWorkers. */
import type { Lookup } from "../framework/lookup";
import * as z from "../framework/zod";
import * as edgeworkers from "./edgeworkers";
import * as given from "./edgeworkersArgs";
import * as results from "./edgeworkersResults";

type NoArgs = Record<string, never>;

export const getGroups: Lookup<NoArgs, results.EdgeWorkersGroupResult[]> = {
  token: "edgeworkers:getGroups",
  args: [],
  result: z.array(results.edgeWorkersGroupResult),
  member: "groups",
  madeBy: [],
  operation: () => "looking up the access groups of EdgeWorkers",
  find: edgeworkers.groups,
};

export const getContracts: Lookup<NoArgs, string[]> = {
  token: "edgeworkers:getContracts",
  args: [],
  result: z.array(z.string()),
  member: "contracts",
  madeBy: [],
  operation: () => "looking up the contracts",
  find: edgeworkers.contracts,
};

export const getResourceTiers: Lookup<given.GetResourceTiersArgs, results.ResourceTierResult[]> = {
  token: "edgeworkers:getResourceTiers",
  args: [given.getResourceTiersArgs],
  result: z.array(results.resourceTierResult),
  member: "resourceTiers",
  madeBy: [],
  operation: ({ contractId }) => `looking up the resource tiers of the contract ${contractId}`,
  find: edgeworkers.resourceTiers,
};

export const getEdgeWorkers: Lookup<given.GetEdgeWorkersArgs, results.EdgeWorkerResult[]> = {
  token: "edgeworkers:getEdgeWorkers",
  args: [given.getEdgeWorkersArgs],
  result: z.array(results.edgeWorkerResult),
  member: "edgeWorkers",
  madeBy: [],
  operation: () => "looking up the EdgeWorkers",
  find: edgeworkers.edgeWorkers,
};

export const getEdgeWorker: Lookup<given.GetEdgeWorkerArgs, results.EdgeWorkerResult> = {
  token: "edgeworkers:getEdgeWorker",
  args: [given.edgeWorkerById, given.edgeWorkerByName],
  result: results.edgeWorkerResult,
  madeBy: [{ token: "edgeworkers:EdgeWorker", inputs: { name: "name" } }],
  operation: (args) => `looking up the EdgeWorker ${"edgeWorkerId" in args ? args.edgeWorkerId : args.name}`,
  find: edgeworkers.edgeWorker,
};

export const getVersions: Lookup<given.GetVersionsArgs, results.VersionResult[]> = {
  token: "edgeworkers:getVersions",
  args: [given.getVersionsArgs],
  result: z.array(results.versionResult),
  member: "versions",
  madeBy: [],
  operation: ({ edgeWorkerId }) => `looking up the versions of EdgeWorker ${edgeWorkerId}`,
  find: edgeworkers.versions,
};

export const getActivations: Lookup<given.GetActivationsArgs, results.ActivationsResult> = {
  token: "edgeworkers:getActivations",
  args: [given.getActivationsArgs],
  result: results.activationsResult,
  madeBy: [],
  operation: ({ edgeWorkerId, network }) =>
    `looking up the activations of EdgeWorker ${edgeWorkerId} on ${network}`,
  find: edgeworkers.activations,
};

export const getLimits: Lookup<given.GetLimitsArgs, results.LimitResult[]> = {
  token: "edgeworkers:getLimits",
  args: [given.getLimitsArgs],
  result: z.array(results.limitResult),
  member: "limits",
  madeBy: [],
  operation: () => "looking up the limits of EdgeWorkers",
  find: edgeworkers.limits,
};

export const getPropertiesUsing: Lookup<given.GetPropertiesUsingArgs, results.PropertyUseResult[]> = {
  token: "edgeworkers:getPropertiesUsing",
  args: [given.getPropertiesUsingArgs],
  result: z.array(results.propertyUseResult),
  member: "properties",
  madeBy: [],
  operation: ({ edgeWorkerId }) => `looking up the properties that use EdgeWorker ${edgeWorkerId}`,
  find: edgeworkers.propertiesUsing,
};
