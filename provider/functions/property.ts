import type { Activation as ActivationOnWire, Network } from "../api/property/activations";
import { listContracts, listGroups } from "../api/property/contractsAndGroups";
import { findNetworkState } from "../api/property/networkState";
import {
  findProperty,
  findPropertyById,
  liveVersion,
  type Property,
  searchVersions,
} from "../api/property/properties";
import { type PropertyRef, prefixed } from "../api/property/request";
import { type Finding, findRules } from "../api/property/rules";
import { listVersions } from "../api/property/versions";
import { PreconditionError } from "../errors";
import type { Context } from "../runtime/context";
import { present } from "./present";
import type { OfProperty, PropertySearch, WhichActivations, WhichProperty, WhichRules } from "./propertyArgs";
import type {
  ActivationResult,
  ActivationsResult,
  ContractResult,
  FindingResult,
  FoundPropertyResult,
  GroupResult,
  MatchingVersion,
  PropertyResult,
  PropertyVersionResult,
  RulesResult,
} from "./propertyResults";

export type * from "./propertyArgs";
export type * from "./propertyResults";

export async function contracts(context: Context): Promise<ContractResult[]> {
  return (await listContracts(context.http)).map((one) => present(one));
}

export async function groups(context: Context): Promise<GroupResult[]> {
  return (await listGroups(context.http)).map((one) => present(one));
}

export async function properties(context: Context, search: PropertySearch): Promise<FoundPropertyResult[]> {
  const found = Map.groupBy(await searchVersions(context.http, search), ({ propertyId }) => propertyId);
  return [...found.values()].flatMap((versions) => {
    const [first] = versions;
    if (first === undefined) return [];
    const { propertyId, propertyName, contractId, groupId } = first;
    return [
      {
        propertyId,
        propertyName,
        contractId,
        groupId,
        versions: versions.map(matching).sort((a, b) => b.version - a.version),
      },
    ];
  });
}

export async function property(context: Context, which: WhichProperty): Promise<PropertyResult> {
  if ("propertyId" in which) return present(await theProperty(context, which));
  const [found, ...others] = await properties(context, which);
  const what =
    "hostname" in which ? `with the hostname ${which.hostname}` : `of the name ${which.propertyName}`;
  if (found === undefined)
    throw new PreconditionError(`there is no property ${what}, or the API client can't see it`);
  if (others.length === 0) return present(await theProperty(context, found));
  const ids = [found, ...others].map(({ propertyId, propertyName }) => `${propertyId} (${propertyName})`);
  throw new PreconditionError(
    `${ids.length} properties are there ${what}: set \`propertyId\`, one of ${ids.join(", ")}`,
  );
}

export async function versions(context: Context, of: OfProperty): Promise<PropertyVersionResult[]> {
  const all = await listVersions(context.http, await theProperty(context, of));
  return all.map(({ etag, ruleFormat, productId, note, ...one }) => ({
    ...matching(one),
    etag,
    ruleFormat,
    ...present({ productId, note }),
  }));
}

export async function rules(
  context: Context,
  { version = "latest", ...of }: WhichRules,
): Promise<RulesResult> {
  const found = await theProperty(context, of);
  const number = versionOf(found, version);
  if (number === undefined)
    throw new PreconditionError(`no version of property ${found.propertyName} is live on ${version}`);
  const tree = await findRules(context.http, found, number);
  if (tree === undefined) {
    throw new PreconditionError(
      `property ${found.propertyName} has no version ${number}; its latest is ${found.latestVersion}`,
    );
  }
  const { comments, errors, warnings, ...rest } = tree;
  return {
    version: number,
    ...rest,
    ...present({ comments }),
    errors: errors.map(finding),
    warnings: warnings.map(finding),
  };
}

export async function activations(
  context: Context,
  { network, ...of }: WhichActivations,
): Promise<ActivationsResult> {
  const found = await theProperty(context, of);
  const state = await findNetworkState(context.http, found, network);
  return {
    ...present({ liveVersion: state?.live?.version }),
    activations: (state?.activations ?? []).map((one) => activationResult(one, network)),
  };
}

function versionOf(found: Property, version: number | "latest" | Network): number | undefined {
  if (typeof version === "number") return version;
  return version === "latest" ? found.latestVersion : liveVersion(found, version);
}

async function theProperty({ http }: Context, of: OfProperty): Promise<Property> {
  const propertyId = prefixed("property", of.propertyId);
  const ref = refOf(of);
  const found = ref === undefined ? await findPropertyById(http, propertyId) : await findProperty(http, ref);
  if (found !== undefined) return found;
  const where = ref === undefined ? "" : ` in contract ${ref.contractId} and group ${ref.groupId}`;
  throw new PreconditionError(`there is no property ${propertyId}${where}, or the API client can't see it`);
}

/** The service takes contract and group together only. */
function refOf({ propertyId, contractId, groupId }: OfProperty): PropertyRef | undefined {
  if (contractId === undefined || groupId === undefined) return undefined;
  return {
    propertyId: prefixed("property", propertyId),
    contractId: prefixed("contract", contractId),
    groupId: prefixed("group", groupId),
  };
}

interface VersionOnWire {
  readonly propertyVersion: number;
  readonly stagingStatus: string;
  readonly productionStatus: string;
  readonly updatedByUser?: string | null | undefined;
  readonly updatedDate?: string | null | undefined;
}

function matching({
  propertyVersion,
  stagingStatus,
  productionStatus,
  updatedByUser,
  updatedDate,
}: VersionOnWire): MatchingVersion {
  return {
    version: propertyVersion,
    stagingStatus,
    productionStatus,
    ...present({ updatedByUser, updatedDate }),
  };
}

function finding({ type, title, detail, errorLocation, behaviorName }: Finding): FindingResult {
  return present({ type, title, detail, errorLocation, behaviorName });
}

function activationResult(
  { activationId, activationType, propertyVersion, status, note, submitDate, updateDate }: ActivationOnWire,
  network: Network,
): ActivationResult {
  return {
    activationId,
    activationType,
    version: propertyVersion,
    network,
    status,
    ...present({ note, submitDate, updateDate }),
  };
}
