/** Which property is meant, from what a program says of it. */

import { z } from "zod";
import { findPropertyById, type Property, searchVersions } from "../../api/property/properties";
import { type PropertyRef, prefixed } from "../../api/property/request";
import { InvalidInputError } from "../../errors";
import type { Context } from "../../runtime/context";
import { keyOf } from "../../runtime/runState";

const noProperty = "must be the id of a property, such as `prp_173136`";
const noContract = "must be the id of a contract, such as `ctr_1-3CV382`";
const noGroup = "must be the id of a group, such as 72297 or `grp_72297`";

/** Ids as a program may say them. They go into addresses of requests: nothing else may. */
export const anId = {
  property: z.string(noProperty).regex(/^(prp_)?[1-9]\d{0,18}$/, noProperty),
  contract: z.string(noContract).regex(/^[\w.-]{1,64}$/, noContract),
  group: z.union([z.int(noGroup).min(1, noGroup), z.string().regex(/^(grp_)?[1-9]\d{0,18}$/, noGroup)], noGroup),
};

/** The number of a version, which goes into addresses too: no property has a thousand million of them. */
export const aVersion = (otherwise: string) => z.int(otherwise).min(1, otherwise).max(999_999_999, otherwise);

/** What a program may say of a property. */
interface Said {
  readonly propertyId?: string | undefined;
  readonly propertyName?: string | undefined;
  readonly hostname?: string | undefined;
  readonly contractId?: string | undefined;
  readonly groupId?: string | number | undefined;
}

interface Named extends PropertyRef {
  readonly propertyName: string;
}

/** The ids of the property, asked for once: what was found stays, as long as the program says the same. */
export async function resolveProperty(said: Said, olds: Said, context: Context): Promise<Named | undefined> {
  const property = remembered(said, olds) ?? (await found(said, context));
  if (property === undefined) return undefined;
  if (said.propertyId !== undefined && said.propertyName !== undefined && said.propertyName !== property.propertyName) {
    throw new InvalidInputError("propertyName", `the name of ${property.propertyId} is ${property.propertyName}; say one of the two`);
  }
  const { contractId = property.contractId, groupId = property.groupId } = said;
  return { ...property, contractId: prefixed("contract", contractId), groupId: prefixed("group", groupId) };
}

function remembered(said: Said, { propertyId, propertyName, contractId, groupId, hostname }: Said): Named | undefined {
  if (propertyId === undefined || propertyName === undefined || contractId === undefined || groupId === undefined) return undefined;
  if (said.propertyId === undefined && said.propertyName === undefined && said.hostname === undefined) return undefined;
  const same =
    said.propertyId !== undefined
      ? prefixed("property", said.propertyId) === propertyId
      : said.propertyName !== undefined
        ? said.propertyName === propertyName
        : said.hostname === hostname;
  return same ? { propertyId, propertyName, contractId, groupId: String(groupId) } : undefined;
}

async function found(said: Said, context: Context): Promise<Named | undefined> {
  const { propertyId, propertyName, hostname } = said;
  if (propertyId !== undefined) return named(await byId(prefixed("property", propertyId), context));
  if (propertyName !== undefined) return bySearch("propertyName", { propertyName }, context);
  if (hostname !== undefined) return bySearch("hostname", { hostname }, context);
  return undefined;
}

async function byId(propertyId: string, { http, runState }: Context): Promise<Property> {
  const property = await runState.read(keyOf("property", propertyId), () => findPropertyById(http, propertyId));
  if (property !== undefined) return property;
  throw new InvalidInputError("propertyId", `there is no property ${propertyId}, or the API client may not see it`);
}

function named({ propertyId, propertyName, contractId, groupId }: Named): Named {
  return { propertyId, propertyName, contractId, groupId };
}

async function bySearch(
  field: "propertyName" | "hostname",
  by: { propertyName: string } | { hostname: string },
  { http, runState }: Context,
): Promise<Named> {
  const what = Object.values(by)[0] as string;
  const versions = await runState.read(keyOf("search", field, what), () => searchVersions(http, by));
  const all = new Map(versions.map((version) => [version.propertyId, named(version)]));
  const [first, ...others] = all.values();
  if (first === undefined) {
    const missing =
      field === "propertyName" ? "there is no property of this name" : "no property has this hostname in its latest or a live version";
    throw new InvalidInputError(field, `${missing}, or the API client may not see it`);
  }
  if (others.length > 0) {
    const names = [...all.values()].map(({ propertyId, propertyName }) => `${propertyName} (${propertyId})`).join(", ");
    throw new InvalidInputError(field, `several properties match: ${names}. Say which with propertyId`);
  }
  return first;
}

export function propertyRef({ propertyId, contractId, groupId }: PropertyRef): PropertyRef {
  return { propertyId, contractId, groupId };
}
