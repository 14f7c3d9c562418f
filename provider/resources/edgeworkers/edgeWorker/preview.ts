/** What `up` would run into with an EdgeWorker, told at preview. */
import { listEdgeWorkers } from "../../../api/edgeworkers/ids";
import { listContracts, listGroups, listLimits, listResourceTiers, type ResourceTier } from "../../../api/edgeworkers/account";
import type { Context } from "../../../runtime/context";
import type { Draft, Failure } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { InputError } from "../../../errors";
import type { EdgeWorkerInputs } from "./edgeWorker";
import { isMarked } from "./identity";
import { ifAllowed } from "../observe";

export async function observeEdgeWorker(draft: Draft<EdgeWorkerInputs>, context: Context): Promise<Failure[]> {
  const { known, olds } = draft;
  const failures: Failure[] = [];
  if (known.groupId !== undefined && known.groupId !== olds.groupId) failures.push(...(await groupTrouble(known.groupId, context)));
  if (known.resourceTierId !== undefined && known.resourceTierId !== olds.resourceTierId) {
    failures.push(...(await tierTrouble(known, context)), ...(await roomTrouble(draft, context)));
    if (olds.resourceTierId !== undefined) {
      context.notices.warn(
        `EdgeWorker ${known.name}: the resource tier is set for good (from ${olds.resourceTierId} to ${known.resourceTierId}), so that this is another EdgeWorker with another id: tokens and property rules that name the old id have to follow, and the old one can't be deleted while a version of it is live.`,
      );
    }
  }
  return failures;
}

/** The tier that is meant by its name: an input, so that a preview shows it. */
export async function tierByName(
  { known, unknown, olds }: Draft<EdgeWorkerInputs>,
  context: Context,
): Promise<{ readonly resourceTierId?: unknown }> {
  const { resourceTier, contractId } = known;
  if (resourceTier === undefined && !unknown.has("resourceTier")) return {};
  if (known.resourceTierId !== undefined) throw new InputError("resourceTier", "says the same as `resourceTierId`: leave one of them out");
  if (unknown.has("resourceTierId") || unknown.has("resourceTier") || unknown.has("contractId")) return { resourceTierId: unknownValue };
  if (contractId === undefined) throw new InputError("contractId", "is required with `resourceTier`: tiers are offered by contracts");
  // The name was looked up when the EdgeWorker was made: what it stands for meanwhile does not make it another one.
  if (olds.resourceTier === resourceTier && olds.contractId === contractId && olds.resourceTierId !== undefined) {
    return { resourceTierId: olds.resourceTierId };
  }
  const contracts = await ifAllowed(() => contractsOf(context));
  if (contracts !== undefined && !contracts.includes(contractId)) {
    throw new InputError("contractId", `the account has no contract ${contractId}; it has ${contracts.join(", ") || "none"}`);
  }
  const tiers = await tiersOf(contractId, context);
  const found = tiers.find(({ resourceTierName }) => resourceTierName.toLowerCase() === resourceTier?.toLowerCase());
  if (found !== undefined) return { resourceTierId: found.resourceTierId };
  throw new InputError("resourceTier", `the contract ${contractId} offers no tier of this name; it offers ${names(tiers)}`);
}

function contractsOf(context: Context): Promise<string[]> {
  return context.memory.read("edgeworkers contracts", () => listContracts(context.http));
}

function tiersOf(contractId: string, context: Context): Promise<ResourceTier[]> {
  return context.memory.read(`resource tiers of ${contractId}`, () => listResourceTiers(context.http, contractId));
}

function names(tiers: readonly ResourceTier[]): string {
  const named = new Map(tiers.map(({ resourceTierId, resourceTierName }) => [resourceTierId, `${resourceTierName} (${resourceTierId})`]));
  return [...named.values()].join(", ") || "none";
}

async function tierTrouble({ resourceTierId, contractId }: Partial<EdgeWorkerInputs>, context: Context): Promise<Failure[]> {
  const contracts = contractId === undefined ? await ifAllowed(() => contractsOf(context)) : [contractId];
  const offered = await Promise.all((contracts ?? []).map((contract) => ifAllowed(() => tiersOf(contract, context))));
  // What may not be seen may offer it.
  if (contracts === undefined || offered.includes(undefined)) return [];
  const tiers = offered.flatMap((one) => one ?? []);
  if (tiers.some((tier) => tier.resourceTierId === resourceTierId)) return [];
  const offers = contractId === undefined ? "no contract of the account offers" : `the contract ${contractId} does not offer`;
  return [{ property: "resourceTierId", reason: `${offers} a resource tier ${resourceTierId}; there are ${names(tiers)}` }];
}

async function groupTrouble(groupId: number, context: Context): Promise<Failure[]> {
  const groups = await context.memory.read("edgeworkers groups", () => listGroups(context.http));
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
async function roomTrouble({ known }: Draft<EdgeWorkerInputs>, context: Context): Promise<Failure[]> {
  const { memory } = context;
  const { owner = "" } = known;
  memory.planned.add(`edgeworker ${owner}`);
  const limits = await ifAllowed(() => memory.read("edgeworkers limits", () => listLimits(context.http)));
  const most = limits?.find(({ limitId }) => limitId === "ew-id-per-account-limit")?.limitValue;
  const all = await ifAllowed(() => memory.read("edgeworkers", () => listEdgeWorkers(context.http)));
  if (most === undefined || all === undefined) return [];
  // What an interrupted run left is there already.
  const left = all.filter((one) => isMarked(one, owner)).length;
  const planned = [...memory.planned].filter((what) => what.startsWith("edgeworker ")).length;
  if (all.length - left + planned <= most) return [];
  return [
    {
      property: "name",
      reason: `there is no room for it: the account may have ${most} EdgeWorkers, it has ${all.length}, and this program adds ${planned}. Delete one, or ask Akamai to raise the limit`,
    },
  ];
}
