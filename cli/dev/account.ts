/** The account of a development server: one EdgeWorker on one site, live on both networks, with data to read. Pure. */
import { createHash } from "node:crypto";
import type { KvItem } from "./kvFile";

export const EDGEWORKER_ID = 1;
/** Tokens of this account alone: one that code refers to, and one from the time when code held its value. */
const TOKEN = "00000000-0000-4000-8000-000000000001";
const LEGACY_TOKEN = "00000000-0000-4000-8000-000000000002";
const EXPIRY = "2099-12-31";
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

/** The module `edgekv_tokens.js`, for the namespaces of the data, as the version of `edgekv.js` beside it reads it. */
export const tokensModule = (items: readonly KvItem[], helper: string): string => {
  const isOld = !/["'`.]reference\b/.test(helper);
  const entry = isOld ? { name: "dev-legacy", value: legacyValue(items) } : { name: "dev", reference: TOKEN };
  const entries = namespacesOf(items).map((namespace) => [`namespace-${namespace}`, entry]);
  return `export var edgekv_access_tokens = ${JSON.stringify(Object.fromEntries(entries))};\n`;
};

/** A JWT with the claims that a check of the bundle reads. */
function legacyValue(items: readonly KvItem[]): string {
  const permissions = namespacesOf(items).map((name) => [`namespace-${name}`, ["r", "w", "d"]]);
  const claims = { sub: "dev-legacy", exp: Date.parse(EXPIRY) / 1000, ...Object.fromEntries(permissions) };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return [encode({ typ: "JWT", alg: "RS256" }), encode(claims), encode({ of: "dev" })].join(".");
}

/** EdgeKV with the data on both networks, and the tokens that read and write it. */
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
    expiry: EXPIRY,
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
  const legacy = { ...token, name: "dev-legacy", uuid: LEGACY_TOKEN, value: legacyValue(items) };
  const tokens = { dev: replicated(token, now), "dev-legacy": replicated(legacy, now) };
  return { namespaces: both(named), items: both(stored), tokens };
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
