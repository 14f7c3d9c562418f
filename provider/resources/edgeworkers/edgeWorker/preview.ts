/** What `up` would run into with an EdgeWorker, told at preview. */

import { listContracts, listGroups, listLimits, listResourceTiers, type ResourceTier } from "../../../api/edgeworkers/account";
import { listEdgeWorkers } from "../../../api/edgeworkers/ids";
import { plannedEdgeWorkerKey } from "../../../api/edgeworkers/keys";
import { InvalidInputError } from "../../../errors";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { ifAllowed } from "../observe";
import { hasMarker } from "./identity";
import type { EdgeWorkerInputs } from "./schema";

export async function preflightEdgeWorker(draft: Draft<EdgeWorkerInputs>, context: Context): Promise<CheckFailure[]> {
  const { known, oldInputs } = draft;
  const failures: CheckFailure[] = [];
  if (known.groupId !== undefined && known.groupId !== oldInputs.groupId) failures.push(...(await groupTrouble(known.groupId, context)));
  if (known.resourceTierId !== undefined && known.resourceTierId !== oldInputs.resourceTierId) {
    failures.push(...(await tierTrouble(known, context)), ...(await quotaFailure(draft, context)));
    if (oldInputs.resourceTierId !== undefined) {
      context.logger.warn(
        `EdgeWorker ${known.name}: the resource tier is set for good (from ${oldInputs.resourceTierId} to ${known.resourceTierId}), so that this is another EdgeWorker with another id: tokens and property rules that name the old id have to follow, and the old one can't be deleted while a version of it is live.`,
      );
    }
  }
  return failures;
}

/** The tier that is meant by its name: an input, so that a preview shows it. */
export async function tierByName(
  { known, unknown, oldInputs }: Draft<EdgeWorkerInputs>,
  context: Context,
): Promise<{ readonly resourceTierId?: unknown }> {
  const { resourceTier, contractId } = known;
  if (resourceTier === undefined && !unknown.has("resourceTier")) return {};
  if (known.resourceTierId !== undefined)
    throw new InvalidInputError("resourceTier", "says the same as `resourceTierId`: leave one of them out");
  if (unknown.has("resourceTierId") || unknown.has("resourceTier") || unknown.has("contractId")) return { resourceTierId: unknownValue };
  if (contractId === undefined)
    throw new InvalidInputError("contractId", "is required with `resourceTier`: tiers are offered by contracts");
  // The name was looked up when the EdgeWorker was made: what it stands for meanwhile does not make it another one.
  if (oldInputs.resourceTier === resourceTier && oldInputs.contractId === contractId && oldInputs.resourceTierId !== undefined) {
    return { resourceTierId: oldInputs.resourceTierId };
  }
  const contracts = await ifAllowed(() => contractsOf(context));
  if (contracts !== undefined && !contracts.includes(contractId)) {
    throw new InvalidInputError("contractId", `the account has no contract ${contractId}; it has ${contracts.join(", ") || "none"}`);
  }
  const tiers = await tiersOf(contractId, context);
  const found = tiers.find(({ resourceTierName }) => resourceTierName.toLowerCase() === resourceTier?.toLowerCase());
  if (found !== undefined) return { resourceTierId: found.resourceTierId };
  throw new InvalidInputError("resourceTier", `the contract ${contractId} offers no tier of this name; it offers ${names(tiers)}`);
}

function contractsOf(context: Context): Promise<string[]> {
  return context.runState.read(keyOf("edgeworkers contracts"), () => listContracts(context.http));
}

function tiersOf(contractId: string, context: Context): Promise<ResourceTier[]> {
  return context.runState.read(keyOf("resource tiers", contractId), () => listResourceTiers(context.http, contractId));
}

function names(tiers: readonly ResourceTier[]): string {
  const named = new Map(tiers.map(({ resourceTierId, resourceTierName }) => [resourceTierId, `${resourceTierName} (${resourceTierId})`]));
  return [...named.values()].join(", ") || "none";
}

async function tierTrouble({ resourceTierId, contractId }: Partial<EdgeWorkerInputs>, context: Context): Promise<CheckFailure[]> {
  const contracts = contractId === undefined ? await ifAllowed(() => contractsOf(context)) : [contractId];
  const offered = await Promise.all((contracts ?? []).map((contract) => ifAllowed(() => tiersOf(contract, context))));
  // What may not be seen may offer it.
  if (contracts === undefined || offered.includes(undefined)) return [];
  const tiers = offered.flatMap((one) => one ?? []);
  if (tiers.some((tier) => tier.resourceTierId === resourceTierId)) return [];
  const offers = contractId === undefined ? "no contract of the account offers" : `the contract ${contractId} does not offer`;
  return [{ property: "resourceTierId", reason: `${offers} a resource tier ${resourceTierId}; there are ${names(tiers)}` }];
}

async function groupTrouble(groupId: number, context: Context): Promise<CheckFailure[]> {
  const groups = await context.runState.read(keyOf("edgeworkers groups"), () => listGroups(context.http));
  const group = groups.find((one) => one.groupId === groupId);
  if (group === undefined) {
    const named = groups.map((one) => `${one.groupId} (${one.groupName})`).join(", ");
    return [
      { property: "groupId", reason: `the API client has no access to EdgeWorkers in a group ${groupId}; it has in ${named || "none"}` },
    ];
  }
  if (group.capabilities.includes("EDIT")) return [];
  return [{ property: "groupId", reason: `the API client lacks the capability EDIT in group ${groupId} (${group.groupName})` }];
}

/** Those that the API client can't see count too: what is told here is certain, and its absence promises nothing. */
async function quotaFailure({ known }: Draft<EdgeWorkerInputs>, context: Context): Promise<CheckFailure[]> {
  const { runState } = context;
  const { owner = "" } = known;
  runState.planned.add(plannedEdgeWorkerKey(owner));
  const limits = await ifAllowed(() => runState.read(keyOf("edgeworkers limits"), () => listLimits(context.http)));
  const most = limits?.find(({ limitId }) => limitId === "ew-id-per-account-limit")?.limitValue;
  const all = await ifAllowed(() => runState.read(keyOf("edgeworkers"), () => listEdgeWorkers(context.http)));
  if (most === undefined || all === undefined) return [];
  // What an interrupted run left is there already.
  const left = all.filter((one) => hasMarker(one, owner)).length;
  const planned = [...runState.planned].filter((what) => what.startsWith(keyOf("planned edgeworker", ""))).length;
  if (all.length - left + planned <= most) return [];
  return [
    {
      property: "name",
      reason: `there is no room for it: the account may have ${most} EdgeWorkers, it has ${all.length}, and this program adds ${planned}. Delete one, or ask Akamai to raise the limit`,
    },
  ];
}
