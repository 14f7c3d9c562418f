import { createHash } from "node:crypto";
import { z } from "zod";
import { RuleTree } from "./rules/ruleTree";

export const NETWORKS = ["STAGING", "PRODUCTION"] as const;
export type Network = (typeof NETWORKS)[number];

/** The status of an activation. The first five and `PENDING_DEACTIVATION` are transient, the others are final. */
export const STATUSES = [
  "NEW",
  "PENDING",
  "ZONE_1",
  "ZONE_2",
  "ZONE_3",
  "ACTIVE",
  "INACTIVE",
  "ABORTED",
  "FAILED",
  "PENDING_DEACTIVATION",
  "DEACTIVATED",
] as const;
export type Status = (typeof STATUSES)[number];

const Version = z.strictObject({
  propertyVersion: z.int().positive(),
  /** Of the version it was made from. */
  createdFrom: z.int().optional(),
  updatedByUser: z.string(),
  updatedAt: z.number(),
  note: z.string().optional(),
  ruleFormat: z.string(),
  /** The hostnames of the property, and their edge hostnames. */
  hostnames: z.array(
    z.strictObject({
      cnameFrom: z.string(),
      cnameTo: z.string(),
      certProvisioningType: z.string().optional(),
    }),
  ),
  rules: RuleTree,
  /** How often it was saved: the same rules saved again have another etag. */
  revision: z.int(),
});
export type Version = z.infer<typeof Version>;

const Activation = z.strictObject({
  activationId: z.int().positive(),
  activationType: z.enum(["ACTIVATE", "DEACTIVATE"]),
  propertyVersion: z.int().positive(),
  network: z.enum(NETWORKS),
  note: z.string(),
  notifyEmails: z.array(z.string()),
  submittedBy: z.string(),
  submittedAt: z.number(),
  /** When `outcome` is reached. */
  endsAt: z.number(),
  /** With a status on the way, it stays there. */
  outcome: z.enum(STATUSES),
  cancelledAt: z.number().optional(),
  /** Taken back by a fast fallback, or tried to be. */
  fallbackAttempted: z.boolean().optional(),
  usedFastFallback: z.boolean().optional(),
  complianceRecord: z.record(z.string(), z.unknown()).optional(),
  /** The problem that a delayed validation found. */
  failureCause: z.record(z.string(), z.unknown()).optional(),
});
export type Activation = z.infer<typeof Activation>;

const Property = z.strictObject({
  propertyId: z.int().positive(),
  propertyName: z.string(),
  contractId: z.string(),
  groupId: z.int(),
  assetId: z.int(),
  productId: z.string(),
  note: z.string().optional(),
  /** Version n is the n-th. */
  versions: z.array(Version).min(1),
  /** In the order in which they were asked for. */
  activations: z.array(Activation),
});
export type Property = z.infer<typeof Property>;

/** The account's own edge hostnames and CP codes, of a contract and a group. */
const EdgeHostname = z.strictObject({
  edgeHostnameId: z.int().positive(),
  domainPrefix: z.string(),
  domainSuffix: z.string(),
  ipVersionBehavior: z.string(),
  secure: z.boolean(),
  productId: z.string().optional(),
  contractId: z.string(),
  groupId: z.int(),
});
export type EdgeHostname = z.infer<typeof EdgeHostname>;

const CpCode = z.strictObject({
  cpcodeId: z.int().positive(),
  cpcodeName: z.string(),
  productId: z.string(),
  createdAt: z.number(),
  contractId: z.string(),
  groupId: z.int(),
});
export type CpCode = z.infer<typeof CpCode>;

/** The state of Property Manager. Ids have no prefixes, times are milliseconds since 1970. */
export const PropertyState = z.strictObject({
  nextPropertyId: z.int(),
  nextActivationId: z.int(),
  /** By property id. */
  properties: z.record(z.string(), Property),
  edgeHostnames: z.array(EdgeHostname).optional(),
  cpCodes: z.array(CpCode).optional(),
});
export type PropertyState = z.infer<typeof PropertyState>;

export const latestVersion = ({ versions }: Property): Version => {
  const latest = versions.at(-1);
  if (latest === undefined) throw new Error("a property has a version");
  return latest;
};

/** The etag of a version as a whole. It differs from the etag of its rules. */
export function versionEtagOf(property: Property, version: Version): string {
  return createHash("sha256")
    .update(`version ${etagOf(property, version)}`)
    .digest("hex")
    .slice(0, 16);
}

/** The etag of the rules of a version, and of what is saved with them. */
export function etagOf(
  { propertyId }: Property,
  { propertyVersion, revision, ruleFormat, note, rules }: Version,
): string {
  const content = JSON.stringify([propertyId, propertyVersion, revision, ruleFormat, note ?? null, rules]);
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}
