import type { Account } from "../account/account";
import { tokenStatus } from "../edgekv/accessTokens/lifecycle";
import {
  NETWORKS as EDGEKV_NETWORKS,
  type EdgeKvState,
  isAlive,
  type Namespace,
  type Network,
  statusAt,
  type Token,
} from "../edgekv/state";
import { tierOf } from "../edgeworkers/resourceTiers";
import { activationHistory, isOngoing, NETWORKS, progress } from "../edgeworkers/state";
import {
  activationProgress,
  isOngoing as isPropertyOngoing,
  liveVersion,
} from "../property/activationProgress";
import type { Property } from "../property/state";
import { readPrimary } from "../replication";
import { callsIn } from "./calls";

/** Groups of a namespace and items of a group that are listed. The others are counted. */
const LISTED_GROUPS = 20;
const LISTED_ITEMS = 50;

/** A version of code that holds a token. */
export interface TokenUser {
  readonly edgeWorkerId: number;
  readonly version: string;
  readonly network: Network;
}

/** What the account holds and what is live where. It has no value of an item and no secret of a token. */
export function overviewOf(
  account: Account,
  now: number,
  usersOf: (token: Token) => readonly TokenUser[],
): object {
  return {
    now,
    accountId: account.accountId,
    edgekv: statusAt(account.edgekv, now),
    namespaces: EDGEKV_NETWORKS.flatMap((network) => namespacesOn(account.edgekv, network, now)),
    tokens: tokensOf(account.edgekv, now, usersOf),
    edgeWorkers: edgeWorkersOf(account, now),
    properties: Object.values(account.property.properties).map((property) => propertyOf(property, now)),
    activations: [...codeOnItsWay(account, now), ...propertiesOnTheirWay(account, now)],
  };
}

function namespacesOn({ namespaces, items }: EdgeKvState, network: Network, now: number): object[] {
  return Object.values(namespaces[network])
    .flatMap((one) => readPrimary<Namespace>(one) ?? [])
    .map(({ namespace, namespaceStatus, scheduledDeleteTime, retentionInSeconds, groupId }) => {
      const groups = Object.entries(items[network][namespace] ?? {}).flatMap(([name, stored]) => {
        const alive = Object.entries(stored).flatMap(([key, states]) => {
          const item = readPrimary(states);
          return isAlive(item, now) ? [{ key, item }] : [];
        });
        if (alive.length === 0) return [];
        const listed = alive.slice(0, LISTED_ITEMS).map(({ key, item }) => ({
          key,
          bytes: Buffer.byteLength(item.value, item.encoding),
          contentType: item.contentType,
          expiresAt: item.expiresAt,
        }));
        return [{ name, count: alive.length, items: listed }];
      });
      return {
        ...{ network, name: namespace, status: namespaceStatus, retentionInSeconds, groupId },
        deleteAt: scheduledDeleteTime === undefined ? null : Date.parse(scheduledDeleteTime),
        count: groups.reduce((sum, { count }) => sum + count, 0),
        groupCount: groups.length,
        groups: groups.slice(0, LISTED_GROUPS),
      };
    });
}

function tokensOf(
  { tokens }: EdgeKvState,
  now: number,
  usersOf: (token: Token) => readonly TokenUser[],
): object[] {
  return Object.values(tokens)
    .flatMap((states) => readPrimary(states) ?? [])
    .map((token) => ({
      name: token.name,
      status: token.value === undefined ? tokenStatus(token, now) : "LEGACY",
      expiry: token.expiry,
      networks: EDGEKV_NETWORKS.filter((network) =>
        network === "staging" ? token.allowOnStaging : token.allowOnProduction,
      ),
      permissions: Object.entries(token.namespacePermissions).map(
        ([namespace, letters]) => `${namespace}: ${letters.join("")}`,
      ),
      edgeWorkerIds: token.restrictToEdgeWorkerIds,
      users: usersOf(token),
    }));
}

function edgeWorkersOf({ edgeworkers }: Account, now: number): object[] {
  return Object.values(edgeworkers.ids)
    .flatMap((states) => readPrimary(states) ?? [])
    .map(({ edgeWorkerId, name, groupId, resourceTierId }) => {
      const of = edgeworkers.belongings[edgeWorkerId];
      const versions = Object.values(of?.versions ?? {}).flatMap((states) => readPrimary(states) ?? []);
      const active = (network: (typeof NETWORKS)[number]) =>
        (of && activationHistory(of, network, now).active?.version) ?? null;
      return {
        ...{ id: edgeWorkerId, name, groupId, tier: tierOf(resourceTierId).name },
        versions: versions.map(({ version }) => version),
        live: { staging: active("STAGING"), production: active("PRODUCTION") },
      };
    });
}

function propertyOf(property: Property, now: number): object {
  const live = {
    staging: liveVersion(property, "STAGING", now) ?? null,
    production: liveVersion(property, "PRODUCTION", now) ?? null,
  };
  const shown = [...new Set([live.staging, live.production, property.versions.length])].filter(
    (version) => version !== null,
  );
  return {
    name: property.propertyName,
    id: property.propertyId,
    latest: property.versions.length,
    live,
    versions: shown.map((number) => {
      const version = property.versions[number - 1];
      return {
        number,
        hostnames: (version?.hostnames ?? []).map(({ cnameFrom }) => cnameFrom),
        calls: version === undefined ? [] : callsIn(version.rules),
      };
    }),
  };
}

function codeOnItsWay({ edgeworkers }: Account, now: number): object[] {
  return Object.entries(edgeworkers.belongings).flatMap(([id, { deployments }]) =>
    deployments
      .flatMap((states) => readPrimary(states) ?? [])
      .filter((deployment) => isOngoing(progress(deployment, now).status))
      .map((deployment) => ({
        what: `EdgeWorker ${id}`,
        kind: deployment.kind,
        version: deployment.version,
        network: deployment.network.toLowerCase(),
        status: progress(deployment, now).status,
        startedAt: deployment.createdAt,
        endsAt: isOngoing(deployment.outcome) ? null : deployment.endsAt,
      })),
  );
}

function propertiesOnTheirWay({ property: { properties } }: Account, now: number): object[] {
  return Object.values(properties).flatMap((property) =>
    NETWORKS.flatMap((network) =>
      activationProgress(property, network, now)
        .all.filter(({ status }) => isPropertyOngoing(status))
        .map(({ activation, status }) => ({
          what: `property ${property.propertyName}`,
          kind: activation.activationType === "ACTIVATE" ? "activation" : "deactivation",
          version: String(activation.propertyVersion),
          network: network.toLowerCase(),
          status,
          startedAt: activation.submittedAt,
          endsAt: isPropertyOngoing(activation.outcome) ? null : activation.endsAt,
        })),
    ),
  );
}
