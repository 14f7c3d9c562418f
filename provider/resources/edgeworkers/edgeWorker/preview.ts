/** What `up` would run into with an EdgeWorker, reported at preview. */

import {
  listContracts,
  listGroups,
  listResourceTiers,
  type ResourceTier,
} from "../../../api/edgeworkers/account";
import { InvalidInputError } from "../../../errors";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { exceedsQuota } from "../../quota";
import { ifAllowed, limitOf } from "../observe";
import { markedBy } from "./identity";
import { readEdgeWorkers } from "./observe";
import type { EdgeWorkerInputs } from "./schema";

/** What the account had when the run began: what the run itself creates, it counts without a read. */
const always = () => true;

export async function preflightEdgeWorker(
  context: Context,
  draft: Draft<EdgeWorkerInputs>,
): Promise<CheckFailure[]> {
  const { known, oldInputs } = draft;
  const failures: CheckFailure[] = [];
  if (known.groupId !== undefined && known.groupId !== oldInputs.groupId)
    failures.push(...(await groupFailures(context, known.groupId)));
  if (known.resourceTierId !== undefined && known.resourceTierId !== oldInputs.resourceTierId) {
    failures.push(...(await tierFailures(context, known)), ...(await quotaFailures(context, draft)));
    if (oldInputs.resourceTierId !== undefined) {
      context.logger.warn(
        `EdgeWorker ${known.name}: the resource tier can't be changed (from ${oldInputs.resourceTierId} to ${known.resourceTierId}), so \`up\` creates another EdgeWorker with another id. Tokens and property rules that name the old id have to follow. The old one can't be deleted while a version of it is live.`,
      );
    }
  }
  return failures;
}

/** The id of the tier that the program names: an input, so that a preview shows it. */
export async function tierByName(
  context: Context,
  { known, unknown, oldInputs }: Draft<EdgeWorkerInputs>,
): Promise<{ readonly resourceTierId?: unknown }> {
  const { resourceTier, contractId } = known;
  if (resourceTier === undefined && !unknown.has("resourceTier")) return {};
  // `ignoreChanges` keeps the id that was looked up.
  const isKept = oldInputs.resourceTier !== undefined && known.resourceTierId === oldInputs.resourceTierId;
  if (known.resourceTierId !== undefined && isKept) return {};
  if (known.resourceTierId !== undefined)
    throw new InvalidInputError(
      "resourceTier",
      "names the tier that `resourceTierId` names, too: remove one of them",
    );
  if (unknown.has("resourceTierId") || unknown.has("resourceTier") || unknown.has("contractId"))
    return { resourceTierId: unknownValue };
  if (contractId === undefined)
    throw new InvalidInputError(
      "contractId",
      "is required with `resourceTier`: tiers are offered by contracts",
    );
  // The name was looked up when the EdgeWorker was created. A tier of that name with another id replaces nothing.
  if (
    oldInputs.resourceTier === resourceTier &&
    oldInputs.contractId === contractId &&
    oldInputs.resourceTierId !== undefined
  ) {
    return { resourceTierId: oldInputs.resourceTierId };
  }
  const contracts = await ifAllowed(() => contractsOf(context));
  if (contracts !== undefined && !contracts.includes(contractId)) {
    throw new InvalidInputError(
      "contractId",
      `the account has no contract ${contractId}; it has ${contracts.join(", ") || "none"}`,
    );
  }
  const tiers = await tiersOf(context, contractId);
  const found = tiers.find(
    ({ resourceTierName }) => resourceTierName.toLowerCase() === resourceTier?.toLowerCase(),
  );
  if (found !== undefined) return { resourceTierId: found.resourceTierId };
  throw new InvalidInputError(
    "resourceTier",
    `the contract ${contractId} offers no tier of this name; it offers ${names(tiers)}`,
  );
}

function contractsOf(context: Context): Promise<string[]> {
  return context.runState.read(keyOf("edgeworkers contracts"), () => listContracts(context.http), always);
}

function tiersOf(context: Context, contractId: string): Promise<ResourceTier[]> {
  return context.runState.read(
    keyOf("resource tiers", contractId),
    () => listResourceTiers(context.http, contractId),
    always,
  );
}

function names(tiers: readonly ResourceTier[]): string {
  const named = new Map(
    tiers.map(({ resourceTierId, resourceTierName }) => [
      resourceTierId,
      `${resourceTierName} (${resourceTierId})`,
    ]),
  );
  return [...named.values()].join(", ") || "none";
}

async function tierFailures(
  context: Context,
  { resourceTierId, contractId }: Partial<EdgeWorkerInputs>,
): Promise<CheckFailure[]> {
  const contracts = contractId === undefined ? await ifAllowed(() => contractsOf(context)) : [contractId];
  const offered = await Promise.all(
    (contracts ?? []).map((contract) => ifAllowed(() => tiersOf(context, contract))),
  );
  // A contract that the API client may not see may offer it.
  if (contracts === undefined || offered.includes(undefined)) return [];
  const tiers = offered.flatMap((one) => one ?? []);
  if (tiers.some((tier) => tier.resourceTierId === resourceTierId)) return [];
  const offers =
    contractId === undefined
      ? "no contract of the account offers"
      : `the contract ${contractId} does not offer`;
  return [
    {
      property: "resourceTierId",
      reason: `${offers} a resource tier ${resourceTierId}; there are ${names(tiers)}`,
    },
  ];
}

async function groupFailures(context: Context, groupId: number): Promise<CheckFailure[]> {
  const groups = await context.runState.read(
    keyOf("edgeworkers groups"),
    () => listGroups(context.http),
    always,
  );
  const group = groups.find((one) => one.groupId === groupId);
  if (group === undefined) {
    const named = groups.map((one) => `${one.groupId} (${one.groupName})`).join(", ");
    return [
      {
        property: "groupId",
        reason: `the API client has no access to EdgeWorkers in a group ${groupId}; it has in ${named || "none"}`,
      },
    ];
  }
  if (group.capabilities.includes("EDIT")) return [];
  return [
    {
      property: "groupId",
      reason: `the API client lacks the capability EDIT in group ${groupId} (${group.groupName})`,
    },
  ];
}

/** EdgeWorkers that the API client can't see count too. So a failure is certain, and its absence promises nothing. */
async function quotaFailures(context: Context, { known }: Draft<EdgeWorkerInputs>): Promise<CheckFailure[]> {
  const { owner = "" } = known;
  const allowed = await limitOf(context, "ew-id-per-account-limit");
  const all = await ifAllowed(() => readEdgeWorkers(context));
  if (allowed === undefined || all === undefined) return [];
  // The EdgeWorker of an interrupted run counts already.
  const left = markedBy(owner, all).length;
  const used = all.length - left;
  const added = exceedsQuota(context, { quota: keyOf("edgeworkers"), limit: allowed, used, added: owner });
  if (added === undefined) return [];
  return [
    {
      property: "name",
      reason: `there is no room for it: the account may have ${allowed} EdgeWorkers, it has ${all.length}, and this program adds ${added}. Delete one, or ask Akamai to raise the limit`,
    },
  ];
}
