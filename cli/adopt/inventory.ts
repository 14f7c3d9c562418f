/** What an account has that a program can declare. */
import { getInitialization } from "../../provider/api/edgekv/initialization";
import { listNamespaces, type Network } from "../../provider/api/edgekv/namespaces";
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
}

export interface Inventory {
  readonly hasDatabase: boolean;
  readonly namespaces: readonly { readonly network: Network; readonly name: string }[];
  readonly tokens: readonly string[];
  readonly edgeWorkers: readonly FoundEdgeWorker[];
  readonly properties: readonly FoundProperty[];
  readonly leftOut: readonly LeftOut[];
}

/** Reads lists only. What a list does not have of an object is read when it is declared. */
export async function readInventory(
  http: HttpClient,
  networks: readonly Network[],
  wantedProperties: readonly string[],
): Promise<Inventory> {
  const leftOut: LeftOut[] = [];
  const { accountStatus } = await getInitialization(http);
  const hasDatabase = accountStatus === "INITIALIZED";
  const namespaces: { network: Network; name: string }[] = [];
  for (const network of hasDatabase ? networks : []) {
    for (const { namespace, scheduledDeleteTime } of await listNamespaces(http, network)) {
      const object = `namespace ${network}/${namespace}`;
      if (namespace === "default") continue;
      if (scheduledDeleteTime)
        leftOut.push({ object, reason: "its delete is scheduled: a program that declares it cancels that" });
      else namespaces.push({ network, name: namespace });
    }
  }
  const tokens = hasDatabase ? (await listTokens(http)).map(({ name }) => name) : [];
  const edgeWorkers: FoundEdgeWorker[] = [];
  for (const { edgeWorkerId, name } of await listEdgeWorkers(http)) {
    const byVersion = new Map<string, Network[]>();
    for (const [network, { version }] of await listLive(http, edgeWorkerId)) {
      if (networks.includes(network)) byVersion.set(version, [...(byVersion.get(version) ?? []), network]);
    }
    const live = [...byVersion].map(([version, on]) => ({ version, networks: on }));
    edgeWorkers.push({ edgeWorkerId, name, live });
  }
  const properties: FoundProperty[] = [];
  for (const wanted of wantedProperties) {
    const found = await findProperty(http, wanted);
    if (found === undefined) {
      leftOut.push({ object: `property ${wanted}`, reason: "there is none of that id, name or hostname" });
      continue;
    }
    const { propertyId, propertyName } = found;
    const on = networks.filter((network) => liveVersion(found, network) !== undefined);
    if (!properties.some((one) => one.propertyId === propertyId))
      properties.push({ propertyId, propertyName, networks: on });
  }
  return {
    hasDatabase,
    namespaces: namespaces.sort(byText(({ name, network }) => `${name}/${network}`)),
    tokens: tokens.sort(byText((name) => name)),
    edgeWorkers: edgeWorkers.sort(byText(({ name, edgeWorkerId }) => `${name}/${edgeWorkerId}`)),
    properties,
    leftOut,
  };
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
  const key = (value: T) => textOf(value);
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}
