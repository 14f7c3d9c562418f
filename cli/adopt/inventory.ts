/** What an account has that a program can declare. */
import { getInitialization } from "../../provider/api/edgekv/initialization";
import { listNamespaces, type Network, sampleItemGroups } from "../../provider/api/edgekv/namespaces";
import { listTokens } from "../../provider/api/edgekv/tokens";
import { listLive } from "../../provider/api/edgeworkers/activations";
import { listEdgeWorkers } from "../../provider/api/edgeworkers/ids";
import {
  findPropertyById,
  liveVersion,
  type Property,
  searchVersions,
} from "../../provider/api/property/properties";
import { prefixed } from "../../provider/api/property/request";
import { findRules } from "../../provider/api/property/rules";
import type { Rule } from "../../provider/api/property/ruleTree";
import type { HttpClient } from "../../provider/runtime/httpClient";
import type { LeftOut } from "./declared";

export interface FoundVersion {
  readonly version: string;
  /** Where it is live. */
  readonly networks: readonly Network[];
}

export interface FoundEdgeWorker {
  readonly edgeWorkerId: number;
  readonly name: string;
  readonly live: readonly FoundVersion[];
}

export interface FoundProperty {
  readonly propertyId: string;
  readonly propertyName: string;
  readonly networks: readonly Network[];
  /** The rules of its latest version. */
  readonly tree: Rule;
}

export interface FoundItemGroup {
  readonly network: Network;
  readonly namespace: string;
  readonly group: string;
}

/** What is to be found. */
export interface Wanted {
  readonly networks: readonly Network[];
  /** Properties by their ids, names or hostnames. */
  readonly properties: readonly string[];
  readonly items: boolean;
}

export interface Inventory {
  readonly hasDatabase: boolean;
  readonly namespaces: readonly { readonly network: Network; readonly name: string }[];
  readonly tokens: readonly string[];
  readonly itemGroups: readonly FoundItemGroup[];
  readonly edgeWorkers: readonly FoundEdgeWorker[];
  readonly properties: readonly FoundProperty[];
  readonly leftOut: readonly LeftOut[];
}

/** Reads lists only. What a list does not have of an object is read when it is declared. */
export async function readInventory(http: HttpClient, wanted: Wanted): Promise<Inventory> {
  const leftOut: LeftOut[] = [];
  const { accountStatus } = await getInitialization(http);
  const hasDatabase = accountStatus === "INITIALIZED";
  const namespaces = hasDatabase ? await findNamespaces(http, wanted, leftOut) : [];
  return {
    hasDatabase,
    namespaces,
    itemGroups: wanted.items ? await findItemGroups(http, namespaces) : [],
    tokens: hasDatabase ? (await listTokens(http)).map(({ name }) => name).sort() : [],
    edgeWorkers: await findEdgeWorkers(http, wanted),
    properties: await findProperties(http, wanted, leftOut),
    leftOut,
  };
}

async function findNamespaces(http: HttpClient, { networks }: Wanted, leftOut: LeftOut[]) {
  const found: { network: Network; name: string }[] = [];
  for (const network of networks) {
    for (const { namespace, scheduledDeleteTime } of await listNamespaces(http, network)) {
      // Akamai's own: it can't be declared.
      if (namespace === "default") continue;
      if (scheduledDeleteTime)
        leftOut.push({
          object: `namespace ${network}/${namespace}`,
          reason: "its delete is scheduled: a program that declares it cancels that",
        });
      else found.push({ network, name: namespace });
    }
  }
  return found.sort(byText(({ name, network }) => `${name}/${network}`));
}

async function findItemGroups(
  http: HttpClient,
  namespaces: Inventory["namespaces"],
): Promise<FoundItemGroup[]> {
  const found: FoundItemGroup[] = [];
  for (const { network, name } of namespaces) {
    for (const group of (await sampleItemGroups(http, network, name)).sort())
      found.push({ network, namespace: name, group });
  }
  return found;
}

async function findEdgeWorkers(http: HttpClient, { networks }: Wanted): Promise<FoundEdgeWorker[]> {
  const found: FoundEdgeWorker[] = [];
  for (const { edgeWorkerId, name } of await listEdgeWorkers(http)) {
    const byVersion = new Map<string, Network[]>();
    for (const [network, { version }] of await listLive(http, edgeWorkerId)) {
      if (networks.includes(network)) byVersion.set(version, [...(byVersion.get(version) ?? []), network]);
    }
    const live = [...byVersion].map(([version, on]) => ({ version, networks: on }));
    found.push({ edgeWorkerId, name, live });
  }
  return found.sort(byText(({ name, edgeWorkerId }) => `${name}/${edgeWorkerId}`));
}

async function findProperties(
  http: HttpClient,
  { networks, properties }: Wanted,
  leftOut: LeftOut[],
): Promise<FoundProperty[]> {
  const found: FoundProperty[] = [];
  for (const wanted of properties) {
    const property = await findProperty(http, wanted);
    if (property === undefined) {
      leftOut.push({ object: `property ${wanted}`, reason: "there is none of that id, name or hostname" });
      continue;
    }
    const { propertyId, propertyName, contractId, groupId, latestVersion } = property;
    if (found.some((one) => one.propertyId === propertyId)) continue;
    const rules = await findRules(http, { propertyId, contractId, groupId }, latestVersion);
    const on = networks.filter((network) => liveVersion(property, network) !== undefined);
    found.push({ propertyId, propertyName, networks: on, tree: rules?.rules ?? { name: "default" } });
  }
  return found;
}

/** By its id, its full name or one of its hostnames. */
async function findProperty(http: HttpClient, wanted: string): Promise<Property | undefined> {
  if (/^prp_[1-9]\d{0,18}$/.test(wanted)) return findPropertyById(http, wanted);
  for (const by of [{ propertyName: wanted }, { hostname: wanted }]) {
    const [found] = await searchVersions(http, by);
    if (found !== undefined) return findPropertyById(http, prefixed("property", found.propertyId));
  }
  return undefined;
}

function byText<T>(textOf: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0);
}
