import { z } from "zod";
import type { Client } from "./client";

/** What a test may need besides credentials. */
export const NEEDS = [
  "edgekv",
  "edgeworkers",
  "property",
  "draft",
  "activation",
  "emulator",
  "openapi",
] as const;
export type Need = (typeof NEEDS)[number];

/** What the suites work with, and why they can't do what they can't do. */
export const Account = z.object({
  /** An access group to make namespaces and EdgeWorkers in. */
  groupId: z.int().optional(),
  /** Without prefix. */
  contractId: z.string().optional(),
  resourceTierId: z.int().optional(),
  /** A property with a live version, ids with prefixes. */
  property: z
    .object({
      propertyId: z.string(),
      propertyName: z.string(),
      contractId: z.string(),
      groupId: z.string(),
      liveVersion: z.int(),
    })
    .optional(),
  missing: z.partialRecord(z.enum(NEEDS), z.string()),
});
export type Account = z.infer<typeof Account>;

/** What the owner of an account allows and names. */
export interface Wishes {
  readonly group?: string | undefined;
  readonly property?: string | undefined;
  readonly mayActivate: boolean;
  /** Whether it is an account whose state matters to somebody. */
  readonly isReal: boolean;
}

const Group = z.object({ groupId: z.int(), capabilities: z.array(z.string()) });
const Groups = z.object({ groups: z.array(Group) });
const Property = z.object({
  propertyId: z.string(),
  propertyName: z.string(),
  contractId: z.string(),
  groupId: z.string(),
  stagingVersion: z.int().nullable(),
  productionVersion: z.int().nullable(),
});
type Property = z.infer<typeof Property>;

/** All that has to be allowed on staging for a namespace of the suite's own. */
const STAGING_CAPABILITIES = ["VIEW", "CREATE", "MODIFY", "DELETE"].map(
  (verb) => `${verb}_STAGING_NAMESPACE`,
);
/** Accounts may have a great many groups; so many are looked through for a property. */
const PLACES_LOOKED_THROUGH = 20;
/** Unless Akamai has raised it. */
const NAMESPACES_PER_NETWORK = 20;

/** Looks, and changes nothing. */
export async function lookAt(
  client: Client,
  { group, property: wanted, mayActivate, isReal }: Wishes,
): Promise<Account> {
  const missing: Account["missing"] = {};
  if (isReal) missing.emulator = "on the emulator only";
  if (!mayActivate) missing.activation = "AKAMAI_CONTRACT_ACTIVATE=1 is not set";

  const workers = await client.send("GET", "/edgeworkers/v1/groups");
  const groups =
    workers.status === 200
      ? workers.as(Groups).groups.filter(({ capabilities }) => capabilities.includes("CREATE_VERSION"))
      : [];
  const initialized = await client.send("GET", "/edgekv/v1/initialize");
  const database =
    initialized.status < 400
      ? initialized.as(z.object({ accountStatus: z.string() })).accountStatus
      : String(initialized.status);
  // The emulator's is initialized by the suite itself.
  const open = database === "INITIALIZED" ? await openGroups(client) : undefined;
  if (isReal && database !== "INITIALIZED") missing.edgekv = `EdgeKV is not initialized: ${database}`;

  const groupId = group
    ? Number(group)
    : groups.find((one) => open === undefined || open.includes(one.groupId))?.groupId;
  if (groupId === undefined)
    missing.edgeworkers = "no access group in which EdgeWorkers may be made; AKAMAI_CONTRACT_GROUP names one";
  if (open !== undefined && (groupId === undefined || !open.includes(groupId))) {
    missing.edgekv = "no access group in which namespaces may be made; AKAMAI_CONTRACT_GROUP names one";
  } else if (open !== undefined && (await namespacesOn(client)) >= NAMESPACES_PER_NETWORK) {
    missing.edgekv = `no room for a namespace: there are ${NAMESPACES_PER_NETWORK} on staging`;
  }

  const contractId = (await client.send("GET", "/edgeworkers/v1/contracts")).as(
    z.object({ contractIds: z.array(z.string()) }),
  ).contractIds[0];
  const tiers =
    contractId === undefined
      ? undefined
      : await client.send("GET", `/edgeworkers/v1/resource-tiers?contractId=${contractId}`);
  const Tiers = z.object({ resourceTiers: z.array(z.object({ resourceTierId: z.int() })) });
  const resourceTierId = tiers?.status === 200 ? tiers.as(Tiers).resourceTiers[0]?.resourceTierId : undefined;
  if (resourceTierId === undefined)
    missing.edgeworkers ??= "no resource tier for EdgeWorkers on the first contract";

  const found = wanted ? await propertyNamed(client, wanted) : await anyProperty(client);
  const liveVersion = found && (found.productionVersion ?? found.stagingVersion);
  if (isReal && !wanted) missing.draft = "AKAMAI_CONTRACT_PROPERTY names no property";
  if (found === undefined || !liveVersion) {
    missing.property = wanted
      ? `there is no property ${wanted} that is live`
      : "no property that is live was found";
    missing.draft ??= missing.property;
  }
  return {
    ...(groupId !== undefined && { groupId }),
    ...(contractId !== undefined && { contractId }),
    ...(resourceTierId !== undefined && { resourceTierId }),
    ...(found && liveVersion && { property: { ...found, liveVersion } }),
    missing,
  };
}

/** The access groups in which namespaces may be made on staging. */
async function openGroups(client: Client): Promise<number[]> {
  const reply = await client.send("GET", "/edgekv/v1/auth/groups");
  if (reply.status !== 200) return [];
  const { groups } = reply.as(Groups);
  return groups
    .filter(({ capabilities }) => STAGING_CAPABILITIES.every((name) => capabilities.includes(name)))
    .map(({ groupId }) => groupId);
}

async function namespacesOn(client: Client): Promise<number> {
  const reply = await client.send("GET", "/edgekv/v1/networks/staging/namespaces");
  return reply.as(z.object({ namespaces: z.array(z.unknown()) })).namespaces.length;
}

const PREFIXED = { "papi-use-prefixes": "true" };
const isLive = ({ stagingVersion, productionVersion }: Property): boolean =>
  stagingVersion !== null || productionVersion !== null;

async function propertiesAt(client: Client, path: string): Promise<Property[]> {
  const reply = await client.send("GET", `/papi/v1/properties${path}`, { headers: PREFIXED });
  return reply.status === 200
    ? reply.as(z.object({ properties: z.object({ items: z.array(Property) }) })).properties.items
    : [];
}

async function propertyNamed(client: Client, propertyName: string): Promise<Property | undefined> {
  const reply = await client.send("POST", "/papi/v1/search/find-by-value", {
    json: { propertyName },
    headers: PREFIXED,
  });
  const Items = z.object({ propertyId: z.string(), contractId: z.string(), groupId: z.string() });
  const [found] = reply.as(z.object({ versions: z.object({ items: z.array(Items) }) })).versions.items;
  if (found === undefined) return undefined;
  const { propertyId, contractId, groupId } = found;
  return (await propertiesAt(client, `/${propertyId}?contractId=${contractId}&groupId=${groupId}`)).find(
    isLive,
  );
}

async function anyProperty(client: Client): Promise<Property | undefined> {
  const reply = await client.send("GET", "/papi/v1/groups", { headers: PREFIXED });
  if (reply.status !== 200) return undefined;
  const Items = z.object({ groupId: z.string(), contractIds: z.array(z.string()).optional() });
  const { items } = reply.as(z.object({ groups: z.object({ items: z.array(Items) }) })).groups;
  const places = items.flatMap(({ groupId, contractIds = [] }) =>
    contractIds.map((contractId) => ({ groupId, contractId })),
  );
  for (const { groupId, contractId } of places.slice(0, PLACES_LOOKED_THROUGH)) {
    const live = (await propertiesAt(client, `?contractId=${contractId}&groupId=${groupId}`)).find(isLive);
    if (live) return live;
  }
  return undefined;
}
