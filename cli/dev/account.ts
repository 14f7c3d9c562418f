/** The account of a development server: one EdgeWorker on one site, live on both networks, with data to read. Pure. */
import { createHash } from "node:crypto";
import type { KvItem } from "./kvFile";

export const EDGEWORKER_ID = 1;
/** The only token. Its reference is of no use elsewhere. */
const TOKEN = "00000000-0000-4000-8000-000000000001";
const GROUP = 72_297;
const NETWORKS = ["staging", "production"] as const;

export interface DevCode {
  readonly version: string;
  readonly archive: Buffer;
}

export interface DevOptions {
  readonly hostname: string;
  readonly tierId: number;
  readonly items: readonly KvItem[];
  readonly hasOrigin: boolean;
}

/** A part of a state, to merge into a fresh account. */
export function seedFor({ hostname, tierId, items, hasOrigin }: DevOptions, now: number): object {
  return {
    edgeworkers: {
      ids: { [EDGEWORKER_ID]: replicated(edgeWorker(tierId, now), now) },
    },
    property: {
      properties: { 173136: property(hostname, hasOrigin, now) },
    },
    ...(items.length > 0 && { edgekv: store(items, now) }),
  };
}

const replicated = (value: object, now: number) => [{ at: now, lag: 0, value }];

const edgeWorker = (tierId: number, now: number) => ({
  edgeWorkerId: EDGEWORKER_ID,
  name: "dev",
  groupId: GROUP,
  resourceTierId: tierId,
  createdBy: "dev",
  createdAt: now,
  lastModifiedBy: "dev",
  lastModifiedAt: now,
});

/** The code as the only version, active on both networks. */
export const belongingsFor = ({ version, archive }: DevCode, now: number): object => ({
  versions: {
    [version]: replicated(
      {
        version,
        checksum: createHash("sha256").update(archive).digest("hex"),
        sequenceNumber: 1,
        createdBy: "dev",
        createdAt: now,
        content: archive.toString("base64"),
      },
      now,
    ),
  },
  usedVersions: [version],
  deployments: ["STAGING", "PRODUCTION"].map((network, at) =>
    replicated(
      {
        kind: "activation",
        number: at + 1,
        version,
        network,
        createdBy: "dev",
        createdAt: now,
        endsAt: now,
        outcome: "COMPLETE",
      },
      now,
    ),
  ),
});

function property(hostname: string, hasOrigin: boolean, now: number): object {
  const behaviors = [
    ...(hasOrigin ? [origin(hostname)] : []),
    { name: "edgeWorker", options: { enabled: true, edgeWorkerId: String(EDGEWORKER_ID) } },
  ];
  return {
    propertyId: 173_136,
    propertyName: hostname,
    contractId: "1-3CV382",
    groupId: GROUP,
    assetId: 10_173_136,
    productId: "Fresca",
    versions: [
      {
        propertyVersion: 1,
        updatedByUser: "dev",
        updatedAt: now,
        ruleFormat: "v2025-10-16",
        hostnames: [{ cnameFrom: hostname, cnameTo: `${hostname}.edgekey.net` }],
        rules: { name: "default", criteria: [], behaviors, children: [], options: {} },
        revision: 1,
      },
    ],
    activations: ["STAGING", "PRODUCTION"].map((network, at) => ({
      activationId: at + 1,
      activationType: "ACTIVATE",
      propertyVersion: 1,
      network,
      note: "",
      notifyEmails: [],
      submittedBy: "dev",
      submittedAt: now,
      endsAt: now,
      outcome: "ACTIVE",
    })),
  };
}

const origin = (hostname: string) => ({
  name: "origin",
  options: { originType: "CUSTOMER", hostname, forwardHostHeader: "REQUEST_HOST_HEADER" },
});

const namespacesOf = (items: readonly KvItem[]): string[] => [
  ...new Set(items.map(({ namespace }) => namespace)),
];

/** The module `edgekv_tokens.js`, for the namespaces of the data. */
export const tokensModule = (items: readonly KvItem[]): string =>
  `export var edgekv_access_tokens = ${JSON.stringify(
    Object.fromEntries(
      namespacesOf(items).map((namespace) => [`namespace-${namespace}`, { name: "dev", reference: TOKEN }]),
    ),
  )};\n`;

/** EdgeKV with the data on both networks, and the token that reads and writes it. */
function store(items: readonly KvItem[], now: number): object {
  const namespaces = namespacesOf(items);
  const entry = (namespace: string) => ({
    namespace,
    geoLocation: "US",
    retentionInSeconds: 0,
    groupId: GROUP,
    namespaceStatus: "READY",
    dataAccessPolicy: { restrictDataAccess: true, policyType: "inherited" },
  });
  const named = Object.fromEntries(namespaces.map((name) => [name, replicated(entry(name), now)]));
  const stored: Record<string, Record<string, Record<string, object>>> = {};
  for (const { namespace, group, item, value } of items) {
    stored[namespace] ??= {};
    stored[namespace][group] ??= {};
    stored[namespace][group][item] = replicated(itemOf(value), now);
  }
  const token = {
    name: "dev",
    uuid: TOKEN,
    expiry: "2099-12-31",
    allowOnStaging: true,
    allowOnProduction: true,
    namespacePermissions: Object.fromEntries(namespaces.map((name) => [name, ["r", "w", "d"]])),
    restrictToEdgeWorkerIds: null,
    issuedAt: now,
    refreshedAt: null,
    activatesAt: now,
    activationFails: false,
  };
  const both = <T>(value: T) => Object.fromEntries(NETWORKS.map((network) => [network, value]));
  return { namespaces: both(named), items: both(stored), tokens: { dev: replicated(token, now) } };
}

function itemOf(value: string): object {
  const isJson = /^\s*[[{]/.test(value);
  return {
    value,
    encoding: "utf8",
    contentType: isJson ? "application/json" : "text/plain",
    expiresAt: null,
  };
}
