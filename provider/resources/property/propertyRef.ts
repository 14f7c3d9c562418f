/** Finds the property that a program means: by id, by name or by hostname. */

import { z } from "zod";
import { findPropertyById, type Property, searchVersions } from "../../api/property/properties";
import { type PropertyRef, prefixed } from "../../api/property/request";
import { InvalidInputError } from "../../errors";
import type { Context } from "../../runtime/context";
import { keyOf } from "../../runtime/runState";

const noProperty = "must be the id of a property, such as `prp_173136`";
const noContract = "must be the id of a contract, such as `ctr_1-3CV382`";
const noGroup = "must be the id of a group, such as 72297 or `grp_72297`";

/** Ids as a program may set them. They become part of request paths, so nothing else is allowed. */
export const anId = {
  property: z.string(noProperty).regex(/^(prp_)?[1-9]\d{0,18}$/, noProperty),
  contract: z.string(noContract).regex(/^(?!\.{1,2}$)[\w.-]{1,64}$/, noContract),
  group: z.union(
    [z.int(noGroup).min(1, noGroup), z.string().regex(/^(grp_)?[1-9]\d{0,18}$/, noGroup)],
    noGroup,
  ),
};

/** The number of a version. It becomes part of request paths too, so it is bounded. */
export const aVersion = (message: string) => z.int(message).min(1, message).max(999_999_999, message);

/** What a program may set to name a property. */
interface PropertyInputs {
  readonly propertyId?: string | undefined;
  readonly propertyName?: string | undefined;
  readonly hostname?: string | undefined;
  readonly contractId?: string | undefined;
  readonly groupId?: string | number | undefined;
}

interface NamedProperty extends PropertyRef {
  readonly propertyName: string;
}

/** The ids of the property. They are looked up once, and again only when the program names it differently. */
export async function resolveProperty(
  context: Context,
  inputs: PropertyInputs,
  oldInputs: PropertyInputs,
): Promise<NamedProperty | undefined> {
  const property = fromOldInputs(inputs, oldInputs) ?? (await lookUp(context, inputs));
  if (property === undefined) return undefined;
  if (
    inputs.propertyId !== undefined &&
    inputs.propertyName !== undefined &&
    inputs.propertyName !== property.propertyName
  ) {
    throw new InvalidInputError(
      "propertyName",
      `the name of ${property.propertyId} is ${property.propertyName}; set only one of the two`,
    );
  }
  const { contractId = property.contractId, groupId = property.groupId } = inputs;
  return { ...property, contractId: prefixed("contract", contractId), groupId: prefixed("group", groupId) };
}

function fromOldInputs(
  inputs: PropertyInputs,
  { propertyId, propertyName, contractId, groupId, hostname }: PropertyInputs,
): NamedProperty | undefined {
  if (
    propertyId === undefined ||
    propertyName === undefined ||
    contractId === undefined ||
    groupId === undefined
  )
    return undefined;
  if (inputs.propertyId === undefined && inputs.propertyName === undefined && inputs.hostname === undefined)
    return undefined;
  const same =
    inputs.propertyId !== undefined
      ? prefixed("property", inputs.propertyId) === propertyId
      : inputs.propertyName !== undefined
        ? inputs.propertyName === propertyName
        : inputs.hostname === hostname;
  return same ? { propertyId, propertyName, contractId, groupId: String(groupId) } : undefined;
}

async function lookUp(context: Context, inputs: PropertyInputs): Promise<NamedProperty | undefined> {
  const { propertyId, propertyName, hostname } = inputs;
  if (propertyId !== undefined) return pickNames(await lookUpById(context, prefixed("property", propertyId)));
  if (propertyName !== undefined) return search(context, "propertyName", { propertyName });
  if (hostname !== undefined) return search(context, "hostname", { hostname });
  return undefined;
}

async function lookUpById({ http, runState }: Context, propertyId: string): Promise<Property> {
  const property = await runState.read(keyOf("property", propertyId), () =>
    findPropertyById(http, propertyId),
  );
  if (property !== undefined) return property;
  throw new InvalidInputError(
    "propertyId",
    `there is no property ${propertyId}, or the API client may not see it`,
  );
}

function pickNames({ propertyId, propertyName, contractId, groupId }: NamedProperty): NamedProperty {
  return { propertyId, propertyName, contractId, groupId };
}

async function search(
  { http, runState }: Context,
  field: "propertyName" | "hostname",
  by: { readonly propertyName: string } | { readonly hostname: string },
): Promise<NamedProperty> {
  const value = Object.values(by)[0] as string;
  const versions = await runState.read(keyOf("search", field, value), () => searchVersions(http, by));
  const all = new Map(versions.map((version) => [version.propertyId, pickNames(version)]));
  const [first, ...others] = all.values();
  if (first === undefined) {
    const missing =
      field === "propertyName"
        ? "there is no property of this name"
        : "no property has this hostname in its latest or a live version";
    throw new InvalidInputError(field, `${missing}, or the API client may not see it`);
  }
  if (others.length > 0) {
    const names = [...all.values()]
      .map(({ propertyId, propertyName }) => `${propertyName} (${propertyId})`)
      .join(", ");
    throw new InvalidInputError(
      field,
      `several properties match: ${names}. Set \`propertyId\` to choose one`,
    );
  }
  return first;
}

export function propertyRef({ propertyId, contractId, groupId }: PropertyRef): PropertyRef {
  return { propertyId, contractId, groupId };
}
